"""What is fitted apart from a network's epochs: word vectors before them, the wide part and its join after them."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.architectures.errors import InvalidHyperparameters
from models.vectors import word_vectors
from models.wide import fitting, joining
from models.wide.grams import ORDERS

Weights = dict[str, NDArray[np.float32]]

SPREAD: Final = 0.1
"""Standard deviation of the embedding to begin with. Adam's steps of 0.001 then change a word within an epoch."""

LARGE: Final = 65_536
"""Numbers from which an array is rounded to float16's precision, so that an artefact packs to half its size. Twelve
bits are more than the rows that any of these weights was fitted on can tell."""


def begin(model: Any, ids: NDArray[np.int32], *, classes: int, seed: int) -> None:
    """Give a new ``wide-deep`` network the word vectors of its training part, ids of shape (n, length).

    Raises:
        InvalidHyperparameters: the wide part has not as many columns as the classes need.
    """
    columns, needed = model.get_layer("wide").columns, 1 if classes == 2 else classes
    if columns != needed:
        raise InvalidHyperparameters("wide-deep", f"columns is {columns}; {classes} classes need {needed}")
    embedding = model.get_layer("embedding")
    embedding.embeddings.assign(SPREAD * word_vectors(ids, embedding.input_dim, embedding.output_dim, seed))


def tables(weights: Weights, ids: NDArray[np.int32], truth: NDArray[np.intp], sizes: Any, seed: int) -> Weights:
    """The wide part for a network of ``weights``' shapes, fitted on its training part, under the layer's names.

    Args:
        weights: of the layers.
        ids, truth: of the training part.
        sizes: the network's hyperparameters.
        seed: see :func:`models.wide.fitting.fit`.
    """
    found = fitting.fit(
        ids,
        truth,
        len(weights["output/bias"]),
        num_words=len(weights["embedding/embeddings"]),
        buckets=sizes.buckets,
        strength=sizes.strength,
        seed=seed,
    )
    return {f"wide/{order}": table for order, table in found.items()}


def end(
    weights: Weights,
    wide: Weights,
    ids: NDArray[np.int32],
    truth: NDArray[np.intp],
    logits: Callable[[Weights], NDArray[np.float32]],
) -> Weights:
    """The whole network, large arrays rounded.

    Args:
        weights: of the layers, as the epochs leave them, the wide part all zero.
        wide: as :func:`tables` gives it.
        ids, truth: of the validation part, which weighs the two.
        logits: sums before the softmax, (n, classes), of a network with these weights on ``ids``.
    """
    layers, wide = _rounded(weights), _rounded(wide)
    features = fitting.counts(ids, num_words=len(wide["wide/words"]) // 2, buckets=len(wide["wide/pairs"]))
    sums = fitting.sums({order: wide[f"wide/{order}"] for order in ORDERS}, features)
    join = joining.fit(logits(layers), sums, truth)
    kernel, bias = joining.last_layer(layers["output/kernel"], layers["output/bias"], sums.shape[1], join)
    return layers | wide | {"output/kernel": kernel, "output/bias": bias}


def _rounded(weights: Weights) -> Weights:
    return {
        name: array.astype(np.float16).astype(np.float32) if array.size >= LARGE else array
        for name, array in weights.items()
    }
