"""The wide part as a Keras layer."""

from typing import Any

from models.runtime import keras
from models.wide.grams import DAMPING, ORDERS, groups, rows


class WideSums(keras.layers.Layer):  # type: ignore[misc, name-defined, unused-ignore]
    """Ids of shape (n, length) to sums of weights of shape (n, columns).

    Not trained with the layers around it: a linear model that sees what it was fitted on is surer of it than of
    anything new, and the layers would learn to leave everything to it. :mod:`models.wide.fitting` fits it.
    """

    def __init__(self, num_words: int, buckets: int, columns: int, **rest: Any) -> None:
        super().__init__(trainable=False, **rest)
        self.num_words = num_words
        self.buckets = buckets
        self.columns = columns

    def build(self, _: tuple[int | None, ...]) -> None:
        """Weights ``words``, ``pairs`` and ``triples``, zero until they are set."""
        for order in ORDERS:
            shape = (rows(order, self.num_words, self.buckets), self.columns)
            setattr(self, order, self.add_weight(shape=shape, initializer="zeros", name=order, trainable=False))

    def call(self, ids: Any) -> Any:
        """See the class."""
        ops = keras.ops
        total = 0.0
        found = groups(ops.cast(ids, "int64"), ops, num_words=self.num_words, buckets=self.buckets)
        for order, addresses, there in found:
            here = ops.cast(there, self.compute_dtype)
            weights = ops.take(ops.convert_to_tensor(getattr(self, order)), addresses, axis=0)
            count = ops.maximum(ops.sum(here, axis=1, keepdims=True), 1)
            total = total + ops.sum(weights * here[..., None], axis=1) / count**DAMPING
        return total

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """(n, columns)"""
        return (shape[0], self.columns)
