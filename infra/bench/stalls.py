"""How long partitions stand still: the time between two moments at which the store moved on in one of them."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Final

from infra.bench.background import Background

LOOK_SECONDS: Final = 0.01
"""Between two looks: the error of a stall, and one small request to Redis each."""


def longest_gap(moments: Sequence[float], begin: float, end: float) -> float:
    """The longest time between two neighbours of ``moments``, in order, of those gaps that are in the window at all.

    What lies before the first moment and after the last is no gap: nobody knows how long it was, or will be.
    """
    return max(
        (after - before for before, after in pairwise(moments) if after > begin and before < end),
        default=0.0,
    )


class Stalls(Background):
    """Looks on a thread of its own at where each partition is in the store. A context manager.

    Partitions must be sent reviews all the time: one that has nothing to do stands still as well.

    Args:
        applied: partition to the offsets whose effects are in the store; called on that thread.
    """

    def __init__(self, applied: Callable[[], Mapping[int, int]]) -> None:
        super().__init__("aura-bench-stalls")
        self._applied = applied
        self._moments = defaultdict[int, list[float]](list)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self.error is not None and error is None:
            raise self.error

    def work(self) -> None:
        """Look."""
        seen: dict[int, int] = {}
        while not self.stop.wait(LOOK_SECONDS):
            for partition, offset in self._applied().items():
                if offset > seen.get(partition, -1):
                    seen[partition] = offset
                    self._moments[partition].append(time.monotonic())

    def moved_since(self, moment: float) -> set[int]:
        """Partitions in which the store has moved on after then."""
        return {partition for partition, moments in self._moments.copy().items() if moments[-1] > moment}

    def longest(self, begin: float, end: float) -> dict[int, float]:
        """Partition to its longest stall of those that touch a time, in seconds; moments are monotonic."""
        return {
            partition: longest_gap(moments.copy(), begin, end) for partition, moments in sorted(self._moments.items())
        }
