"""What searches for reference cycles look at, once a worker has what it keeps."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from stream import garbage


class Node:
    """In a cycle with itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_alive_is_looked_at_no_more() -> None:
    kept = [Node() for _ in range(100)]
    garbage.set_aside()
    assert not any(isinstance(each, Node) for each in gc.get_objects())
    assert gc.get_freeze_count() > len(kept)


def test_cycles_that_come_later_are_found() -> None:
    gc.disable()  # as a worker's start does
    garbage.set_aside()
    gone = weakref.ref(Node())
    hoard = [[] for _ in range(2 * garbage.YOUNG_OBJECTS)]  # type: ignore[var-annotated]
    assert gone() is None, f"not after {len(hoard)} objects"


def test_cycles_that_were_set_aside_and_are_exchanged_go_with_the_next_call() -> None:
    model = Node()
    garbage.set_aside()
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is not None
    garbage.set_aside()
    assert gone() is None
