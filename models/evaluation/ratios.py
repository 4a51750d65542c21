"""How far the two ratios that live figures show are off, over groups of labelled reviews: error, bias and coverage.

The counted ratio is the share of reviews labelled good, the other the mean of their P(good) (see
:mod:`models.evaluation.shares` for both). The truth is the share that is good by the ratings of the very reviews of a
group. An interval is meant for the share among all reviews that customers would write; of the share among those that
they did write it says more than it must, so that it should hold that one in 95 % of groups or more.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Interval = Callable[[float, int], tuple[float, float] | None]
"""The interval of a share, from a sum and the number of reviews; None of no reviews."""


class RatioError(Struct, frozen=True, kw_only=True):
    """Of one ratio, over the groups, each counting alike."""

    ratio: Literal["good_ratio", "mean_p_good"]
    """As the API calls it."""
    error: float
    """Mean absolute difference from the truth."""
    bias: float
    """Mean difference: above 0 where it calls too many good."""
    held: int
    """Groups whose 95 % interval holds the truth."""


class RatioErrors(Struct, frozen=True, kw_only=True):
    """Of both ratios."""

    groups: int
    reviews: int
    """In the groups."""
    typical: float
    """Median reviews of a group."""
    errors: tuple[RatioError, ...]


def by_product(product: Sequence[str], least: int) -> list[NDArray[np.intp]]:
    """Rows of each product with ``least`` reviews or more, by id; rows without a product are in none."""
    reviews = Counter(name for name in product if name.strip())
    names = np.asarray(product)
    return [np.flatnonzero(names == name) for name in sorted(reviews) if reviews[name] >= least]


def at_random(rows: int, size: int, *, seed: int) -> list[NDArray[np.intp]]:
    """As many groups of ``size`` rows as there are, drawn without putting back."""
    order = np.random.default_rng(seed).permutation(rows)
    return [order[start : start + size] for start in range(0, rows - size + 1, size)]


def measure(
    groups: Sequence[NDArray[np.intp]],
    good: NDArray[np.bool_],
    p_good: NDArray[np.float64],
    intervals: tuple[Interval, Interval],
) -> RatioErrors:
    """The errors of both ratios.

    Args:
        groups: rows of each, one or more.
        good: (n,) the truth.
        p_good: (n,) the classifier's answers.
        intervals: of the counted ratio, and of the mean.

    Raises:
        ValueError: there is no group, or an empty one.
    """
    if not groups or not all(len(group) for group in groups):
        raise ValueError("expected one group or more, and none of them empty")
    truth = np.array([good[group].mean() for group in groups])
    names: tuple[Literal["good_ratio", "mean_p_good"], ...] = ("good_ratio", "mean_p_good")
    values = ((p_good >= 0.5).astype(np.float64), p_good)
    errors = []
    for name, value, interval in zip(names, values, intervals, strict=True):
        off, held = np.array([value[group].mean() for group in groups]) - truth, 0
        for group, share in zip(groups, truth, strict=True):
            low, high = interval(float(value[group].sum()), len(group)) or (0.0, 1.0)
            held += bool(low <= share <= high)
        errors.append(RatioError(ratio=name, error=float(np.abs(off).mean()), bias=float(off.mean()), held=held))
    sizes = [len(group) for group in groups]
    return RatioErrors(groups=len(groups), reviews=sum(sizes), typical=float(np.median(sizes)), errors=tuple(errors))
