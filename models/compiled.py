"""Loops that numba compiles, kept for the next process where there is a place for them."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` as machine code, compiled at its first call. It lets other threads run meanwhile.

    numba keeps the code in ``NUMBA_CACHE_DIR`` where that is set, else beside the source file, else in the user's cache
    folder. Where nothing of that can be written (an image with a read-only root), every process compiles for itself,
    which takes seconds, rather than not starting at all.
    """
    try:
        made = njit(nogil=True, cache=True)(function)
    except RuntimeError:  # "no locator available"
        made = njit(nogil=True)(function)
    return cast(Callable[P, R], made)
