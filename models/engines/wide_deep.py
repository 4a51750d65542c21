"""``wide-deep`` on a CPU, without TensorFlow.

Embedding and convolution are both linear, so each place of a filter becomes a table with a row a word, and a layer
becomes look-ups and additions. Only the words of a review are computed, and no padding.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.engines.parts import Parts
from models.engines.wide_loops import convolution, means, wide_sums
from models.wide.grams import ORDERS

CACHE_LINE: Final = 64
"""Bytes that a processor fetches at once. numpy's large arrays begin 16 bytes behind such a border, so that what would
be four lines lies in five."""


def widths_of(weights: Mapping[str, NDArray[np.float32]]) -> tuple[int, ...]:
    """Words that the filters of each convolution see, in the order in which the last layer sees them.

    Raises:
        KeyError: there is no convolution.
    """
    found = tuple(len(array) for name, array in weights.items() if name.startswith("conv_") and name.endswith("kernel"))
    if not found:
        raise KeyError("conv_2/kernel")
    return found


class WideDeepEngine:
    """Weights of :mod:`models.architectures.wide_deep`, ready to answer. Safe to call from any thread.

    Args:
        weights: of any sizes and number of classes, in the architecture's shapes.
        threads: how many compute at once.

    Raises:
        KeyError: ``weights`` are not that architecture's.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], threads: int = 1) -> None:
        widths = widths_of(weights)
        self._embedding = weights["embedding/embeddings"]
        self._convolutions, first = [], 0
        for width in widths:
            kernel, bias = weights[f"conv_{width}/kernel"], weights[f"conv_{width}/bias"]
            table = _aligned(np.stack([self._embedding @ tap for tap in kernel], axis=1))
            self._convolutions.append((table, bias, first))
            first += len(bias)
        self._behind = first
        self._words, self._pairs, self._triples = (weights[f"wide/{order}"] for order in ORDERS)
        self._kernel, self._last_bias = weights["output/kernel"], weights["output/bias"]
        self._parts = Parts(self._part, len(self._last_bias), threads)

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sums before softmax, shape (n, classes), from ids of shape (n, length) with 0 at the end alone."""
        return self._parts(ids)

    def _part(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        counts = np.count_nonzero(ids, axis=1)
        seen = np.zeros((len(ids), len(self._kernel)), np.float32)
        # One after the other over all reviews: most of what is looked up is in the caches then.
        for table, bias, first in self._convolutions:
            convolution(ids, counts, table, bias, first, seen)
        means(ids, counts, self._embedding, self._behind, seen)
        wide_sums(ids, counts, self._words, self._pairs, self._triples, seen)
        found: NDArray[np.float32] = seen @ self._kernel + self._last_bias
        return found


def _aligned(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same, beginning at the border of a cache line."""
    room = np.empty(table.nbytes + CACHE_LINE, np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    found = room[start : start + table.nbytes].view(np.float32).reshape(table.shape)
    found[...] = table
    return found
