"""Work on another thread for whoever waits for a device meanwhile."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def one_ahead(make: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """``map``, but each result is made on another thread while the one before is used.

    One and no more: results made long before they are used only take memory.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="aura-ahead") as thread:
        before: Future[R] | None = None
        for item in items:
            following = thread.submit(make, item)
            if before is not None:
                yield before.result()
            before = following
        if before is not None:
            yield before.result()
