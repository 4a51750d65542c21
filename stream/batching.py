"""Batches by size or age: runs wait here until there are enough records, or the first has waited long enough.

How many and how long that is the load decides: a batch holds what does not keep others waiting for too long, and nobody
waits where the batch before began some time ago (:mod:`stream.cadence`).
"""

import asyncio
import math
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from stream.record import Record, Run, size_of

DEFAULT_SIZE: Final = 4096
"""Records at which a batch is full. What a batch costs whatever its size, and each product and hour in it, is then
shared by more of them: of 60,000 real reviews (``aura bench pipeline --batch-size``, two cores) one cost the worker 37
microseconds of processor time in batches of 4,096, 45 to 52 in batches of 1,024, and no less in larger ones."""

DEFAULT_AGE_SECONDS: Final = 0.05
"""Longest wait of a batch's first record. A batch of a few reviews costs some 5 ms of processor time whatever its size:
20 a second are a tenth of a core."""

MAX_BATCH_BYTES: Final = 16 * 1024 * 1024
"""Bytes of records at which a batch is full whatever their number. 16,384 ordinary reviews are some 14 MB; as many of
the largest would be a command of more than the 512 MB that Redis takes, refused for ever."""

BUFFERED_BATCHES: Final = 4
"""Batches' worth of records, of bytes or of runs, that may wait. More only hides from Kafka that the worker is behind,
and costs memory."""


class BatchBuffer:
    """A bounded queue of runs, taken out as batches.

    Args:
        size: records at which a batch is full; a run that would fill it further is divided. So many runs fill it as
            well: a run of markers or of what a transaction took back holds no record.
        age_seconds: how long the first record of a batch waits for others at most.
        interval: seconds from the beginning of a batch after which the next one does not wait for others; without it
            every batch that does not fill waits for its age.
        most: records at which a batch is full now, where that is fewer than ``size``.
    """

    def __init__(
        self,
        size: int = DEFAULT_SIZE,
        age_seconds: float = DEFAULT_AGE_SECONDS,
        interval: Callable[[], float] = lambda: math.inf,
        most: Callable[[], int] = lambda: sys.maxsize,
    ) -> None:
        self._size = size
        self._most = most
        self._age = age_seconds
        self._interval = interval
        self._began = 0.0
        self._runs: deque[tuple[float, Run, int]] = deque()
        self._records = 0
        self._bytes = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def __len__(self) -> int:
        return self._records

    def _make_room(self) -> None:
        most = self._size * BUFFERED_BATCHES
        if max(self._records, len(self._runs)) < most and self._bytes < MAX_BATCH_BYTES * BUFFERED_BATCHES:
            self._room.set()
        else:
            self._room.clear()

    def _room_for(self) -> int:
        return min(self._size, self._most())

    def _full(self) -> bool:
        full_of_runs = len(self._runs) >= self._size
        return full_of_runs or self._records >= self._room_for() or self._bytes >= MAX_BATCH_BYTES

    async def put(self, run: Run) -> None:
        """Add a run; waits while the buffer is full."""
        await self._room.wait()
        weight = run.size
        self._runs.append((time.monotonic(), run, weight))
        self._records += len(run)
        self._bytes += weight
        self._make_room()
        self._changed.set()

    async def take(self) -> tuple[float, list[Run]]:
        """The next batch, once it is full or old enough: seconds its first run waited, and runs in order of arrival."""
        while not self._runs:
            self._changed.clear()
            await self._changed.wait()
        deadline = min(self._runs[0][0] + self._age, self._began + self._interval())
        while not self._full() and (left := deadline - time.monotonic()) > 0:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                break
        self._began = time.monotonic()
        waited = self._began - self._runs[0][0]
        batch: list[Run] = []
        size = records = self._room_for()
        room = MAX_BATCH_BYTES
        while self._runs and records > 0 and room > 0 and len(batch) < self._size:
            since, run, weight = self._runs.popleft()
            fits = len(run) if weight <= room else _fitting(run.records, room)
            if fits < len(run) or fits > records:
                run, rest = run.split(min(fits, records))
                left_over, weight = weight - run.size, run.size
                self._runs.appendleft((since, rest, left_over))
            batch.append(run)
            records -= len(run)
            room -= weight
        self._records -= size - records
        self._bytes -= MAX_BATCH_BYTES - room
        self._make_room()
        return waited, batch


def _fitting(records: Sequence[Record], room: int) -> int:
    """How many of the first records fill ``room`` bytes, the last over its edge; at least one."""
    for count, filled in enumerate(accumulate(map(size_of, records)), 1):
        if filled >= room:
            return count
    return len(records)
