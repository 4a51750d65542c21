"""Which parts of a CNN-LSTM see words at all.

Reviews are short (median 25 of 150 words) and padded at the end, so most of what Keras computes is the same constant
over and over. A *block* is what one output of a max-pooling layer depends on. One that sees padding alone is that
constant; only the others are computed.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

KERNEL: Final = 5
"""Positions that a convolution sees."""

POOL: Final = 5
"""Positions that a pooling layer takes the largest of."""

SPAN: Final = POOL + KERNEL - 1
"""Inputs that one block sees."""


class Blocks(NamedTuple):
    """How many blocks at the front of each review see words, int32 of shape (n,), behind each pooling layer."""

    first: NDArray[np.int32]
    second: NDArray[np.int32]


class Shape:
    """Blocks of a review of full length.

    Args:
        length: ids a review.
    """

    def __init__(self, length: int) -> None:
        # The last blocks would begin after the end and do not exist: Keras drops incomplete pools.
        self.first = (length - KERNEL + 1) // POOL
        self.second = (self.first - KERNEL + 1) // POOL

    def blocks(self, ids: NDArray[np.int32]) -> Blocks:
        """Of ids of shape (n, length) with 0 at the end alone."""
        words = np.count_nonzero(ids, axis=1)
        first = np.minimum(-(-words // POOL), self.first).astype(np.int32)
        second = np.minimum(-(-first // POOL), self.second).astype(np.int32)
        return Blocks(first, second)
