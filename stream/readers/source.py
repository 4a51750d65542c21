"""A file or standard input, gzip'd or not, as numbered lines of bounded length."""

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

MAX_LINE_BYTES: Final = 1024 * 1024
"""Longest line that is held in memory. The largest event has 256 KiB; beyond lies a file without line ends."""

_BUFFER_BYTES: Final = 256 * 1024
_GZIP: Final = b"\x1f\x8b"
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UNREADABLE: Final = {
    b"PK\x03\x04": "a zip archive or a spreadsheet; unpack it, or save it as CSV",
    b"BZh": "packed with bzip2; unpack it",
    b"\xfd7zXZ": "packed with xz; unpack it",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it",
    b"\xff\xfe": "UTF-16; convert it to UTF-8",
    b"\xfe\xff": "UTF-16; convert it to UTF-8",
}


class SourceError(Exception):
    """The file cannot be read, or not to its end.

    Attributes:
        name: the file.
        reason: why.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class Source:
    """An open file.

    Args:
        path: the file; None is standard input.

    Attributes:
        name: for messages.
        size: bytes as stored; None where that is not known (a pipe).

    Raises:
        SourceError: it cannot be opened, or is of a kind that is not read.
    """

    def __init__(self, path: Path | None) -> None:
        self.name = str(path) if path else "standard input"
        try:
            self._raw = path.open("rb", buffering=0) if path else io.FileIO(sys.stdin.fileno(), closefd=False)
            status = os.fstat(self._raw.fileno())
            self._stored = io.BufferedReader(self._raw, _BUFFER_BYTES)
            first = self._stored.peek(8)
        except OSError as error:
            raise SourceError(self.name, error.strerror or str(error)) from error
        self.size = status.st_size if path and status.st_size else None
        self._read = 0
        for magic, what in _UNREADABLE.items():
            if first.startswith(magic):
                raise SourceError(self.name, f"is {what}")
        self._content = self._stored
        if first.startswith(_GZIP):
            unpacked = cast(io.FileIO, gzip.GzipFile(fileobj=self._stored))  # a RawIOBase; typeshed asks for more
            self._content = io.BufferedReader(unpacked, _BUFFER_BYTES)

    @property
    def position(self) -> int:
        """Bytes read so far, as stored; to be set against :attr:`size`."""
        return self._raw.tell() if self.size else 0

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Number (from 1) and bytes of each line, its end included; None for one over :data:`MAX_LINE_BYTES`.

        Raises:
            SourceError: the file breaks off or is damaged; the lines before have been given.
        """
        number = 0
        try:
            while line := self._content.readline(MAX_LINE_BYTES):
                number += 1
                if number == 1:
                    line = line.removeprefix(_UTF8_MARK)
                if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                    while (rest := self._content.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                        pass
                    yield number, None
                else:
                    yield number, line
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError(self.name, f"cannot be read past line {number}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._content.close()
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
