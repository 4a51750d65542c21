"""``wide-deep`` on a CPU, without TensorFlow.

Embedding and convolution are both linear, so each place of a filter becomes a table with a row a word, and a layer
becomes look-ups and additions. Only the words of a review are computed, and no padding.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.engines.parts import Parts
from models.engines.wide_loops import convolutions, wide_sums
from models.wide.grams import ORDERS


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
        kernels = [weights[f"conv_{width}/kernel"] for width in widths]
        self._taps = np.concatenate([self._embedding @ tap for kernel in kernels for tap in kernel], axis=1)
        self._bias = np.stack([weights[f"conv_{width}/bias"] for width in widths])
        self._widths = np.array(widths, np.int64)
        self._words, self._pairs, self._triples = (weights[f"wide/{order}"] for order in ORDERS)
        self._kernel, self._last_bias = weights["output/kernel"], weights["output/bias"]
        self._parts = Parts(self._part, len(self._last_bias), threads)

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sums before softmax, shape (n, classes), from ids of shape (n, length) with 0 at the end alone."""
        return self._parts(ids)

    def _part(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        counts = np.count_nonzero(ids, axis=1)
        seen = np.zeros((len(ids), len(self._kernel)), np.float32)
        convolutions(ids, counts, self._taps, self._bias, self._widths, self._embedding, seen)
        wide_sums(ids, counts, self._words, self._pairs, self._triples, seen)
        found: NDArray[np.float32] = seen @ self._kernel + self._last_bias
        return found
