"""The CNN-LSTM as one TensorFlow graph for every batch, for a GPU.

It computes what :mod:`models.engines.cpu` does, with the same look-ups in place of the first convolution, on blocks
laid out flat, all reviews' one after the other, so that a batch costs what its words cost.

Measured on two cores of a shared machine, 8,192 product reviews, batch 1,024: 60,000 reviews/s against 20,600 with
Keras' own graph; answers differ by 6e-7 at most.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.engines.blocks import KERNEL, POOL, SPAN, Shape
from models.runtime import tf

CHUNK: Final = 1024
"""Reviews a call of the graph. The look-ups' intermediates are then 11 MB, or 38 MB if every review is full length;
four times as many are a third faster on two idle cores, and no faster on busy ones."""


class GraphEngine:
    """Weights of :mod:`models.architectures.cnn_lstm`, ready to answer. Safe to call from any thread.

    Args:
        weights: of any width and number of classes.
        length: ids a review.

    Raises:
        KeyError, ValueError: ``weights`` are not that architecture's.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], length: int) -> None:
        self._shape = Shape(length)
        self._classes = len(weights["output/bias"])
        graph = _Graph(weights, self._shape.second)
        spans = tf.TensorSpec([None, SPAN], tf.int32)
        # Without autograph, which the graph does not need: it writes source files into the temporary folder, and a
        # killed worker leaves them there.
        self._run = tf.function(
            graph.logits,
            input_signature=[spans, spans, tf.TensorSpec([None, self._shape.second], tf.int32)],
            autograph=False,
        ).get_concrete_function()

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sums before softmax, shape (n, classes), from ids of shape (n, length) with 0 at the end alone."""
        out = np.empty((len(ids), self._classes), np.float32)
        for start in range(0, len(ids), CHUNK):
            blocks = self._layout(ids[start : start + CHUNK])
            out[start : start + CHUNK] = self._run(*map(tf.constant, blocks)).numpy()
        return out

    def _layout(self, ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """What each block sees: ids for the first layer's, positions among the blocks before for the others."""
        count_1, count_2 = self._shape.blocks(np.count_nonzero(ids, axis=1))
        row_1, block_1, _ = _flat(count_1)
        sees_1 = ids[row_1[:, None], (block_1 * POOL)[:, None] + np.arange(SPAN)]
        row_2, block_2, first_2 = _flat(count_2)
        first_1 = np.cumsum(count_1) - count_1
        # The constant stands after all computed blocks, at the position that is their number.
        wanted = (block_2 * POOL)[:, None] + np.arange(SPAN)
        sees_2 = np.where(wanted < count_1[row_2, None], first_1[row_2, None] + wanted, len(row_1))
        steps = np.arange(self._shape.second)
        sees_3 = np.where(steps < count_2[:, None], first_2[:, None] + steps, len(row_2))
        return sees_1, sees_2.astype(np.int32), sees_3.astype(np.int32)


def _flat(counts: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """For ``counts`` blocks a review laid end to end: each block's review and number in it; each review's first."""
    first = np.cumsum(counts) - counts
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - first[rows], first


class _Graph:
    """The constants of the graph, and the graph."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], steps: int) -> None:
        embedding, kernel_1, bias_1 = (
            weights[name] for name in ("embedding/embeddings", "conv_1/kernel", "conv_1/bias")
        )
        kernel_2, bias_2 = weights["conv_2/kernel"], weights["conv_2/bias"]
        lstm, recurrent, bias = (weights[f"lstm/{name}"] for name in ("kernel", "recurrent_kernel", "bias"))
        padding_1 = np.maximum(embedding[0] @ kernel_1.sum(axis=0) + bias_1, 0)
        padding_2 = np.maximum(padding_1 @ kernel_2.sum(axis=0) + bias_2, 0)
        self.steps = steps
        self.taps = [tf.constant(embedding @ tap) for tap in kernel_1]
        self.bias_1, self.padding_1 = tf.constant(bias_1), tf.constant(padding_1[None])
        # As one matrix product: on a GPU a convolution would search its algorithm anew for each batch's shape.
        self.kernel_2 = tf.constant(kernel_2.reshape(-1, kernel_2.shape[2]))
        self.bias_2, self.padding_2 = tf.constant(bias_2), tf.constant(padding_2[None])
        self.lstm, self.recurrent, self.bias = tf.constant(lstm), tf.constant(recurrent), tf.constant(bias)
        self.output, self.bias_3 = tf.constant(weights["output/kernel"]), tf.constant(weights["output/bias"])

    def logits(self, sees_1: Any, sees_2: Any, sees_3: Any) -> Any:
        """Arguments as :meth:`GraphEngine._layout` gives them."""
        return tf.matmul(self._lstm(self._second(self._first(sees_1), sees_2), sees_3), self.output) + self.bias_3

    def _first(self, sees: Any) -> Any:
        """Embedding, first convolution and pooling: (blocks, SPAN) ids to (blocks + 1, filters)."""
        sums = tf.gather(self.taps[0], sees[:, :POOL])
        for tap, table in enumerate(self.taps[1:], start=1):
            sums += tf.gather(table, sees[:, tap : tap + POOL])
        return tf.concat([_pooled(sums, self.bias_1), self.padding_1], axis=0)

    def _second(self, blocks: Any, sees: Any) -> Any:
        """Second convolution and pooling: (blocks, SPAN) positions in ``blocks`` to (blocks + 1, filters)."""
        windows = tf.stack([sees[:, tap : tap + POOL] for tap in range(KERNEL)], axis=2)
        columns = tf.reshape(tf.gather(blocks, windows), [-1, self.kernel_2.shape[0]])
        sums = tf.reshape(tf.matmul(columns, self.kernel_2), [-1, POOL, self.kernel_2.shape[1]])
        return tf.concat([_pooled(sums, self.bias_2), self.padding_2], axis=0)

    def _lstm(self, blocks: Any, sees: Any) -> Any:
        """Keras' LSTM over (n, steps) positions in ``blocks``: its last output, (n, units)."""
        inputs = tf.matmul(blocks, self.lstm) + self.bias
        hidden = cell = tf.zeros([tf.shape(sees)[0], self.recurrent.shape[0]])
        for step in range(self.steps):
            gates = tf.gather(inputs, sees[:, step]) + tf.matmul(hidden, self.recurrent)
            let_in, keep, candidate, let_out = tf.split(gates, 4, axis=1)
            cell = tf.sigmoid(keep) * cell + tf.sigmoid(let_in) * tf.tanh(candidate)
            hidden = tf.sigmoid(let_out) * tf.tanh(cell)
        return hidden


def _pooled(sums: Any, bias: Any) -> Any:
    """Maximum over a block's positions; bias and ReLU keep order, so that they may come after it."""
    return tf.nn.relu(tf.reduce_max(sums, axis=1) + bias)
