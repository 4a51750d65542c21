"""Whether two shares differ, and by how much: two windows of a product, or two products over one window. Pure.

Both shares are of labels that the same classifier gave. Where nothing changed for the customers, the reviews of both
samples come from one source, and so do their labels, wrong ones among them: a classifier's mistakes do not make the
tests below say "different" more often than they promise. They cost power instead: at a recall r of good and f of bad
reviews, a true change of d shows as (r + f - 1) d.

What they do take for granted is that reviews are independent of each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, hypot, lgamma

from stream.statistics.shares import wilson


@dataclass(frozen=True, slots=True)
class Sample:
    """``good`` of ``n`` reviews are labelled good."""

    good: int
    n: int


def difference_interval(of: Sample, to: Sample) -> tuple[float, float] | None:
    """The 95 % interval of the good share of ``of`` less that of ``to``, or None where either is empty.

    With the shares p, their Wilson bounds l and u, and d = p1 - p2: from d - hypot(p1 - l1, u2 - p2) to
    d + hypot(u1 - p1, p2 - l2). It keeps its coverage for few reviews and shares near 0 or 1, and stays inside -1..1.

    Source: R. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statistics in Medicine 17 (1998), 873-890, method 10.
    """
    first, second = wilson(of.good, of.n), wilson(to.good, to.n)
    if first is None or second is None:
        return None
    p1, p2 = of.good / of.n, to.good / to.n
    low = p1 - p2 - hypot(p1 - first[0], second[1] - p2)
    high = p1 - p2 + hypot(first[1] - p1, p2 - second[0])
    return max(-1.0, low), min(1.0, high)


def fisher(of: Sample, to: Sample) -> float:
    """The two-sided p-value of Fisher's exact test that both shares are equal: twice the smaller tail, at most 1.

    Given how many of all reviews are good, the good ones of ``of`` are hypergeometric if nothing differs, whatever the
    share is: so the test holds what it promises at any size. That counts where thousands of products are tested and
    only far tails survive the correction. For 8 good of 30 against 50 of 1,000 the chi-squared approximation (in its
    "N - 1" form) says p = 4e-7, this test 3e-4. Twice the smaller tail rather than all tables as unlikely as this
    one, because the answer says which way a share went.

    Source: R. Fisher, "Statistical Methods for Research Workers", 5th edition (1934), section 21.02; for the doubling,
    M. Fay, "Confidence intervals that match Fisher's exact or Blaker's exact tests", Biostatistics 11 (2010), 373-374.
    """
    good, n = of.good + to.good, of.n + to.n
    least, most = max(0, good - to.n), min(of.n, good)
    if least == most:
        return 1.0
    # The tail on the far side of the mean; the other one holds more than a half.
    up = of.good * n > of.n * good
    term = 1.0
    tail = 1.0
    x = of.good
    while x != (most if up else least):
        if up:
            term *= (of.n - x) * (good - x) / ((x + 1) * (to.n - good + x + 1))
            x += 1
        else:
            term *= x * (to.n - good + x) / ((of.n - x + 1) * (good - x + 1))
            x -= 1
        tail += term
        if term < 1e-16 * tail:  # what follows is smaller still, and lost in rounding
            break
    log_probability = _log_choose(of.n, of.good) + _log_choose(to.n, to.good) - _log_choose(n, good)
    return min(1.0, 2.0 * tail * exp(log_probability))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The q-value of each p-value: the smallest false discovery rate at which it is among the discoveries.

    Of all that are taken for changed because q <= 0.05, at most 5 % have not changed, on average, if products are
    independent of each other or depend on each other positively.

    Sources: Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate: a practical and powerful approach to
    multiple testing", Journal of the Royal Statistical Society B 57 (1995), 289-300; Y. Benjamini, D. Yekutieli, "The
    control of the false discovery rate in multiple testing under dependency", Annals of Statistics 29 (2001).
    """
    count = len(p_values)
    adjusted = [1.0] * count
    least = 1.0
    for rank, place in zip(range(count, 0, -1), sorted(range(count), key=lambda i: -p_values[i]), strict=True):
        least = min(least, p_values[place] * count / rank)
        adjusted[place] = least
    return adjusted


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value corrected for all: that any at or below 0.05 is there by chance has a probability of 5 % at most.

    For a handful of comparisons, where a list's false discovery *rate* says little; holds under any dependence.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
    (1979), 65-70.
    """
    count = len(p_values)
    adjusted = [1.0] * count
    most = 0.0
    for rank, place in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        most = max(most, min(1.0, p_values[place] * (count - rank)))
        adjusted[place] = most
    return adjusted


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
