"""CSV files written all or nothing."""

import contextlib
import csv
import gzip
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.errors import CommandError


@contextlib.contextmanager
def open_csv_output(out: str, source: Path) -> Iterator[Any]:
    """A ``csv.writer`` to the file ``out``, or to standard output for ``-``.

    The file is written under the name ``out`` + ``.part`` and gets its own when the block ends well; otherwise it is
    removed, and an older ``out`` stays as it was. ``.gz`` at the end of the name compresses it.

    Raises:
        CommandError: it cannot be written, or is ``source``, which is being read.
    """
    if out == "-":
        yield csv.writer(sys.stdout, lineterminator="\n")
        sys.stdout.flush()
        return
    final, partial = Path(out), Path(f"{out}.part")
    if final.exists() and final.samefile(source):
        raise CommandError(f"{out} is the file that is read; name another one")
    try:
        with contextlib.ExitStack() as open_files:
            plain: Any = open_files.enter_context(partial.open("wb"))
            if final.suffix == ".gz":
                plain = open_files.enter_context(gzip.GzipFile(final.stem, "wb", compresslevel=6, fileobj=plain))
            text = open_files.enter_context(io.TextIOWrapper(plain, "utf-8", newline=""))
            yield csv.writer(text, lineterminator="\n")
        partial.replace(final)
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)
