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


class Blocks(NamedTuple):
    """How many blocks at the front of each review see words, of shape (n,), behind each pooling layer."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]


class Shape:
    """Blocks of a review of full length.

    Args:
        length: ids a review.
    """

    def __init__(self, length: int) -> None:
        # The last blocks would begin after the end and do not exist: Keras drops incomplete pools.
        self.first = (length - KERNEL + 1) // POOL
        self.second = (self.first - KERNEL + 1) // POOL

    def blocks(self, words: NDArray[np.int64]) -> Blocks:
        """Of reviews of so many words, of shape (n,), with padding at the end alone."""
        first = np.minimum(-(-words // POOL), self.first)
        return Blocks(first, np.minimum(-(-first // POOL), self.second))


def packed(blocks: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Where the first blocks of all reviews begin, the second ones, and so on, if each number's stand together.

    With the longest review first, those that have a block of one number are the front of those that have the number
    before: a step of a recurrent layer is a slice, and a product is as large as the blocks that there are.

    Args:
        blocks: (n,) blocks of each review, none more than the one's before.
        most: the most that a review can have.

    Returns:
        (most + 1,): block i of the review at place j is row ``[i] + j``; the last is the number of rows.
    """
    having = np.searchsorted(-blocks, -np.arange(most), side="left")
    return np.concatenate([[0], np.cumsum(having)])
