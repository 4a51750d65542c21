"""How often a key may ask: a token bucket for each, in the memory of this process.

Of several API processes each has its own buckets, so behind a load balancer a key may ask as many times more often: the
limit keeps one client from taking a process for itself, and is no accounting.

The bucket is kept as one number a key, the time at which it will be full again (the generic cell rate algorithm, ITU-T
I.371, annex A). A full bucket is the same as none, so keys that do not ask take no memory.
"""

import time
from collections.abc import Callable
from typing import Final

_SWEEP_AT: Final = 1_024
"""Below so many buckets looking through them for full ones would cost more than the 100 KB that they take."""

_GRAIN: Final = 1e-6
"""Seconds. What sums of fractions are off by after a while; without it the last token of a burst would be missing."""


class RateLimits:
    """The buckets of all keys that asked a short time ago. Not for several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` tells seconds, and never goes back."""
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._sweep_at = _SWEEP_AT

    def __len__(self) -> int:
        """How many buckets are kept."""
        return len(self._full_at)

    def take(self, key_id: str, per_second: int, burst: int) -> float:
        """Take a token from a key's bucket.

        Args:
            key_id: whose.
            per_second: tokens that it gets in a second; 0 for no limit.
            burst: most that it holds.

        Returns:
            0.0 if there was one; else the seconds until there will be, and nothing was taken.
        """
        if not per_second:
            return 0.0
        now = self._clock()
        full_at = max(self._full_at.get(key_id, now), now) + 1 / per_second
        wait = full_at - now - burst / per_second
        if wait > _GRAIN:
            return wait
        if key_id not in self._full_at and len(self._full_at) >= self._sweep_at:
            self._sweep(now)
        self._full_at[key_id] = full_at
        return 0.0

    def charge(self, key_id: str, per_second: int, burst: int, tokens: int) -> None:
        """Take further tokens for a request that was let in and turned out to be dear, also where there are none left.

        What the bucket owes is never more than it holds: whatever a key was given, it may ask again within the time in
        which ``burst`` tokens come.

        Args:
            key_id: whose.
            per_second: as for :meth:`take`.
            burst: as for :meth:`take`.
            tokens: how many.
        """
        if not per_second or tokens <= 0:
            return
        now = self._clock()
        full_at = max(self._full_at.get(key_id, now), now) + tokens / per_second
        self._full_at[key_id] = min(full_at, now + 2 * burst / per_second)

    def _sweep(self, now: float) -> None:
        """Forget full buckets; the next time at twice of what is left, so that it costs nothing in the mean."""
        self._full_at = {key_id: full_at for key_id, full_at in self._full_at.items() if full_at > now}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._full_at))
