"""A limit on dead letters: beyond it something is wrong with all events, and a person has to look."""

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

from stream.deadletter import DeadLetter

HOUR_SECONDS: Final = 3600.0

DEFAULT_LIMIT: Final = 100_000
"""Dead letters an hour and worker. A producer that breaks its format fills a topic with them within minutes; a worker
at full speed stops some ten seconds into that, with the rest still where producers put it."""

EXCEEDED_DO: Final = (
    "if the tenants file is to blame, correct it: it is read anew by itself, and the worker goes on; if a producer is, "
    "correct that, and start the worker with a higher AURA_DEAD_LETTER_LIMIT (0 for any number), which lets what was "
    "sent so far into the dead letters; do it before the topic drops what waits there"
)
"""For an operator. A batch with more letters than the limit does not pass however often the worker is started."""


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

    def exceeded_by(self, letters: Sequence[DeadLetter]) -> str:
        """Why ``letters``, of one batch and at least one, may not be written now, for people."""
        (field, reason), most = Counter((letter.field, letter.reason) for letter in letters).most_common(1)[0]
        first = letters[0]
        return (
            f"{self.within_hour:,} dead letters within an hour and {len(letters):,} more in the next batch are over "
            f"AURA_DEAD_LETTER_LIMIT={self.most}; most are refused for {field or 'the whole record'}: {reason} "
            f"({most:,} of {len(letters):,}); the first stands at {first.tp} offset {first.record.offset}; "
            "nothing is lost for as long as that topic keeps its records"
        )

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
