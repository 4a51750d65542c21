"""Each event at its time."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from stream.event import ReviewEvent
from stream.pacing import Stop

LATE_MS: Final = 5_000
"""Events later than this are left out: after a laptop has slept, traffic goes on at the present."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def live(events: Iterable[ReviewEvent], stop: Stop, now_ms: Callable[[], int] = _now_ms) -> Iterator[ReviewEvent]:
    """Give each event when its ``occurred_at`` has come, until ``stop`` is set.

    Args:
        events: in time order.
        stop: ends it.
        now_ms: the clock, ms since 1970-01-01 UTC.
    """
    for event in events:
        ahead = event.occurred_ms - now_ms()
        if stop.wait(ahead / 1000) if ahead > 0 else stop.is_set():
            return
        if ahead > -LATE_MS:
            yield event
