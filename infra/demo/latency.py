"""From publish to readable in Redis, for every single review: what the demo measures."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Final, Self

LOOK_SECONDS: Final = 0.002
"""Between two looks at the fences: the error of a latency, which is some tens of milliseconds."""


class LatencyWatch:
    """Notes when each review was published, and on a thread of its own when the store's fence passed it.

    Args:
        fences: partition to the last offset whose effects are in the store; must not raise.

    Attributes:
        passed: reviews that the fences have passed.
        moved_at: when a fence last passed one (``time.monotonic``).
    """

    def __init__(self, fences: Callable[[], Mapping[int, int]]) -> None:
        self.passed = 0
        self.moved_at = time.monotonic()
        self._fences = fences
        self._waiting: dict[int, deque[tuple[int, float]]] = {}
        self._seconds: list[float] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aura-demo-latency", daemon=True)

    def published(self) -> Callable[[int, int], None]:
        """To be called right before a review is published; give the result to the publisher as its callback."""
        return partial(self._delivered, time.monotonic())

    def percentile_ms(self, share: float) -> float | None:
        """Latency that ``share`` of the reviews stay at or under, in ms (nearest rank); None without any."""
        with self._lock:
            seconds = sorted(self._seconds)
        return round(seconds[max(0, math.ceil(share * len(seconds)) - 1)] * 1000, 2) if seconds else None

    def look(self) -> None:
        """Read the fences once and settle what they have passed."""
        fences = self._fences()
        now = time.monotonic()
        with self._lock:
            for partition, waiting in self._waiting.items():
                fence = fences.get(partition, -1)
                while waiting and waiting[0][0] <= fence:
                    self._seconds.append(now - waiting.popleft()[1])
                    self.moved_at = now
            self.passed = len(self._seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()

    def _delivered(self, published_at: float, partition: int, offset: int) -> None:
        with self._lock:
            self._waiting.setdefault(partition, deque()).append((offset, published_at))

    def _run(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            self.look()
