"""The two networks that the source material trained on the film reviews of IMDB.

Published, on the official test part: ``imdb-lstm`` accuracy 82.80 %, F1 83.66 %; ``imdb-cnn-lstm`` accuracy 85.29 %,
weighted F1 85.28 %.
"""

from typing import Any, Final

from models.architectures.architecture import Architecture, Fitting
from models.architectures.sizes import Hyperparameters, Rate, Width
from models.manifest import Preprocessing
from models.runtime import keras


class ImdbLstm(Hyperparameters, frozen=True, kw_only=True):
    """Sizes of ``imdb-lstm``."""

    embedding: Width = 32
    spatial_dropout: Rate = 0.2
    units: Width = 100
    dropout: Rate = 0.2
    """Of what the LSTM reads."""
    recurrent_dropout: Rate = 0.2
    """Of what the LSTM remembers. Above 0, a GPU cannot take its fused LSTM and is an order of magnitude slower."""


class ImdbCnnLstm(ImdbLstm, frozen=True, kw_only=True):
    """Sizes of ``imdb-cnn-lstm``."""

    filters: Width = 64
    kernel: Width = 5
    pool: Width = 2


def lstm(sizes: ImdbLstm, num_words: int, ids: Any) -> Any:
    """Embedding, spatial dropout, LSTM."""
    return _recall(sizes, _embed(sizes, num_words, ids))


def cnn_lstm(sizes: ImdbCnnLstm, num_words: int, ids: Any) -> Any:
    """Embedding, convolution (ReLU), maximum, spatial dropout, LSTM."""
    layers = keras.layers
    seen = _embed(sizes, num_words, ids)
    seen = layers.Conv1D(sizes.filters, sizes.kernel, activation="relu", name="conv")(seen)
    return _recall(sizes, layers.MaxPooling1D(sizes.pool, name="pool")(seen))


def _embed(sizes: ImdbLstm, num_words: int, ids: Any) -> Any:
    return keras.layers.Embedding(num_words, sizes.embedding, name="embedding")(ids)


def _recall(sizes: ImdbLstm, seen: Any) -> Any:
    layers = keras.layers
    seen = layers.SpatialDropout1D(sizes.spatial_dropout, name="spatial_dropout")(seen)
    return layers.LSTM(
        sizes.units, dropout=sizes.dropout, recurrent_dropout=sizes.recurrent_dropout, name="lstm"
    )(seen)  # fmt: skip


# Zeros at the end would be the last 400 of 600 things that the LSTM reads; it learns nothing in its first epoch so.
_FRONT: Final = Preprocessing(num_words=10_000, length=600, cut="front", pad="front")
_FITTING: Final = Fitting(epochs=5, batch_size=64, optimizer="adam", learning_rate=1e-3)
# As published: 20,000 of the 25,000 reviews are trained on, 5,000 validate.
_VALIDATION: Final = 0.2

IMDB_LSTM: Final = Architecture(
    name="imdb-lstm",
    summary="film reviews: embedding, LSTM of 100, padded at the front",
    network=lstm,
    hyperparameters=ImdbLstm(),
    preprocessing=_FRONT,
    fitting=_FITTING,
    validation=_VALIDATION,
    sigmoid=True,
)

IMDB_CNN_LSTM: Final = Architecture(
    name="imdb-cnn-lstm",
    summary="film reviews: embedding, convolution, LSTM of 100, padded at the front",
    network=cnn_lstm,
    hyperparameters=ImdbCnnLstm(),
    preprocessing=_FRONT,
    fitting=_FITTING,
    validation=_VALIDATION,
    sigmoid=True,
)
