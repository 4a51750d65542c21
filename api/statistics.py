"""What a count says about the share behind it."""

from math import sqrt
from typing import Final

Z_95: Final = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


def wilson(successes: int, trials: int) -> tuple[float, float] | None:
    """The 95 % score interval of a proportion, or None without trials.

    Unlike the textbook interval it stays inside 0..1 and keeps its coverage for few trials and shares near 0 or 1,
    which is where new products stand.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927), 209-212.
    """
    if trials == 0:
        return None
    share = successes / trials
    z2 = Z_95 * Z_95
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 / (1 + z2 / trials) * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    # At 0 and at all successes the bound is exact in the formula and off by one rounding in floating point.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high


def ratio(part: int, whole: int) -> float | None:
    """``part / whole``, or None of nothing."""
    return part / whole if whole else None


def sentiment(mean_p_good: float | None) -> float | None:
    """-1 (all surely bad) to 1 (all surely good): the mean of 2 P(good) - 1."""
    return None if mean_p_good is None else 2 * mean_p_good - 1
