"""Intervals of figures, and of differences between figures of two classifiers on the same rows.

Percentile intervals: the middle 95 % of the draws. The calibration error alone takes the *basic* interval (twice the
figure less the draws, nothing below 0): being a sum of absolute values it grows with noise, a resample has more noise
than the rows have, and so nearly every draw lies above the figure. Near 0 no bootstrap of it is right, only less wrong.
In simulations of 60 sets of 300 rows the basic interval held a true error of 0.12 in 95 % of the sets, one of 0.04 in
87 % and the 0 of a calibrated classifier in 57 %; the percentile interval in 93, 23 and 0 %.

Rows are resampled one by one: where they come in clumps, as the reviews of one product do, the intervals are somewhat
too narrow for other products.

Source: A. Davison, D. Hinkley, "Bootstrap Methods and their Application" (1997), chapter 5.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.evaluation.catalogue import Interval, entries
from models.evaluation.figures import Figures
from models.evaluation.resampling import Draws

LEVEL: Final = 0.95

UNDEFINED_LIMIT: Final = 0.05
"""Share of resamples in which a figure may be undefined. Beyond it, what is left is no sample of the figure any more:
with two bad reviews, one resample in seven has none."""


class Figure(Struct, frozen=True, kw_only=True):
    """A figure with its interval at :data:`LEVEL`; ``None`` where it, or the interval, is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None


def with_intervals(figures: Figures, draws: Draws, labels: Sequence[str]) -> dict[str, Figure]:
    """Every figure with its interval."""
    known = entries(labels)
    return {
        name: with_interval(value, draws[name], kind=known[name].interval, lowest=0.0)
        for name, value in figures.values.items()
    }


def differences(of: tuple[Figures, Draws], to: tuple[Figures, Draws], labels: Sequence[str]) -> dict[str, Figure]:
    """``of`` less ``to`` for every figure, with the interval of paired resamples.

    Both draws come from :func:`models.evaluation.resampling.draw` with the same rows and the same seed.
    """
    found = {}
    for name, entry in entries(labels).items():
        first, second = of[0].values.get(name), to[0].values.get(name)
        if name in of[0].values:
            less = None if first is None or second is None else first - second
            draws = of[1][name] - to[1][name]
            found[name] = with_interval(less, draws, kind=entry.interval, lowest=-np.inf)
    return found


def with_interval(value: float | None, draws: NDArray[np.float64], *, kind: Interval, lowest: float) -> Figure:
    """One figure with its interval from its draws, (resamples,); a basic one ends at ``lowest``."""
    defined = draws[~np.isnan(draws)]
    if value is None or len(defined) < (1 - UNDEFINED_LIMIT) * len(draws):
        return Figure(value=value)
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if kind == "basic":
        low, high = max(2 * value - high, lowest), max(2 * value - low, lowest)
    return Figure(value=value, low=float(low), high=float(high))
