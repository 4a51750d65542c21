"""Batches of a few fixed shapes, whatever number of reviews there is.

A graph is traced, and tuned by a GPU's libraries, once a shape. A worker's batches have every size, so that without
fixed shapes a device would spend its first hours on shapes that it has not seen.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

SIZES: Final = (64, 1024)
"""Reviews a call. The small one is for sparse traffic; a GPU answers a thousand in hardly more time."""


class Batch(NamedTuple):
    """Reviews that go to the device in one call."""

    start: int
    end: int
    size: int
    """Rows that the call has; those beyond the reviews are padding."""


def batches(count: int, sizes: Sequence[int] = SIZES) -> Iterator[Batch]:
    """``count`` reviews in as many of the largest batches as they fill, the rest in the smallest one that holds it.

    Args:
        count: any number.
        sizes: ascending.
    """
    for start in range(0, count, sizes[-1]):
        end = min(start + sizes[-1], count)
        yield Batch(start, end, next(size for size in sizes if size >= end - start))
