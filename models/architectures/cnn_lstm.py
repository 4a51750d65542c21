"""The reference CNN-LSTM of the source material."""

from typing import Any, Final

from models.architectures.architecture import Architecture, Fitting
from models.architectures.sizes import CnnLstm
from models.engines.blocks import KERNEL, POOL
from models.manifest import Preprocessing
from models.runtime import keras

NUM_WORDS: Final = 20_000
LENGTH: Final = 150


def network(sizes: CnnLstm, num_words: int, ids: Any) -> Any:
    """Embedding; twice a convolution over 5 positions (ReLU), a maximum over 5 and dropout; LSTM."""
    layers = keras.layers
    seen = layers.Embedding(num_words, sizes.embedding, name="embedding")(ids)
    for number in (1, 2):
        seen = layers.Conv1D(sizes.filters, KERNEL, activation="relu", name=f"conv_{number}")(seen)
        seen = layers.MaxPooling1D(POOL, name=f"pool_{number}")(seen)
        seen = layers.Dropout(sizes.dropout, name=f"dropout_{number}")(seen)
    return layers.LSTM(sizes.units, name="lstm")(seen)


CNN_LSTM: Final = Architecture(
    name="cnn-lstm",
    summary="the reference: embedding, two convolutions with pooling, LSTM",
    network=network,
    hyperparameters=CnnLstm(),
    preprocessing=Preprocessing(num_words=NUM_WORDS, length=LENGTH),
    # As the shipped weights were trained, so that they can be trained again.
    fitting=Fitting(reshuffle=False),
)
