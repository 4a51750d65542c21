"""A file that several may change: one at a time, and replaced in one step."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PERMISSIONS: Final = 0o600
"""For the owner alone: hashes of keys and what a business is called are nobody else's business."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the folder: a lock on the file itself would be lost when the file is replaced."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def replace(path: Path, text: str) -> None:
    """Put ``text`` in the file's place, or make it; a reader sees the old file or the new one, never a part."""
    owner = (path if path.exists() else path.parent).stat()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), _PERMISSIONS)
            if os.geteuid() == 0:  # else root's new key would lock out the server's own user
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
