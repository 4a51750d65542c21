"""What is counted, and the arithmetic of buckets and windows. Pure values, no I/O."""

from dataclasses import dataclass, fields
from typing import Final, Literal, Self

Step = Literal["1m", "1h", "1d"]
Window = Literal["5m", "15m", "1h", "24h", "7d", "30d"]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

STEP_MS: Final[dict[Step, int]] = {"1m": MINUTE_MS, "1h": HOUR_MS, "1d": DAY_MS}

RETENTION_MS: Final[dict[Step, int]] = {"1m": 48 * HOUR_MS, "1h": 90 * DAY_MS, "1d": 730 * DAY_MS}
"""How long a bucket is kept after the log took the last event that went into it."""

WINDOWS: Final[dict[Window, tuple[Step, int]]] = {
    "5m": ("1m", 5),
    "15m": ("1m", 15),
    "1h": ("1m", 60),
    "24h": ("1h", 24),
    "7d": ("1h", 168),
    "30d": ("1d", 30),
}
"""A window is this many buckets of this step, the last being the one that holds ``at``."""

P_SCALE: Final = 1_000_000
"""Probabilities are summed as whole millionths: integer sums do not depend on the order of additions."""


def is_good(p_good: int) -> bool:
    """The label that P(good), in millionths, means."""
    return p_good * 2 >= P_SCALE


@dataclass(slots=True)
class Measures:
    """Counters of one product (or tenant) over one bucket, window or all time. Order is the stored order."""

    reviews: int = 0
    good: int = 0
    """Reviews labelled good (P(good) >= 1/2)."""
    p_good: int = 0
    """Sum of the calibrated P(good), in millionths."""
    rated: int = 0
    """Reviews that carried a rating."""
    rating_sum: int = 0
    rated_bad: int = 0
    """Rated reviews with a rating below 4."""
    agree: int = 0
    """Rated reviews on which label and rating agree."""

    @property
    def bad(self) -> int:
        """Reviews labelled bad."""
        return self.reviews - self.good

    def add(self, other: Self) -> None:
        """Add ``other`` in place."""
        self.reviews += other.reviews
        self.good += other.good
        self.p_good += other.p_good
        self.rated += other.rated
        self.rating_sum += other.rating_sum
        self.rated_bad += other.rated_bad
        self.agree += other.agree

    def as_list(self) -> list[int]:
        """The counters in stored order."""
        return [
            self.reviews,
            self.good,
            self.p_good,
            self.rated,
            self.rating_sum,
            self.rated_bad,
            self.agree,
        ]

    @classmethod
    def from_list(cls, values: list[int]) -> Self:
        """From stored order; counters that were not yet kept when it was stored are 0."""
        return cls(*values[: len(_FIELDS)])


_FIELDS = fields(Measures)


def bucket_start(ms: int, step: Step) -> int:
    """Start (ms) of the bucket of ``step`` that holds ``ms``."""
    return ms - ms % STEP_MS[step]


def window_bounds(window: Window, at_ms: int) -> tuple[Step, int, int]:
    """Step, first bucket start and end (exclusive), in ms, of ``window`` at ``at_ms``."""
    step, count = WINDOWS[window]
    end = bucket_start(at_ms, step) + STEP_MS[step]
    return step, end - count * STEP_MS[step], end
