"""Any architecture's arithmetic as Keras has it, in one TensorFlow graph for every batch."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.architectures.architecture import OUTPUT
from models.architectures.registry import find
from models.architectures.weights import set_weights
from models.engines.batches import SIZES, batches
from models.manifest import Preprocessing
from models.runtime import keras, tf

WORDS: Final = 131_072
"""Positions a call of the graph: 1,310 reviews of 100, 218 of 600. A recurrent layer of 256 units that returns its
sequence has 134 MB of them then; a step over fewer reviews costs nearly the same as over these."""


class NetworkEngine:
    """A trained network, ready to answer. Safe to call from any thread.

    Args:
        architecture, hyperparameters, how, weights: as for :func:`models.engines.choose.choose`, which says what they
            raise.
        fixed: whether batches are filled up to one of two sizes, for a GPU (:mod:`models.engines.batches`).
    """

    def __init__(
        self,
        architecture: str,
        hyperparameters: Mapping[str, Any],
        how: Preprocessing,
        weights: Mapping[str, NDArray[np.float32]],
        *,
        fixed: bool = False,
    ) -> None:
        found = find(architecture)
        sizes = found.choose(changes=hyperparameters)
        units = weights[f"{OUTPUT}/bias"].size
        self.classes: Final = max(units, 2)
        chunk = max(1, WORDS // how.length)
        self._sizes: Final = (min(SIZES[0], chunk), chunk) if fixed else (chunk,)
        self._fixed: Final = fixed
        model = found.build(self.classes, num_words=how.num_words, length=how.length, hyperparameters=sizes)
        set_weights(model, weights)
        seen = keras.Model(model.input, model.get_layer(OUTPUT).input)
        output, bias = tf.constant(weights[f"{OUTPUT}/kernel"]), tf.constant(weights[f"{OUTPUT}/bias"])

        def logits(ids: Any) -> Any:
            sums = tf.matmul(seen(ids, training=False), output) + bias
            # One sigmoid unit is a softmax of two, the first sum of which is 0.
            return tf.concat([tf.zeros_like(sums), sums], axis=1) if units == 1 else sums

        # Without autograph for the reason in models.engines.graph.
        self._run = tf.function(
            logits, input_signature=[tf.TensorSpec([None, how.length], tf.int32)], autograph=False
        ).get_concrete_function()

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sums before softmax, shape (n, classes), from ids of shape (n, length)."""
        out = np.empty((len(ids), self.classes), np.float32)
        answers = []
        for batch in batches(len(ids), self._sizes):
            part = ids[batch.start : batch.end]
            if self._fixed:
                part = np.concatenate([part, np.zeros((batch.size - len(part), part.shape[1]), np.int32)])
            answers.append((batch, self._run(tf.constant(part))))
        # After all calls: a GPU computes while the next one is laid out.
        for batch, answer in answers:
            out[batch.start : batch.end] = answer.numpy()[: batch.end - batch.start]
        return out
