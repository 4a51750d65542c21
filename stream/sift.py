"""Choosing among dead letters: by reason, field, tenant, time, place, and whether they were replayed."""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from stream.event import MAX_EVENT_BYTES
from stream.letterbox import StoredLetter

MAX_TENANT_CHARS: Final = 64
"""Of what a broken payload calls its tenant: an id has 63 at most; what is longer is none, and may be a review."""

_TENANT: Final = re.compile(rb'"tenant"\s*:\s*"((?:[^"\\]|\\.)*)')
"""In JSON that ends too soon, or is none for another reason."""


@dataclass(frozen=True, slots=True)
class Sift:
    """Takes the letters for which everything that is set holds."""

    reason: str | None = None
    """Part of the reason, in any case."""
    field: str | None = None
    """``categories`` takes ``categories[3]`` too; the empty name stands for the whole payload."""
    tenant: str | None = None
    from_ms: int = 0
    """Written then or later; ``to_ms``: written before."""
    to_ms: int | None = None
    partition: int | None = None
    """Of the source, as ``offset``."""
    offset: int | None = None
    replayed: bool | None = None

    def takes(self, letter: StoredLetter) -> bool:
        """Whether ``letter`` is wanted."""
        return (
            (self.reason is None or self.reason.casefold() in letter.reason.casefold())
            and (self.field is None or self.field in (letter.field, letter.field.partition("[")[0]))
            and letter.written_ms >= self.from_ms
            and (self.to_ms is None or letter.written_ms < self.to_ms)
            and (self.partition is None or self.partition == letter.source.partition)
            and (self.offset is None or self.offset == letter.source_offset)
            and (self.replayed is None or self.replayed == (letter.replayed_at is not None))
            and (self.tenant is None or self.tenant == tenant_of(letter))
        )


def tenant_of(letter: StoredLetter) -> str | None:
    """Whose review it seems to be: by the payload as far as that can be read, else by the key; None if neither says."""
    value = (letter.value or b"")[:MAX_EVENT_BYTES]  # what is longer was refused unread; 64 MiB of JSON take gigabytes
    try:
        members = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = _TENANT.search(value)
        said: object = found[1].decode("utf-8", "replace") if found else None
    else:
        said = members.get("tenant") if isinstance(members, dict) else None
    if not isinstance(said, str):
        key, slash, _ = (letter.key or b"").partition(b"/")
        said = key.decode("utf-8", "replace") if slash else ""
    return (said if len(said) <= MAX_TENANT_CHARS else said[: MAX_TENANT_CHARS - 1] + "…") or None
