"""Batches by size or age: runs wait here until there are enough records, or the first has waited long enough."""

import asyncio
import time
from collections import deque
from typing import Final

from stream.record import Run

DEFAULT_SIZE: Final = 1024
"""Records at which a batch is full. Measured (``aura bench pipeline --batch-size``, 60,000 real reviews, two cores):
a review costs the worker 55-65 microseconds of processor time at 256 as at 8,192; smaller ones cost more."""

DEFAULT_AGE_SECONDS: Final = 0.05
"""Longest wait of a batch's first record, and so what batching adds to the latency of sparse traffic. A batch of a few
reviews costs some 5 ms of processor time whatever its size: 20 a second are a tenth of a core."""

BUFFERED_BATCHES: Final = 4
"""Batches' worth of records that may wait. More only hides from Kafka that the worker is behind, and costs memory."""


class BatchBuffer:
    """A bounded queue of runs, taken out as batches.

    Args:
        size: records at which a batch is full; one batch holds at most one run more.
        age_seconds: how long the first record of a batch waits for others.
    """

    def __init__(self, size: int = DEFAULT_SIZE, age_seconds: float = DEFAULT_AGE_SECONDS) -> None:
        self._size = size
        self._age = age_seconds
        self._runs: deque[tuple[float, Run]] = deque()
        self._records = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def __len__(self) -> int:
        return self._records

    async def put(self, run: Run) -> None:
        """Add a run; waits while the buffer is full."""
        await self._room.wait()
        self._runs.append((time.monotonic(), run))
        self._records += len(run)
        if self._records >= self._size * BUFFERED_BATCHES:
            self._room.clear()
        self._changed.set()

    async def take(self) -> tuple[float, list[Run]]:
        """The next batch, once it is full or old enough: seconds its first run waited, and runs in order of arrival."""
        while not self._runs:
            self._changed.clear()
            await self._changed.wait()
        deadline = self._runs[0][0] + self._age
        while self._records < self._size and (left := deadline - time.monotonic()) > 0:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                break
        waited = time.monotonic() - self._runs[0][0]
        batch: list[Run] = []
        taken = 0
        while self._runs and taken < self._size:
            _, run = self._runs.popleft()
            batch.append(run)
            taken += len(run)
        self._records -= taken
        self._room.set()
        return waited, batch
