"""The CNN-LSTM on a CPU, without TensorFlow.

Embedding and first convolution are both linear, so each tap of the convolution becomes a table with a row a word, and
the layer becomes five look-ups and additions. Only blocks that see words are computed (:mod:`models.engines.blocks`).
The second convolution is a product of each block with each tap, once, which its positions then add up. The LSTM's three
sigmoids are hyperbolic tangents of half the argument, so that one call gives all four gates.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.engines.blocks import KERNEL, Shape, packed
from models.engines.loops import cells, first_layer, second_layer
from models.engines.parts import Parts


class CpuEngine:
    """Weights of :mod:`models.architectures.cnn_lstm`, ready to answer. Safe to call from any thread.

    Args:
        weights: of any width and number of classes.
        length: ids a review.
        threads: how many compute at once.

    Raises:
        KeyError, ValueError: ``weights`` are not that architecture's.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], length: int, threads: int = 1) -> None:
        self._shape: Final = Shape(length)
        self._network = _Network(weights, self._shape.second)
        self._parts = Parts(self._part, self._network.classes, threads)

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sums before softmax, shape (n, classes), from ids of shape (n, length) with 0 at the end alone."""
        return self._parts(ids)

    def _part(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        words = np.count_nonzero(ids, axis=1)
        order = np.argsort(-words, kind="stable")
        first, second = self._shape.blocks(words[order])
        starts, begins = packed(first, self._shape.first), packed(second, self._shape.second)
        network = self._network
        inputs = network.first(ids, order, first, starts)
        found = network.last(network.second(inputs, first, starts, second, begins), begins, len(ids))
        answers = np.empty_like(found)
        answers[order] = found
        return answers


class _Network:
    """The layers, one after the other, on reviews in the order of their length, the longest first."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], steps: int) -> None:
        embedding, kernel_1, self.bias_1 = (
            weights[name] for name in ("embedding/embeddings", "conv_1/kernel", "conv_1/bias")
        )
        kernel_2, self.bias_2 = weights["conv_2/kernel"], weights["conv_2/bias"]
        self.tables = np.stack([embedding @ tap for tap in kernel_1], axis=1)
        self.taps = np.concatenate(list(kernel_2), axis=1)
        padding_1 = np.maximum(embedding[0] @ kernel_1.sum(axis=0) + self.bias_1, 0)
        self.padding = np.stack([padding_1 @ kernel_2[sees:].sum(axis=0) for sees in range(KERNEL + 1)])
        padding_2 = np.maximum(self.padding[0] + self.bias_2, 0)
        self.lstm, self.recurrent, self.bias = (
            _sigmoids_first(weights[f"lstm/{name}"]) for name in ("kernel", "recurrent_kernel", "bias")
        )
        self.padding_gates = padding_2 @ self.lstm + self.bias
        self.output, self.bias_3 = weights["output/kernel"], weights["output/bias"]
        self.steps = steps
        self.classes = len(self.bias_3)

    def first(
        self,
        ids: NDArray[np.int32],
        order: NDArray[np.int64],
        blocks: NDArray[np.int64],
        starts: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """Embedding, convolution and pooling: (sum of blocks, filters)."""
        out = np.empty((starts[-1], len(self.bias_1)), np.float32)
        first_layer(ids, order, blocks, starts, self.tables, self.bias_1, out)
        return out

    def second(
        self,
        inputs: NDArray[np.float32],
        blocks: NDArray[np.int64],
        starts: NDArray[np.int64],
        wanted: NDArray[np.int64],
        begins: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """Convolution and pooling: (sum of wanted, filters)."""
        filters = len(self.bias_2)
        products = np.empty((len(inputs), KERNEL * filters), np.float32)
        edges = [*starts[:KERNEL].tolist(), len(inputs)]
        for number, (start, end) in enumerate(pairwise(edges), start=1):
            # Block 0 is seen at the first tap alone, block 1 at the first two, and so on.
            np.matmul(inputs[start:end], self.taps[:, : number * filters], out=products[start:end, : number * filters])
        out = np.empty((begins[-1], filters), np.float32)
        second_layer(products, blocks, starts, self.padding, self.bias_2, wanted, begins, out)
        return out

    def last(self, inputs: NDArray[np.float32], begins: NDArray[np.int64], count: int) -> NDArray[np.float32]:
        """LSTM over ``steps`` blocks of each of ``count`` reviews, those beyond its own being padding; last layer."""
        units = len(self.recurrent)
        inputs = inputs @ self.lstm
        inputs += self.bias
        gates, let_out = np.empty((count, 4 * units), np.float32), slice(2 * units, 3 * units)
        hidden, cell = np.empty((count, units), np.float32), np.zeros((count, units), np.float32)
        for step, (start, end) in enumerate(pairwise(begins.tolist())):
            own = end - start
            if step:
                np.matmul(hidden, self.recurrent, out=gates)
                gates[:own] += inputs[start:end]
                gates[own:] += self.padding_gates
            else:
                gates[:own] = inputs[start:end]
                gates[own:] = self.padding_gates
            np.tanh(gates, out=gates)
            cells(gates, cell)
            np.tanh(cell, out=hidden)
            gates[:, let_out] += 1
            hidden *= gates[:, let_out]
            hidden *= 0.5
        found: NDArray[np.float32] = hidden @ self.output + self.bias_3
        return found


def _sigmoids_first(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """From Keras' order of gates (in, forget, candidate, out) to (in, forget, out, candidate), the first three halved.

    A sigmoid of x is 0.5 + 0.5 tanh(x / 2).
    """
    let_in, keep, candidate, let_out = np.split(weights, 4, axis=-1)
    half = np.float32(0.5)
    return np.ascontiguousarray(np.concatenate([let_in * half, keep * half, let_out * half, candidate], axis=-1))
