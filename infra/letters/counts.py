"""Letters counted by what they have in common."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from infra.letters.shown import printable, when
from stream.letterbox import StoredLetter
from stream.sift import tenant_of


class By(StrEnum):
    """What to count by."""

    REASON = "reason"
    FIELD = "field"
    TENANT = "tenant"


_NUMBER: Final = re.compile(r"\d+")
"""Reasons that differ in numbers alone are one: "812 s ahead of the log" is a fault that each record states anew."""


@dataclass(slots=True)
class Count:
    """Letters that have something in common."""

    letters: int = 0
    replayed: int = 0
    first_ms: int = 1 << 62
    last_ms: int = 0
    reason: str = ""
    """The reason as they all give it, numbers left out where they differ."""


def count(letters: Iterable[StoredLetter], by: Sequence[By]) -> list[tuple[tuple[str, ...], Count]]:
    """What they have in common in the order of ``by``, and the letters; most first."""
    counts: dict[tuple[str, ...], Count] = {}
    for letter in letters:
        plain = _NUMBER.sub("#", letter.reason)
        said = {By.REASON: plain, By.FIELD: letter.field, By.TENANT: tenant_of(letter) or ""}
        one = counts.setdefault(tuple(said[name] for name in by), Count(reason=letter.reason))
        one.letters += 1
        one.replayed += letter.replayed_at is not None
        one.first_ms, one.last_ms = min(one.first_ms, letter.written_ms), max(one.last_ms, letter.written_ms)
        one.reason = letter.reason if one.reason == letter.reason else plain
    ordered = sorted(counts.items(), key=lambda item: (-item[1].letters, item[0]))
    return [
        (tuple(one.reason if name is By.REASON else part for name, part in zip(by, parts, strict=True)), one)
        for parts, one in ordered
    ]


def objects(counts: Iterable[tuple[tuple[str, ...], Count]], by: Sequence[By]) -> list[dict[str, Any]]:
    """For JSON."""
    return [
        {
            **dict(zip(by, parts, strict=True)),
            "letters": one.letters,
            "replayed": one.replayed,
            "first_at": when(one.first_ms),
            "last_at": when(one.last_ms),
        }
        for parts, one in counts
    ]


def line(parts: tuple[str, ...], one: Count) -> str:
    """Between tabulators: letters, replayed, first, last, and what they have in common."""
    return "\t".join(
        [str(one.letters), str(one.replayed), when(one.first_ms), when(one.last_ms), *map(printable, parts)]
    )


def table(counts: Iterable[tuple[tuple[str, ...], Count]], by: Sequence[By]) -> Table:
    """For a terminal."""
    shown = Table(box=None, pad_edge=False)
    for column in ("letters", "replayed"):
        shown.add_column(column, justify="right", no_wrap=True)
    for column in ("first", "last"):
        shown.add_column(column, no_wrap=True)
    for name in by:
        shown.add_column(name)
    for parts, one in counts:
        shown.add_row(
            f"{one.letters:,}", f"{one.replayed:,}", when(one.first_ms), when(one.last_ms),
            *(Text(printable(part)) for part in parts),
        )  # fmt: skip
    return shown
