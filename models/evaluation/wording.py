"""Figures in the form in which people read them."""

from typing import Final

from models.evaluation.catalogue import Entry
from models.evaluation.intervals import Figure

SHARES: Final = ("share_", "answered_", "probability_")
"""Figures that are read as percentages, by the beginnings of their names."""


def number(value: float | None, name: str = "") -> str:
    """A figure as people read it: shares in per cent with two decimals, others with four; a dash for none."""
    if value is None:
        return "–"
    return f"{value:.2%}" if name.startswith(SHARES) else f"{value:.4f}"


def signed(value: float | None) -> str:
    """A difference, with its sign and a real minus."""
    return "–" if value is None else f"{value:+.4f}".replace("-", "−")


def p_value(p: float) -> str:
    """A probability of chance."""
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}"


def better(entry: Entry, difference: Figure) -> str:
    """``better`` or ``worse`` where the interval of a difference excludes 0, else nothing."""
    low, high = difference.low, difference.high
    if low is None or high is None or entry.better == "neither" or low <= 0 <= high:
        return ""
    return "better" if (low > 0) == (entry.better == "higher") else "worse"
