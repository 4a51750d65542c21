"""A letter as it is shown: a line, a row, a JSON object. Only :func:`whole` and :func:`page` hold what it says."""

from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from stream.letterbox import StoredLetter
from stream.sift import tenant_of

COLUMNS: Final = ("id", "written", "field", "reason", "tenant", "bytes", "replayed")


def letter_id(letter: StoredLetter) -> str:
    """Source partition and offset: what names a letter."""
    return f"{letter.source.partition}:{letter.source_offset}"


def when(ms: int) -> str:
    """RFC 3339 with milliseconds, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def printable(text: str, keep: str = "") -> str:
    """``text`` with everything escaped that a terminal would obey, except the characters of ``keep``."""
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def size_of(letter: StoredLetter) -> int:
    """Bytes of the value as it came."""
    return len(letter.value or b"") if letter.cut_from_bytes is None else letter.cut_from_bytes


def line(letter: StoredLetter) -> str:
    """The columns between tabulators, without control characters."""
    return "\t".join(_cells(letter))


def table(letters: Iterable[StoredLetter]) -> Table:
    """The columns for a terminal."""
    shown = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        shown.add_column(
            column,
            justify="right" if column in ("id", "bytes") else "left",
            no_wrap=column in ("id", "written", "bytes"),
        )
    for letter in letters:
        shown.add_row(*(Text(cell) for cell in _cells(letter)))
    return shown


def _cells(letter: StoredLetter) -> tuple[str, ...]:
    replayed = "" if letter.replayed_at is None else when(letter.replayed_at)
    cells = letter_id(letter), when(letter.written_ms), letter.field, letter.reason, tenant_of(letter) or ""
    return (*(printable(cell) for cell in cells), f"{size_of(letter)}{'' if letter.whole else ' (cut)'}", replayed)


def summary(letter: StoredLetter) -> dict[str, Any]:
    """Everything about a letter but what it says."""
    return {
        "id": letter_id(letter),
        "written_at": when(letter.written_ms),
        "field": letter.field,
        "reason": letter.reason,
        "tenant": tenant_of(letter),
        "bytes": size_of(letter),
        "cut": not letter.whole,
        "replayed_at": None if letter.replayed_at is None else when(letter.replayed_at),
        "source": {"topic": letter.source.topic, "partition": letter.source.partition, "offset": letter.source_offset},
        "dead_letter": {"partition": letter.partition, "offset": letter.offset},
    }


def whole(letter: StoredLetter) -> dict[str, Any]:
    """Everything, bytes as text where they are UTF-8 and in base64 (``..._base64``) where not."""
    return {
        **summary(letter),
        **_member("key", letter.key),
        "cut_from_headers": letter.cut_from_headers,
        "headers": [{"name": name, **_member("value", value)} for name, value in letter.headers],
        **_member("value", letter.value),
    }


def _member(name: str, content: bytes | None) -> dict[str, str | None]:
    if content is None:
        return {name: None}
    try:
        return {name: content.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(content).decode()}


def page(letter: StoredLetter, topic: str) -> str:
    """Everything, to be read; ``topic`` is the dead-letter topic's name."""
    about = {
        "record": f"{letter.source}, offset {letter.source_offset}",
        "dead letter": f"{topic}-{letter.partition}, offset {letter.offset}, written {when(letter.written_ms)}",
        "field": letter.field or "(the whole payload)",
        "reason": letter.reason,
        "tenant": tenant_of(letter) or "(cannot be read)",
        "key": "(none)" if letter.key is None else escaped(letter.key),
        **{f"header {name}": "(none)" if value is None else escaped(value) for name, value in letter.headers},
        "replayed": "no" if letter.replayed_at is None else when(letter.replayed_at),
        "bytes": f"{size_of(letter):,}",
    }
    if letter.cut_from_bytes is not None:
        about["bytes"] += f"; the topic refused so many, the first {len(letter.value or b''):,} are kept"
    if letter.cut_from_headers is not None:
        about["headers"] = f"{letter.cut_from_headers:,}; the first {len(letter.headers):,} are kept"
    width = max(map(len, about))
    lines = [f"{printable(name):{width}}  {printable(value)}" for name, value in about.items()]
    return "\n".join([*lines, "", "(no value)" if letter.value is None else escaped(letter.value, keep="\n\t")])


def escaped(content: bytes, keep: str = "") -> str:
    """As text where it is UTF-8, else byte by byte; never anything that a terminal obeys."""
    try:
        return printable(content.decode(), keep)
    except UnicodeDecodeError:
        return printable(content.decode("utf-8", "backslashreplace"), keep)
