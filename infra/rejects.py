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
        append: keep what it holds, as when an interrupted run goes on; otherwise it is written anew.

    Attributes:
        count: rows written.
    """

    def __init__(self, path: Path, *, append: bool) -> None:
        self.path = path
        self.count = 0
        self._append = append
        self._file: IO[str] | None = None

    def write(self, row: Rejected) -> None:
        """Note one row: its number, line, field and reason, never its text.

        Raises:
            CommandError: the file cannot be written.
        """
        try:
            if self._file is None:
                self._file = self.path.open("a" if self._append else "w", encoding="utf-8")
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
