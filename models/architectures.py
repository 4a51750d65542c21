"""Networks by the name that an artefact's manifest gives them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.runtime import keras

NUM_WORDS: Final = 20_000
LENGTH: Final = 150
KERNEL: Final = 5
POOL: Final = 5


def cnn_lstm() -> Any:
    """The reference CNN-LSTM: ids of shape (n, 150) to softmax probabilities of good and bad, (n, 2).

    20,000 x 50 embedding; twice a convolution of 64 filters over 5 positions (ReLU), a maximum over 5 and dropout
    of a fifth; LSTM of 64; dense layer. Compiled with Adam and categorical cross-entropy.
    """
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32"),
            layers.Embedding(NUM_WORDS, 50, name="embedding"),
            layers.Conv1D(64, KERNEL, activation="relu", name="conv_1"),
            layers.MaxPooling1D(POOL, name="pool_1"),
            layers.Dropout(0.2, name="dropout_1"),
            layers.Conv1D(64, KERNEL, activation="relu", name="conv_2"),
            layers.MaxPooling1D(POOL, name="pool_2"),
            layers.Dropout(0.2, name="dropout_2"),
            layers.LSTM(64, name="lstm"),
            layers.Dense(2, activation="softmax", name="output"),
        ],
        name="cnn-lstm",
    )
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


BUILDERS: Final[Mapping[str, Callable[[], Any]]] = {"cnn-lstm": cnn_lstm}


def weights_of(model: Any) -> dict[str, NDArray[np.float32]]:
    """A copy of a model's weights under ``layer/variable``."""
    return {f"{layer.name}/{weight.name}": weight.numpy().copy() for layer in model.layers for weight in layer.weights}


def set_weights(model: Any, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Put :func:`weights_of`'s arrays into a model of the same architecture."""
    for layer in model.layers:
        layer.set_weights([weights[f"{layer.name}/{weight.name}"] for weight in layer.weights])
