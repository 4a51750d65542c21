"""Hyperparameters, and what shapes they give weights. Apart from the networks, whose import takes TensorFlow.

A network that has an engine of its own (:mod:`models.engines`) is loaded without TensorFlow; that its weights are of
the sizes that its manifest says has to be found here, then. The others are built, which finds it out.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from models.architectures.errors import InvalidHyperparameters
from models.engines.blocks import KERNEL, Shape
from models.wide.grams import ORDERS, rows

Width = Annotated[int, Meta(ge=1, le=4096)]
"""Units, filters or dimensions. A network above the bound trains for days on two cores."""

Rate = Annotated[float, Meta(ge=0, lt=1)]
"""Share that a dropout layer drops."""

Shapes = dict[str, tuple[int, ...]]
"""``layer/variable`` to the shape of its array."""


class Hyperparameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of a network. A family's own has a field for each, with a default and a bound."""


class CnnLstm(Hyperparameters, frozen=True, kw_only=True):
    """Width of convolutions and pools is fixed at 5: the exact engines (:mod:`models.engines`) are written for it."""

    embedding: Width = 50
    filters: Width = 64
    dropout: Rate = 0.2
    units: Width = 64

    def shapes(self, num_words: int, length: int, classes: int) -> Shapes:
        """Of the weights of :func:`models.architectures.cnn_lstm.network` with its last layer.

        Raises:
            ValueError: reviews of this length leave nothing behind the second pool.
        """
        if Shape(length).second < 1:
            raise ValueError(f"{length} ids a review are too few for two convolutions with pools")
        return {
            "embedding/embeddings": (num_words, self.embedding),
            "conv_1/kernel": (KERNEL, self.embedding, self.filters),
            "conv_1/bias": (self.filters,),
            "conv_2/kernel": (KERNEL, self.filters, self.filters),
            "conv_2/bias": (self.filters,),
            "lstm/kernel": (self.filters, 4 * self.units),
            "lstm/recurrent_kernel": (self.units, 4 * self.units),
            "lstm/bias": (4 * self.units,),
            "output/kernel": (self.units, classes),
            "output/bias": (classes,),
        }


class WideDeep(Hyperparameters, frozen=True, kw_only=True):
    """Sizes of ``wide-deep``."""

    embedding: Width = 100
    filters: Width = 64
    """Of each width."""
    widths: tuple[Width, ...] = (2, 3, 4)
    """Words that a filter sees."""
    word_dropout: Rate = 0.1
    """Share of words that are not seen in a step."""
    dropout: Rate = 0.5
    buckets: Annotated[int, Meta(ge=1, le=1 << 24)] = 262_139
    """Addresses of pairs and of triples, a prime. With a quarter of them ROC-AUC on validation falls by .001."""
    columns: Width = 1
    """Sums of the wide part: 1 for two classes, else one a class."""
    strength: Annotated[float, Meta(ge=1e-6, le=1e6)] = 0.3
    """Inverse of the wide part's regularisation (C). Product reviews, five folds by text, validation only: log loss
    .1596 with 0.3, .1602 with 1 and .1613 with 0.1. The longer the reviews, the more: films want 3."""

    def shapes(self, num_words: int, _length: int, classes: int) -> Shapes:
        """Of the weights of :func:`models.architectures.wide_deep.network` with its last layer."""
        seen = len(self.widths) * self.filters + self.embedding + self.columns
        kernels = {f"conv_{width}/kernel": (width, self.embedding, self.filters) for width in self.widths}
        biases = {f"conv_{width}/bias": (self.filters,) for width in self.widths}
        tables = {f"wide/{order}": (rows(order, num_words, self.buckets), self.columns) for order in ORDERS}
        return {
            "embedding/embeddings": (num_words, self.embedding),
            **kernels,
            **biases,
            **tables,
            "output/kernel": (seen, classes),
            "output/bias": (classes,),
        }


_WITH_SHAPES: Final[Mapping[str, type[CnnLstm | WideDeep]]] = {"cnn-lstm": CnnLstm, "wide-deep": WideDeep}


def shapes_of(
    architecture: str, hyperparameters: Mapping[str, Any], *, num_words: int, length: int, classes: int
) -> Shapes:
    """Shapes of the weights of an architecture that has engines of its own.

    Raises:
        InvalidHyperparameters: it has no such, or cannot take them.
        ValueError: ``length`` is too short for it.
    """
    try:
        sizes = msgspec.convert(dict(hyperparameters), _WITH_SHAPES[architecture])
    except msgspec.ValidationError as error:
        raise InvalidHyperparameters(architecture, str(error)) from None
    return sizes.shapes(num_words, length, classes)
