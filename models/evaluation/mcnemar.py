"""McNemar's test: do two classifiers err equally often on the same rows?

Source: Q. McNemar, "Note on the Sampling Error of the Difference between Correlated Proportions or Percentages",
Psychometrika 12 (1947); for classifiers T. Dietterich, "Approximate Statistical Tests for Comparing Supervised
Classification Learning Algorithms", Neural Computation 10 (1998).
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.stats import binomtest


class McNemar(Struct, frozen=True, kw_only=True):
    """The rows on which one classifier is right and the other is wrong; the others say nothing of a difference."""

    only_first: int
    """Rows that only the first classifier answers rightly."""
    only_second: int
    p: float
    """Chance of a split at least as uneven if both were equally often right; two-sided, exact (binomial)."""


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> McNemar:
    """Compare two classifiers' hits, each of shape (n,).

    The exact test takes microseconds at any size, so the chi-square approximation to it is not needed.
    """
    only_first = int(np.count_nonzero(first_right & ~second_right))
    only_second = int(np.count_nonzero(second_right & ~first_right))
    uneven = only_first + only_second
    p = float(binomtest(only_first, uneven, 0.5).pvalue) if uneven else 1.0
    return McNemar(only_first=only_first, only_second=only_second, p=p)
