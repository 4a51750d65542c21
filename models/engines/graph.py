"""The CNN-LSTM as TensorFlow graphs of a few fixed shapes, for a GPU.

It computes what :mod:`models.engines.cpu` does, with the same look-ups in place of the first convolution. Reviews of
similar length go together; steps of the LSTM beyond the longest that may stand among them see the constant of padding.

Never measured on a GPU: none was at hand. So it is not compiled by XLA either, which would keep the look-ups' sums, the
largest arrays by far, out of the device's memory, but compiles every shape before the first answer. That its answers
are Keras' and that no batch traces a graph is tested on a CPU, where the engine of :mod:`models.engines.cpu` is faster.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.engines.batches import SIZES, batches
from models.engines.blocks import KERNEL, POOL, Shape
from models.runtime import tf


class GraphEngine:
    """Weights of :mod:`models.architectures.cnn_lstm`, ready to answer. Safe to call from any thread.

    All graphs are traced before the constructor returns.

    Args:
        weights: of any width and number of classes.
        length: ids a review.

    Raises:
        KeyError, ValueError: ``weights`` are not that architecture's.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], length: int) -> None:
        self._shape: Final = Shape(length)
        self._graph: Final = _Graph(weights, self._shape.second)
        self._widths: Final = widths(self._shape.second)
        # Without autograph, which the graph does not need: it writes source files into the temporary folder, and a
        # killed worker leaves them there.
        function = tf.function(self._graph.logits, autograph=False)
        self._runs: Final = {
            (size, width): function.get_concrete_function(tf.TensorSpec([size, _columns(width)], tf.int32))
            for size in SIZES
            for width in self._widths
        }
        for (size, width), run in self._runs.items():
            run(tf.zeros([size, _columns(width)], tf.int32))

    @property
    def traces(self) -> int:
        """How often TensorFlow has traced a graph."""
        return self._graph.traces

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sums before softmax, shape (n, classes), from ids of shape (n, length) with 0 at the end alone."""
        out = np.empty((len(ids), self._graph.classes), np.float32)
        needed = np.maximum(self._shape.blocks(np.count_nonzero(ids, axis=1)).second, 1)
        answers = []
        before = 0
        for width in self._widths:
            alike = np.flatnonzero((before < needed) & (needed <= width))
            for batch in batches(len(alike)):
                rows = alike[batch.start : batch.end]
                padded = np.zeros((batch.size, _columns(width)), np.int32)
                padded[: len(rows)] = ids[rows, : _columns(width)]
                answers.append((rows, self._runs[batch.size, width](tf.constant(padded))))
            before = width
        # After all calls: a GPU computes while the next one is laid out.
        for rows, answer in answers:
            out[rows] = answer.numpy()[: len(rows)]
        return out


def widths(most: int) -> list[int]:
    """Blocks behind the second layer that graphs are made for: 1, 2, 4 and so on, and ``most``.

    Of 20,000 product reviews, cut at 150 ids, half have one such block, a third two and 7 % more than three.
    """
    return [*(1 << power for power in range((most - 1).bit_length())), most]


def _columns(width: int) -> int:
    """Ids that so many blocks behind the second layer see."""
    return POOL * (POOL * width + KERNEL - 1) + KERNEL - 1


class _Graph:
    """The constants of the graphs, and a graph."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], steps: int) -> None:
        embedding, kernel_1, bias_1 = (
            weights[name] for name in ("embedding/embeddings", "conv_1/kernel", "conv_1/bias")
        )
        kernel_2, bias_2 = weights["conv_2/kernel"], weights["conv_2/bias"]
        padding_1 = np.maximum(embedding[0] @ kernel_1.sum(axis=0) + bias_1, 0)
        padding_2 = np.maximum(padding_1 @ kernel_2.sum(axis=0) + bias_2, 0)
        self.steps = steps
        self.traces = 0
        self.classes = len(weights["output/bias"])
        self.taps = [tf.constant(embedding @ tap) for tap in kernel_1]
        # As one matrix product: for a convolution, a GPU would search its algorithm for each shape.
        self.kernel_2 = tf.constant(kernel_2.reshape(-1, kernel_2.shape[2]))
        self.bias_1, self.bias_2, self.padding_2 = tf.constant(bias_1), tf.constant(bias_2), tf.constant(padding_2)
        self.lstm, self.recurrent, self.bias = (
            tf.constant(weights[f"lstm/{name}"]) for name in ("kernel", "recurrent_kernel", "bias")
        )
        self.output, self.bias_3 = tf.constant(weights["output/kernel"]), tf.constant(weights["output/bias"])

    def logits(self, ids: Any) -> Any:
        """Of ids of shape (size, :func:`_columns` of a width), both known while the graph is traced."""
        self.traces += 1
        hidden = self._lstm(self._second(self._first(ids)))
        return tf.matmul(hidden, self.output) + self.bias_3

    def _first(self, ids: Any) -> Any:
        """Embedding, convolution and pooling: (size, blocks, filters)."""
        positions = ids.shape[1] - KERNEL + 1
        sums = tf.gather(self.taps[0], ids[:, :positions])
        for tap, table in enumerate(self.taps[1:], start=1):
            sums += tf.gather(table, ids[:, tap : tap + positions])
        return _pooled(sums, self.bias_1)

    def _second(self, blocks: Any) -> Any:
        """Convolution and pooling: (size, width, filters)."""
        size, positions = blocks.shape[0], blocks.shape[1] - KERNEL + 1
        seen = tf.concat([blocks[:, tap : tap + positions] for tap in range(KERNEL)], axis=2)
        sums = tf.matmul(tf.reshape(seen, [size * positions, -1]), self.kernel_2)
        return _pooled(tf.reshape(sums, [size, positions, -1]), self.bias_2)

    def _lstm(self, blocks: Any) -> Any:
        """Keras' LSTM, blocks beyond ``width`` being padding: its last output, (size, units)."""
        size, width, filters = blocks.shape
        flat = tf.matmul(tf.reshape(blocks, [size * width, filters]), self.lstm) + self.bias
        inputs = tf.reshape(flat, [size, width, -1])
        padding = tf.linalg.matvec(self.lstm, self.padding_2, transpose_a=True) + self.bias
        hidden = cell = tf.zeros([size, self.recurrent.shape[0]])
        for step in range(self.steps):
            gates = (inputs[:, step] if step < width else padding) + tf.matmul(hidden, self.recurrent)
            let_in, keep, candidate, let_out = tf.split(gates, 4, axis=1)
            cell = tf.sigmoid(keep) * cell + tf.sigmoid(let_in) * tf.tanh(candidate)
            hidden = tf.sigmoid(let_out) * tf.tanh(cell)
        return hidden


def _pooled(sums: Any, bias: Any) -> Any:
    """Maximum over each block's positions; bias and ReLU keep order, so that they may come after it."""
    size, positions, filters = sums.shape
    most = tf.reduce_max(tf.reshape(sums, [size, positions // POOL, POOL, filters]), axis=2)
    return tf.nn.relu(most + bias)
