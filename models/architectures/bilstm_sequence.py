"""``bilstm-sequence``: stacked bidirectional LSTM layers over a sequence of ids, such as the steps of a customer."""

from typing import Any, Final

from models.architectures.architecture import Architecture, Fitting
from models.architectures.sizes import Hyperparameters, Width
from models.manifest import Preprocessing
from models.runtime import keras


class BilstmSequence(Hyperparameters, frozen=True, kw_only=True):
    """Sizes of ``bilstm-sequence``; the width of the embedding is ours."""

    embedding: Width = 32
    units: tuple[Width, Width, Width] = (40, 40, 80)
    """Of each layer, in each direction."""


def network(sizes: BilstmSequence, num_words: int, ids: Any) -> Any:
    """Embedding, then bidirectional LSTM layers, the last of which gives what it has seen at both ends.

    Padding is masked: it must stand at the end, and a sequence has the same answer with any amount of it.
    """
    layers = keras.layers
    seen = layers.Embedding(num_words, sizes.embedding, mask_zero=True, name="embedding")(ids)
    last = len(sizes.units)
    for number, units in enumerate(sizes.units, start=1):
        both = layers.LSTM(units, return_sequences=number < last, name=f"lstm_{number}")
        seen = layers.Bidirectional(both, name=f"bilstm_{number}")(seen)
    return seen


BILSTM_SEQUENCE: Final = Architecture(
    name="bilstm-sequence",
    summary="sequences of ids: three bidirectional LSTM layers, padding masked",
    network=network,
    hyperparameters=BilstmSequence(),
    preprocessing=Preprocessing(num_words=5_000, length=100),
    fitting=Fitting(),
)
