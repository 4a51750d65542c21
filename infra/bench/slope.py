"""How fast a measured quantity grows: a straight line through the means of equal stretches of time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

STRETCHES: Final = 12
"""Means taken: neighbouring samples of memory move together (a garbage collection shows in all that follow it), and a
line through thousands of such samples would look far surer than it is."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Growth an hour, with its 95 % confidence interval."""

    per_hour: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {
            "per_hour": round(self.per_hour, 3),
            "low": round(self.low, 3),
            "high": round(self.high, 3),
        }


def slope(seconds: Sequence[float], values: Sequence[float], stretches: int = STRETCHES) -> Slope | None:
    """Fit a least-squares line through the means of ``stretches`` stretches of time.

    Args:
        seconds: when each value was measured, ascending.
        values: in any unit.
        stretches: how many means to take.

    Returns:
        The slope in that unit an hour, its interval by Student's t with ``stretches - 2`` degrees of freedom; None when
        fewer than three stretches hold a value.
    """
    if len(seconds) < 3 or seconds[-1] <= seconds[0]:
        return None
    edges = np.linspace(seconds[0], seconds[-1], stretches + 1)
    places = np.clip(np.searchsorted(edges, np.asarray(seconds), side="right") - 1, 0, stretches - 1)
    held = [place for place in range(stretches) if (places == place).any()]
    if len(held) < 3:
        return None
    x = np.array([np.mean(np.asarray(seconds)[places == place]) for place in held]) / 3600.0
    y = np.array([np.mean(np.asarray(values, dtype=float)[places == place]) for place in held])
    spread = float(((x - x.mean()) ** 2).sum())
    gradient = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    residuals = y - (y.mean() + gradient * (x - x.mean()))
    error = math.sqrt(float((residuals**2).sum()) / (len(held) - 2) / spread)
    half = _STUDENT_T[len(held) - 2] * error
    return Slope(gradient, gradient - half, gradient + half)


_STUDENT_T: Final = (
    math.nan, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
)  # fmt: skip
"""97.5 % points of Student's t with 1 to 10 degrees of freedom (any table of it)."""
