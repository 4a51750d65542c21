"""Rows as CSV (RFC 4180), in UTF-8."""

import codecs
import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from api.export.columns import Column, Row, Value

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula, which may then run programs or send cells elsewhere. Names of
products come from whoever publishes reviews. Source: OWASP, "CSV Injection"."""

_INSIDE: Final = re.compile(r"([;\t\r\n][ \"]*)([=+\-@＝＋－＠])")
"""The same inside a text. A spreadsheet set to a country where numbers have a comma splits lines at semicolons, and
heeds quotes only where they begin such a cell: what stands behind one in the middle of a name becomes a cell."""


class CsvEncoder:
    """A header line, then a line a row.

    Times are RFC 3339, several texts are joined by ``; ``, and what is not known is an empty field. A text that begins
    as a formula does, or has a cell that would, gets an apostrophe there, which a spreadsheet takes for "this is text".

    Excel takes a file for one of the country's old encodings unless it begins with a byte order mark; to programs that
    do not expect one, it is part of the first column's name (RFC 3629, 6, advises against it where the encoding is
    known). So it is there for whoever asks.
    """

    media_type = "text/csv"

    def __init__(self, columns: Sequence[Column], *, mark: bool = False) -> None:
        """``mark`` puts a byte order mark before all."""
        self._columns = columns
        self._mark = codecs.BOM_UTF8 if mark else b""

    def begin(self) -> bytes:
        """The header line, behind the mark."""
        return self._mark + _lines([[column.name for column in self._columns]])

    def rows(self, rows: Sequence[Row]) -> bytes:
        """Their lines."""
        return _lines([list(map(_field, self._columns, row)) for row in rows])

    def end(self) -> bytes:
        """CSV has no end."""
        return b""


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _field(column: Column, value: Value) -> object:
    if value is None:
        return None
    if column.kind == "time" and isinstance(value, int):
        return (_EPOCH + timedelta(milliseconds=value)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if column.kind == "texts" and not isinstance(value, str | int | float):
        return _guarded("; ".join(value))
    return _guarded(value) if isinstance(value, str) else value


def _guarded(text: str) -> str:
    text = _INSIDE.sub(r"\1'\2", text)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
