"""Sending at the right moment."""

import time
from collections.abc import Callable
from typing import Final, Protocol

_FINE_SECONDS: Final = 0.001
"""Moments nearer than this are not waited for: a sleep takes at least about 0.1 ms, an event at 20,000/s has 0.05."""

_STALL_SECONDS: Final = 1.0
"""Behind by more than this (a broker was away, the machine slept) the pace starts anew: no burst to catch up."""


class Stop(Protocol):
    """Says that it is time to stop; a ``threading.Event`` does."""

    def is_set(self) -> bool:
        """Whether it is."""

    def wait(self, timeout: float) -> bool:
        """Wait until it is, or for ``timeout`` seconds. Whether it is."""


class Pacer:
    """Waits for moments on a schedule that starts now.

    Args:
        stop: ends every wait when set.
        clock: seconds, monotonic.
    """

    def __init__(self, stop: Stop, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stop = stop
        self._clock = clock
        self._start = clock()

    def until(self, seconds: float) -> bool:
        """Wait for the moment ``seconds`` after the start. False when stopped."""
        ahead = self._start + seconds - self._clock()
        if ahead > _FINE_SECONDS:
            return not self._stop.wait(ahead)
        if ahead < -_STALL_SECONDS:
            self._start -= ahead
        return not self._stop.is_set()
