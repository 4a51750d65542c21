"""How often batches may begin: seldom enough that what each costs whatever its size stays a small part of a core.

A batch costs processor time ``fixed + each * reviews``. Both are fitted to the batches of late, as BentoML's dispatcher
fits the latency of a model (``bentoml/_internal/marshal/dispatcher.py``), but what is fitted here is what a batch
takes away from others, not how long it lasts: a slow Redis costs nothing. A review that comes after a pause is taken at
once; those that come in quick succession share batches; under a backlog batches are full and nothing waits.
"""

from typing import Final

SHARE: Final = 0.25
"""Of one core that the fixed costs of batches may take. With some 5 ms a batch there are 50 batches a second at most,
and a review waits 10 ms on average, 20 at most. A half would halve that, and cost a quarter of a core more."""

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
