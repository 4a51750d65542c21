"""Loops that numba compiles, kept for the next process where there is a place for them."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import numpy as np
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

_digests: Final[dict[int, bytes]] = {}
"""Of each loop, by its identity, what :func:`_digest` says."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` as machine code, compiled at its first call. It lets other threads run meanwhile.

    numba keeps the code in ``NUMBA_CACHE_DIR`` where that is set, else beside the source file, else in the user's cache
    folder. Where nothing of that can be written (an image with a read-only root), every process compiles for itself,
    which takes seconds, rather than not starting at all.

    What is kept serves as long as nothing changes of what was compiled into it, loops and constants of other files
    among them. numba itself looks at the function's own file alone, and would go on with what these were.
    """
    digest = _digest(function)
    try:
        made = njit(nogil=True, cache=True)(function)
        kept = made._cache._cache_file  # numba has no public name for what tells whether code is fresh
        kept._source_stamp = (kept._source_stamp, digest)
    except RuntimeError:  # "no locator available"
        made = njit(nogil=True)(function)
    _digests[id(made)] = digest
    return cast(Callable[P, R], made)


def _digest(function: Callable[..., Any]) -> bytes:
    """Of the function's file, and of all that its module has of loops and constants by now."""
    source = Path(function.__code__.co_filename)
    found = sha256(source.read_bytes() if source.is_file() else b"")
    for name, value in sorted(function.__globals__.items()):
        constant = _digests.get(id(value)) or _frozen(value)
        if constant is not None and not name.startswith("__"):
            found.update(name.encode() + b"\0" + constant + b"\0")
    return found.digest()


def _frozen(value: object) -> bytes | None:
    """What numba compiles in as a constant."""
    if isinstance(value, np.ndarray):
        return str(value.dtype).encode() + repr(value.shape).encode() + value.tobytes()
    if isinstance(value, bool | int | float | complex | str | bytes | tuple | np.generic):
        return repr(value).encode()
    return None
