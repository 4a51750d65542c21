"""How often batches may begin: seldom enough that what each costs whatever its size stays a small part of a core. And
how large they may be: so that what comes behind one, a change of model or a stop, does not wait for long.

A batch costs processor time ``fixed + each * reviews``. Both are fitted to the batches of late, as BentoML's dispatcher
fits the latency of a model (``bentoml/_internal/marshal/dispatcher.py``), but what is fitted here is what a batch
takes away from others, not how long it lasts: a slow Redis costs nothing. A review that comes after a pause is taken at
once; those that come in quick succession share batches; under a backlog batches are as large as they may be and nothing
waits. Reviews that cost much, of many products or by a slow model, so come in smaller batches.
"""

from typing import Final

SHARE: Final = 0.25
"""Of one core that the fixed costs of batches may take. With some 5 ms a batch there are 50 batches a second at most,
and a review waits 10 ms on average, 20 at most. A half would halve that, and cost a quarter of a core more."""

BATCH_SECONDS: Final = 0.2
"""Processor time that a batch may take. Redis, which answers nobody else while it applies one, is busy with it for a
part of that; for as long where reviews are spread evenly over products and hours."""

LEAST: Final = 256
"""Reviews that a batch may have whatever they cost. After small batches, whose reviews are dear, it is where batches
begin to grow."""

MEMORY: Final = 0.95
"""Weight of a batch after the next one: twenty batches, less than a second of steady traffic, are looked back upon."""


class Cadence:
    """The least time between the beginnings of two batches.

    Args:
        longest: seconds that it never exceeds.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._sums = (0.0, 0.0, 0.0, 0.0, 0.0)

    def took(self, reviews: int, seconds: float) -> None:
        """A batch of so many reviews took so much processor time."""
        latest = (1.0, reviews, seconds, reviews * reviews, reviews * seconds)
        weight, x, y, xx, xy = (MEMORY * old + new for old, new in zip(self._sums, latest, strict=True))
        self._sums = weight, x, y, xx, xy

    @property
    def fixed(self) -> float:
        """Seconds that a batch costs whatever its size. Batches all of one size do not tell: then it is all of it."""
        weight, x, y, xx, xy = self._sums
        if not weight:
            return 0.0
        spread = weight * xx - x * x
        each = max(0.0, (weight * xy - x * y) / spread) if spread > 1e-6 * weight * xx else 0.0
        return max(0.0, (y - each * x) / weight)

    @property
    def interval(self) -> float:
        """Seconds from the beginning of a batch to that of the next."""
        return min(self._longest, self.fixed / SHARE)

    @property
    def reviews(self) -> int:
        """The most reviews of a batch. By the mean of late, since batches under a backlog are all of one size."""
        _, reviews, seconds, _, _ = self._sums
        return max(LEAST, int(BATCH_SECONDS * reviews / seconds)) if seconds else LEAST
