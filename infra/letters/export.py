"""Letters to a file: as they are, or their payloads to be put right and published."""

import gzip
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from infra.errors import CommandError
from infra.letters.shown import whole
from stream.letterbox import StoredLetter


class _File(Protocol):
    def write(self, content: bytes, /) -> object: ...


_LINE_ENDS: Final = str.maketrans("\r\n", "  ")


@dataclass(slots=True)
class Exported:
    """What became of the letters."""

    written: int = 0
    without_value: int = 0
    cut: int = 0
    """Left out: only their beginning is there."""
    not_utf8: int = 0
    """Written with U+FFFD in place of what is not UTF-8."""


def write(letters: Iterable[StoredLetter], out: str) -> Exported:
    """One JSON object a line."""
    done = Exported()
    with _output(out) as file:
        for letter in letters:
            file.write(json.dumps(whole(letter), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
            done.written += 1
    return done


def write_events(letters: Iterable[StoredLetter], out: str) -> Exported:
    """One payload a line, as ``aura publish --format jsonl`` reads them once they are put right."""
    done = Exported()
    with _output(out) as file:
        for letter in letters:
            if not letter.value:
                done.without_value += 1
            elif letter.cut_from_bytes is not None:
                done.cut += 1
            else:
                try:
                    text = letter.value.decode()
                except UnicodeDecodeError:
                    text = letter.value.decode("utf-8", "replace")
                    done.not_utf8 += 1
                # Between the members of an object a line feed is a blank; within a text JSON has none.
                file.write(text.translate(_LINE_ENDS).encode() + b"\n")
                done.written += 1
    return done


@contextmanager
def _output(out: str) -> Iterator[_File]:
    """The new file ``out``, standard output for ``-``. It is removed again when the block fails.

    Raises:
        CommandError: it is there already, or cannot be written.
    """
    if out == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(out)
    try:
        # Reviews are data of persons: nobody else reads the file unless its owner lets them.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{out} is there already, and nothing is overwritten; name another file") from None
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(path.stem, "wb", compresslevel=6, fileobj=file) as packed:
                    yield packed
            else:
                yield file
    except OSError as error:
        path.unlink(missing_ok=True)
        raise CommandError(f"{out}: cannot be written: {error.strerror}") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
