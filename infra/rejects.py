"""The rejects file: one JSON object a line for each row that became no event."""

import json
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from infra.errors import CommandError
from stream.readers.rows import Rejected


class Rejects:
    """Writes rejected rows; the file comes to be with the first of them.

    Args:
        path: the file.
        first: the row that reading begins with. When an interrupted run goes on, what the file holds of rows before is
            kept; rows from there on may have been read before they could be sent, and will be noted again.

    Attributes:
        count: rows written.
    """

    def __init__(self, path: Path, *, first: int = 1) -> None:
        self.path = path
        self.count = 0
        self._first = first
        self._file: IO[str] | None = None

    def write(self, row: Rejected) -> None:
        """Note one row: its number, line, field and reason, never its text.

        Raises:
            CommandError: the file cannot be written.
        """
        try:
            if self._file is None:
                if self._first > 1 and self.path.is_file():
                    _cut(self.path, self._first)
                self._file = self.path.open("a" if self._first > 1 else "w", encoding="utf-8")
            line = {"row": row.row, "line": row.line, "field": row.field, "reason": row.reason}
            self._file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise CommandError(
                f"{self.path}: cannot be written: {error.strerror}; name another with --rejects"
            ) from error
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def _cut(path: Path, first: int) -> None:
    """Shorten the file to its rows before ``first``."""
    with path.open("r+b") as file:
        kept = 0
        for line in file:
            if not _is_before(line, first):
                break
            kept += len(line)
        file.truncate(kept)


def _is_before(line: bytes, first: int) -> bool:
    """Whether it is a whole line, about a row before ``first``."""
    try:
        return line.endswith(b"\n") and json.loads(line)["row"] < first
    except (ValueError, TypeError, KeyError):
        return False
