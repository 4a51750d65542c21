"""How often a model is right, as ratings tell, and whether that is less often than on its own test. Pure.

A rating below 4 stars is a bad review, any other a good one; the model is right where its label says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Final

from stream.measures import Measures

LEAST_RATED: Final = 30
"""Rated reviews below which nothing is said: the test's normal approximation needs some mistakes to be expected."""

ALPHA: Final = 0.01
"""Of the test. The question is asked every few minutes, not once."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the model's own test leads one to expect."""

    accuracy: float
    """Of the same good and bad reviews, were each as easy as on the test."""
    p_value: float
    """That the model is right so seldom, or less, by chance."""

    @property
    def lower(self) -> bool:
        """Whether it is right less often than expected, and not by chance."""
        return self.p_value <= ALPHA


def expected(counts: Measures, confusion: Sequence[Sequence[int]]) -> Expected | None:
    """Against the model card's test; None with fewer than :data:`LEAST_RATED` rated reviews.

    A share of right answers depends on how many of the reviews are bad, for a model misses more of the rarer class; so
    it is not the test's accuracy that is to be expected, but its recalls of good and of bad reviews, weighed as good
    and bad are here (*post-stratification*: D. Holt, T. Smith, Journal of the Royal Statistical Society A 142 (1979),
    33-46). The p-value is the lower tail of a score test: right answers of each class are binomial here, and were on
    the test, whose own chance counts too.

    Args:
        counts: of live reviews.
        confusion: of the test; rows are the truth, good and bad, columns the answer.
    """
    if counts.rated < LEAST_RATED:
        return None
    of_class = counts.rated - counts.rated_bad, counts.rated_bad
    mean, variance = 0.0, 0.0
    for number, (count, row) in enumerate(zip(of_class, confusion, strict=True)):
        # Half a review more on either side: no test proves that a model is always right.
        recall = (row[number] + 0.5) / (sum(row) + 1)
        share = count / counts.rated
        mean += share * recall
        variance += share * recall * (1 - recall) * (1 / counts.rated + share / (sum(row) + 1))
    # Half a review for the step from one count to the next.
    z = ((counts.agree + 0.5) / counts.rated - mean) / sqrt(variance)
    return Expected(mean, erfc(-z / sqrt(2)) / 2)
