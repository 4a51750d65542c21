"""Lines to CSV records (RFC 4180), going on after whatever is broken.

The standard library's reader does the parsing, strictly. A record that it refuses is given as a fault, and reading
goes on at the line after the record's first: so a quote that never closes costs its own line and not the rest of the
file. A record on one line with stray quotes in it, but the right number of columns, is taken as it stands.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from stream.readers.source import MAX_LINE_BYTES

MAX_RECORD_CHARS: Final = 1024 * 1024
"""Longest record over all its lines: bounds what one broken quote makes the reader hold (a single field is bounded by
the csv module's own limit of 131,072)."""

_NOT_CLOSED: Final = "a quoted field is not closed"
_UNCLOSED_ERRORS: Final = ("unexpected end of data", "field larger than field limit")


@dataclass(frozen=True, slots=True)
class Record:
    """One record."""

    line: int
    """Number of its first line, from 1."""
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Lines that are no record."""

    line: int
    reason: str


def records(lines: Iterator[tuple[int, bytes | None]], delimiter: str = ",") -> Iterator[Record | Fault]:
    """Split numbered lines into records; the first is the header, and says how many columns all others have.

    Bytes that are not UTF-8 come as lone surrogates (PEP 383). Blank lines are passed over.

    Args:
        lines: as :meth:`stream.readers.source.Source.lines` gives them.
        delimiter: one character.
    """
    feed = _Feed(lines)
    strict = csv.reader(feed, delimiter=delimiter, strict=True)
    width: int | None = None
    while True:
        feed.begin()
        try:
            cells = next(strict)
        except StopIteration:
            return
        except csv.Error as error:
            line, text = feed.back_to_second_line()
            lenient = _lenient(text, delimiter)
            if lenient is None or len(lenient) != width:
                yield Fault(line, _reason(str(error), delimiter))
                continue
            cells = lenient
        except _Refused as error:
            line, _ = feed.back_to_second_line()
            yield Fault(line, str(error))
            continue
        if not cells:
            continue
        if width is None:
            width = len(cells)
        if len(cells) == width:
            yield Record(feed.line, cells)
        else:
            yield Fault(feed.line, f"expected {width} columns, got {len(cells)}")


class _Refused(Exception):
    """A line that must not reach the parser."""


class _Feed:
    """The lines of the record being parsed: remembered, so that they can be given again."""

    def __init__(self, lines: Iterator[tuple[int, bytes | None]]) -> None:
        self._lines = lines
        self._again: deque[tuple[int, str | None]] = deque()
        self._taken: list[tuple[int, str | None]] = []
        self._chars = 0

    @property
    def line(self) -> int:
        """Number of the record's first line."""
        return self._taken[0][0]

    def begin(self) -> None:
        """The next line begins a record."""
        self._taken.clear()
        self._chars = 0

    def back_to_second_line(self) -> tuple[int, str]:
        """Have all lines but the first given again. Returns the first."""
        (number, text), *rest = self._taken
        self._again.extendleft(reversed(rest))
        del self._taken[1:]
        return number, text or ""

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self._again:
            number, text = self._again.popleft()
        else:
            number, data = next(self._lines)
            text = None if data is None else data.decode("utf-8", "surrogateescape")
        self._taken.append((number, text))
        if text is None:
            raise _Refused(f"longer than {MAX_LINE_BYTES} bytes")
        self._chars += len(text)
        if self._chars > MAX_RECORD_CHARS:
            raise _Refused(_NOT_CLOSED)
        return text


def _lenient(text: str, delimiter: str) -> list[str] | None:
    """One line by the csv module's forgiving rules; None when its last quoted field does not end on it."""
    line = text.rstrip("\r\n") + "\n"
    try:
        cells = next(csv.reader([line], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return None
    return None if cells and cells[-1].endswith("\n") else cells


def _reason(error: str, delimiter: str) -> str:
    """The csv module's words in ours."""
    if error.startswith(_UNCLOSED_ERRORS):
        return _NOT_CLOSED
    if "expected after" in error:
        return f"a quote inside a quoted field is not doubled, or {delimiter!r} is missing after one"
    return error
