"""Whether a worker is dead, and whether it is ready: judged by what it gets done, not by whether it answers."""

import threading
import time
from collections.abc import Callable
from typing import Final

from stream.positions import Positions
from stream.record import TopicPartition
from stream.retry import Troubles

DEAD_SECONDS: Final = 60.0
"""Without progress for this long, a worker that has work is dead. A batch takes a few hundredths of a second and a
rebalance some ten seconds; a shorter time would restart workers whose machine is only short of processor time."""

FRESH_SECONDS: Final = 30.0
"""How long a failed try excuses a standstill. While Redis and Kafka are both away, the heart-beat tries once in some
15 s (its waits for each, added up); a worker that no longer tries has no excuse."""

READY_SECONDS: Final = 5.0
"""A trouble that lasts for less is a blip: telling it would take a worker's readiness away and give it back at once."""


class Health:
    """What liveness and readiness are judged by. The event loop notes, any thread may ask.

    Args:
        positions: the assigned partitions.
        troubles: what holds the worker up; those from outside excuse a standstill.
        clock: monotonic seconds.

    Attributes:
        reading: how many dead letters have been read back. A rebuild begins with reading them all, which may take
            minutes, and is progress though no fence moves.
    """

    def __init__(
        self, positions: Positions, troubles: Troubles, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.reading: Callable[[], int] = lambda: 0
        self._positions = positions
        self._troubles = troubles
        self._clock = clock
        self._lock = threading.Lock()
        self._done = self._progress()
        self._turned = self._moved = self._idle = self._excused = clock()

    def turned(self) -> None:
        """The heart-beat turns, so the event loop does."""
        self._look()
        self._turned = self._clock()

    def dead(self) -> str | None:
        """Why the worker should be started afresh; None while it lives."""
        now, waiting = self._look()
        busy_since = max(self._moved, self._excused)
        if now - max(busy_since, self._turned) > DEAD_SECONDS:
            return (
                f"the heart-beat has not turned for {now - self._turned:.0f} s, and nothing was applied meanwhile: the "
                "event loop is stuck; start the worker afresh"
            )
        if waiting and now - (since := max(busy_since, self._idle)) > DEAD_SECONDS:
            return (
                f"{waiting} records wait, and none was applied for {now - since:.0f} s, though Redis and Kafka answer; "
                "start the worker afresh"
            )
        return None

    def held_up(self) -> list[str]:
        """What the worker cannot go on for, as sentences."""
        dead = self.dead()
        return [*([dead] if dead else []), *self._troubles.sentences(READY_SECONDS)]

    def unready(self) -> list[str]:
        """Why the worker takes no reviews just now; empty when it does, or would if some came."""
        idle = (
            []
            if self._positions.items()
            else ["it has no partitions: none is assigned yet, or other workers have them all"]
        )
        return self.held_up() + idle

    def _look(self) -> tuple[float, int]:
        """Note what has changed since the last look; now, and the records that wait."""
        with self._lock:
            now, done = self._clock(), self._progress()
            waiting = sum(position.waiting for _, position in self._positions.items())
            if done != self._done:
                self._done, self._moved = done, now
            if not waiting:
                self._idle = now
            if any(one.outside and now - one.last <= FRESH_SECONDS for one in self._troubles.current()):
                self._excused = now
            return now, waiting

    def _progress(self) -> tuple[dict[TopicPartition, int], int]:
        return {tp: position.applied for tp, position in self._positions.items()}, self.reading()
