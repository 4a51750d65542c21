"""Stacks of LSTM or GRU layers with dropout between them, which the source material tuned to rate 1 to 5 stars.

Each is an embedding, and then a dropout before, between and after its recurrent layers; the dense layer follows.
"""

from typing import Any, Final, Protocol

from models.architectures.architecture import Architecture, Fitting, Preset
from models.architectures.sizes import Hyperparameters, Rate, Width
from models.manifest import Preprocessing
from models.runtime import keras


class Lstm2(Hyperparameters, frozen=True, kw_only=True):
    """Sizes of ``lstm-2``: the published optimum."""

    embedding: Width = 100
    units: tuple[Width, Width] = (64, 128)
    dropouts: tuple[Rate, Rate, Rate] = (0.1, 0.3, 0.1)


class Gru1(Hyperparameters, frozen=True, kw_only=True):
    """Sizes of ``gru-1``: the published optimum."""

    embedding: Width = 100
    units: tuple[Width] = (256,)
    dropouts: tuple[Rate, Rate] = (0.3, 0.0)


class Gru2(Hyperparameters, frozen=True, kw_only=True):
    """Sizes of ``gru-2``: the published optimum."""

    embedding: Width = 100
    units: tuple[Width, Width] = (8, 16)
    dropouts: tuple[Rate, Rate, Rate] = (0.1, 0.0, 0.2)


class Gru4(Hyperparameters, frozen=True, kw_only=True):
    """Sizes of ``gru-4``: the published optimum."""

    embedding: Width = 100
    units: tuple[Width, Width, Width, Width] = (8, 32, 32, 32)
    dropouts: tuple[Rate, Rate, Rate, Rate, Rate] = (0.3, 0.0, 0.0, 0.0, 0.2)


class Sizes(Protocol):
    """What all of them have."""

    @property
    def embedding(self) -> int:
        """Dimensions of a word."""

    @property
    def units(self) -> tuple[int, ...]:
        """Of each recurrent layer."""

    @property
    def dropouts(self) -> tuple[float, ...]:
        """Before the first recurrent layer, between them, and after the last: one more than there are of them."""


def lstms(sizes: Sizes, num_words: int, ids: Any) -> Any:
    """Embedding, then LSTM layers between dropouts."""
    return _stack(keras.layers.LSTM, "lstm", sizes, num_words, ids)


def grus(sizes: Sizes, num_words: int, ids: Any) -> Any:
    """Embedding, then GRU layers between dropouts."""
    return _stack(keras.layers.GRU, "gru", sizes, num_words, ids)


def _stack(cell: Any, name: str, sizes: Sizes, num_words: int, ids: Any) -> Any:
    layers = keras.layers
    seen = layers.Embedding(num_words, sizes.embedding, name="embedding")(ids)
    last = len(sizes.units)
    for number, (units, dropout) in enumerate(zip(sizes.units, sizes.dropouts, strict=False), start=1):
        seen = layers.Dropout(dropout, name=f"dropout_{number}")(seen)
        seen = cell(units, return_sequences=number < last, name=f"{name}_{number}")(seen)
    return layers.Dropout(sizes.dropouts[-1], name=f"dropout_{last + 1}")(seen)


LENGTH: Final = 100
"""The source names no length; without stop words 99 of 100 clothing and product reviews have at most this many known
words."""

_CLEANED: Final = Preprocessing(
    num_words=5_000, length=LENGTH, cut="front", pad="front", punctuation="removed", stop_words="removed"
)

LSTM_2: Final = Architecture(
    name="lstm-2",
    summary="stars: two LSTM layers",
    network=lstms,
    hyperparameters=Lstm2(),
    preprocessing=_CLEANED,
    fitting=Fitting(learning_rate=1e-3),
    task="stars",
    presets={"published": Preset(Lstm2(), 1e-3, "search AUC .899, validation AUC .837; test weighted F1 .596")},
)

GRU_1: Final = Architecture(
    name="gru-1",
    summary="stars: one GRU layer",
    network=grus,
    hyperparameters=Gru1(),
    preprocessing=_CLEANED,
    fitting=Fitting(learning_rate=1e-2),
    task="stars",
    presets={"published": Preset(Gru1(), 1e-2, "search AUC .920")},
)

GRU_2: Final = Architecture(
    name="gru-2",
    summary="stars: two GRU layers",
    network=grus,
    hyperparameters=Gru2(),
    preprocessing=_CLEANED,
    fitting=Fitting(learning_rate=1e-2),
    task="stars",
    presets={"published": Preset(Gru2(), 1e-2, "search AUC .901")},
)

GRU_4: Final = Architecture(
    name="gru-4",
    summary="stars: four GRU layers",
    network=grus,
    hyperparameters=Gru4(),
    preprocessing=_CLEANED,
    fitting=Fitting(learning_rate=1e-2),
    task="stars",
    presets={"published": Preset(Gru4(), 1e-2, "search AUC .882")},
)
