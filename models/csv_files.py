"""CSV files of any size, read row by row as they stand."""

import contextlib
import csv
import gzip
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

MAX_FIELD_CHARS: Final = 1 << 20
"""Longest field. A quote that is never closed makes the rest of the file one field; this ends it with a message
instead of filling the memory."""

_GZIP_MAGIC: Final = b"\x1f\x8b"


class DataError(Exception):
    """A file that cannot be used.

    Attributes:
        path: the file.
        reason: what is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class UnknownColumn(DataError):
    """A column that the file does not have.

    Attributes:
        column: the one asked for.
        columns: those that it has.
    """

    def __init__(self, path: Path, column: str, columns: Sequence[str]) -> None:
        super().__init__(path, f"no column {column!r}; the columns are {', '.join(columns)}")
        self.column = column
        self.columns = tuple(columns)


class CsvReader:
    """An open CSV file with a header."""

    def __init__(self, path: Path, raw: IO[bytes], text: IO[str]) -> None:
        self.path: Final = path
        self.size: Final = os.fstat(raw.fileno()).st_size
        """Bytes of the file as it is, compressed or not."""
        self._raw = raw
        csv.field_size_limit(MAX_FIELD_CHARS)
        self._rows = csv.reader(text)
        self.header: Final = next(self._checked(), [])
        if not self.header:
            raise DataError(path, "empty; expected a line of column names")

    def position(self) -> int:
        """Bytes read so far."""
        return self._raw.tell()

    def column(self, name: str) -> int:
        """Position of a column; of several of that name, the first.

        Raises:
            UnknownColumn: there is none.
        """
        if name not in self.header:
            raise UnknownColumn(self.path, name, self.header)
        return self.header.index(name)

    def records(self) -> Iterator[list[str]]:
        """Rows after the header, each as long as it.

        Blank lines are left out, short rows filled with ``""``, empty fields beyond the header dropped (some programs
        write a comma at each line's end).

        Raises:
            DataError: naming the line that is not CSV in UTF-8, or has more in it than the header names. An unquoted
                comma in a text does that; reading on would give every later column its neighbour's content.
        """
        width = len(self.header)
        for row in self._checked():
            if any(row[width:]):
                raise self._wrong(f"{len(row)} fields, but the header has {width}")
            if row:
                yield row[:width] if len(row) >= width else row + [""] * (width - len(row))

    def _checked(self) -> Iterator[list[str]]:
        try:
            yield from self._rows
        except UnicodeDecodeError as error:
            raise self._wrong(f"not UTF-8 at or after this line: {error.reason}") from None
        except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise self._wrong(str(error)) from None

    def _wrong(self, reason: str) -> DataError:
        return DataError(self.path, f"line {self._rows.line_num}: {reason}")


@contextlib.contextmanager
def open_csv(path: Path) -> Iterator[CsvReader]:
    """Open a CSV file in UTF-8, gzip'd or not, with or without a byte order mark.

    Raises:
        DataError: it cannot be opened or is empty.
    """
    try:
        raw = path.open("rb")
        magic = raw.peek(len(_GZIP_MAGIC))
    except OSError as error:
        raise DataError(path, error.strerror or str(error)) from None
    with raw:
        plain: Any = gzip.GzipFile(fileobj=raw) if magic.startswith(_GZIP_MAGIC) else raw
        yield CsvReader(path, raw, io.TextIOWrapper(plain, "utf-8-sig", newline=""))
