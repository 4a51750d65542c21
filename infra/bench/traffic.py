"""Reviews at a constant rate."""

import time
from itertools import cycle

import msgspec

from infra.bench.background import Background
from stream.event import ReviewEvent
from stream.pacing import Pacer
from stream.publish import Publisher


class Traffic(Background):
    """Publishes at a rate on a thread of its own, until told to stop. A context manager.

    Args:
        publisher: which leaves what it has taken to its own threads.
        rows: sent in turn, each time under a new id.
        rate: reviews a second.
    """

    def __init__(self, publisher: Publisher, rows: list[ReviewEvent], rate: float) -> None:
        super().__init__("aura-bench-traffic")
        self._publisher, self._rows, self._rate = publisher, rows, rate

    def work(self) -> None:
        """Publish."""
        pacer = Pacer(self.stop)
        for number, row in enumerate(cycle(self._rows)):
            if not pacer.until(number / self._rate):
                return
            now_ms = time.time_ns() // 1_000_000
            self._publisher.publish(msgspec.structs.replace(row, event_id=f"steady-{number}", occurred_at=now_ms))
