"""A limit on dead letters: beyond it something is wrong with all events, and a person has to look."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

HOUR_SECONDS: Final = 3600.0

DEFAULT_LIMIT: Final = 100_000
"""Dead letters an hour and worker. A producer that breaks its format fills a topic with them within minutes; a worker
at full speed stops some ten seconds into that, with the rest still where producers put it."""


class DeadLetterLimit:
    """Counts dead letters over the last hour.

    Args:
        most: how many an hour; 0 for any number.
        clock: seconds, monotonic.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._clock = clock
        self._written: deque[tuple[float, int]] = deque()
        self._sum = 0

    def allows(self, count: int) -> bool:
        """Whether ``count`` more may be written now."""
        return self.most == 0 or count == 0 or self.within_hour + count <= self.most

    def add(self, count: int) -> None:
        """So many have been written."""
        if count:
            self._written.append((self._clock(), count))
            self._sum += count

    @property
    def within_hour(self) -> int:
        """Written within the last hour."""
        oldest = self._clock() - HOUR_SECONDS
        while self._written and self._written[0][0] <= oldest:
            self._sum -= self._written.popleft()[1]
        return self._sum
