"""The CNN-LSTM on a CPU, without TensorFlow.

Embedding and first convolution are both linear, so each tap of the convolution becomes a table with a row a word, and
the layer becomes five look-ups and additions. Only blocks that see words are computed (:mod:`models.engines.blocks`).
The LSTM's three sigmoids are hyperbolic tangents of half the argument, so that one call gives all four gates.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.engines.blocks import POOL, Shape
from models.engines.loops import first_layer, windows
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
        blocks = self._shape.blocks(ids)
        network = self._network
        return network.last(network.second(network.first(ids, blocks.first), *blocks), blocks.second)


class _Network:
    """The layers, one after the other."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], steps: int) -> None:
        embedding, kernel_1, self.bias_1 = (
            weights[name] for name in ("embedding/embeddings", "conv_1/kernel", "conv_1/bias")
        )
        kernel_2, self.bias_2 = weights["conv_2/kernel"], weights["conv_2/bias"]
        self.tables = np.stack([embedding @ tap for tap in kernel_1], axis=1)
        self.kernel_2 = kernel_2.reshape(-1, kernel_2.shape[2])
        self.padding_1 = np.maximum(embedding[0] @ kernel_1.sum(axis=0) + self.bias_1, 0)
        self.padding_2 = np.maximum(self.padding_1 @ kernel_2.sum(axis=0) + self.bias_2, 0)
        lstm, self.recurrent, self.bias = (
            _sigmoids_first(weights[f"lstm/{name}"]) for name in ("kernel", "recurrent_kernel", "bias")
        )
        self.lstm = lstm
        self.output, self.bias_3 = weights["output/kernel"], weights["output/bias"]
        self.steps = steps
        self.classes = len(self.bias_3)

    def first(self, ids: NDArray[np.int32], blocks: NDArray[np.int32]) -> NDArray[np.float32]:
        """Embedding, convolution and pooling: (sum of blocks, filters)."""
        out = np.empty((int(blocks.sum()), len(self.bias_1)), np.float32)
        first_layer(ids, blocks, self.tables, self.bias_1, out)
        return out

    def second(
        self, inputs: NDArray[np.float32], blocks: NDArray[np.int32], wanted: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """Convolution and pooling: (sum of wanted + 1, filters), the last one of padding alone."""
        count = int(wanted.sum())
        seen = np.empty((count * POOL, len(self.kernel_2)), np.float32)
        windows(inputs, blocks, wanted, self.padding_1, seen)
        out = np.empty((count + 1, len(self.bias_2)), np.float32)
        (seen @ self.kernel_2).reshape(count, POOL, len(self.bias_2)).max(axis=1, out=out[:-1])
        out[:-1] += self.bias_2
        np.maximum(out[:-1], 0, out=out[:-1])
        out[-1] = self.padding_2
        return out

    def last(self, inputs: NDArray[np.float32], blocks: NDArray[np.int32]) -> NDArray[np.float32]:
        """LSTM over ``steps`` blocks a review, those beyond its own being padding, and the last layer."""
        units = len(self.recurrent)
        inputs = inputs @ self.lstm + self.bias
        first, padding = np.cumsum(blocks) - blocks, len(inputs) - 1
        gates, recurrent = np.empty((2, len(blocks), 4 * units), np.float32)
        let_in, keep, let_out, candidate = (gates[:, gate * units : (gate + 1) * units] for gate in range(4))
        hidden, cell = np.zeros((2, len(blocks), units), np.float32)
        for step in range(self.steps):
            np.take(inputs, np.where(step < blocks, first + step, padding), axis=0, out=gates, mode="clip")
            if step:
                gates += np.matmul(hidden, self.recurrent, out=recurrent)
            np.tanh(gates, out=gates)
            gates[:, : 3 * units] *= 0.5
            gates[:, : 3 * units] += 0.5
            cell *= keep
            cell += np.multiply(let_in, candidate, out=candidate)
            np.tanh(cell, out=hidden)
            hidden *= let_out
        found: NDArray[np.float32] = hidden @ self.output + self.bias_3
        return found


def _sigmoids_first(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """From Keras' order of gates (in, forget, candidate, out) to (in, forget, out, candidate), the first three halved.

    A sigmoid of x is 0.5 + 0.5 tanh(x / 2).
    """
    let_in, keep, candidate, let_out = np.split(weights, 4, axis=-1)
    half = np.float32(0.5)
    return np.ascontiguousarray(np.concatenate([let_in * half, keep * half, let_out * half, candidate], axis=-1))
