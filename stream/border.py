"""Reviews so near the border between good and bad that counting them again may label them otherwise.

The last digits of a classifier's answer depend on what stands beside a review in its batch. Sums of probabilities may
differ by that; a label differs only where the border lies between the two answers.
"""

from dataclasses import dataclass
from typing import Final

from stream.measures import is_good

P_TOLERANCE: Final = 1
"""Millionths by which two answers for one review may differ: engines agree to 1e-6, not to the last bit."""


def near(p_good: int) -> bool:
    """Whether another answer for a review of this P(good) (millionths) may give it another label."""
    return is_good(p_good - P_TOLERANCE) != is_good(p_good + P_TOLERANCE)


@dataclass(slots=True)
class Leeway:
    """How far the labels of reviews at the border may move what is counted of them."""

    fewer_good: int = 0
    more_good: int = 0
    fewer_agree: int = 0
    more_agree: int = 0

    def add(self, p_good: int, rating: float | None) -> None:
        """Take in a review at the border as it was counted."""
        good = is_good(p_good)
        if good:
            self.fewer_good += 1
        else:
            self.more_good += 1
        if rating is None:
            return
        if good != (rating < 4):
            self.fewer_agree += 1
        else:
            self.more_agree += 1

    def allows(self, good: int, agree: int) -> bool:
        """Whether these differences of ``good`` and ``agree``, of a count to this one, may come from the border."""
        return -self.fewer_good <= good <= self.more_good and -self.fewer_agree <= agree <= self.more_agree
