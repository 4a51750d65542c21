"""``wide-deep``: parallel convolutions beside a linear model of words, pairs and triples of words.

Sources: Y. Kim, "Convolutional Neural Networks for Sentence Classification" (2014), for the convolutions; H. Cheng et
al., "Wide & Deep Learning for Recommender Systems" (2016), for the two parts; theirs are trained together, ours apart
(:mod:`models.wide`).
"""

from typing import Any, Final

from models.architectures.architecture import Apart, Architecture, Fitting, Preset
from models.architectures.sizes import WideDeep
from models.manifest import Preprocessing
from models.runtime import keras
from models.wide import steps
from models.wide.layer import WideSums

EMBEDDING: Final = "embedding"
WIDE: Final = "wide"


def network(sizes: WideDeep, num_words: int, ids: Any) -> Any:
    """What the filters saw at most, the mean of the words' vectors, and the wide part's sums, side by side.

    Padding is left out of all three: a review has the same answer with any amount of it at its end.
    """
    layers, ops = keras.layers, keras.ops
    there = ops.expand_dims(ops.cast(ops.not_equal(ids, 0), "float32"), -1)
    words = layers.Embedding(num_words, sizes.embedding, name=EMBEDDING)(ids)
    words = layers.Dropout(sizes.word_dropout, noise_shape=(None, None, 1), name="word_dropout")(words * there)
    # A filter's output is not below 0, so that zeros on padding are never the maximum of anything.
    seen = [
        layers.GlobalMaxPooling1D(name=f"max_{width}")(
            layers.Conv1D(sizes.filters, width, padding="same", activation="relu", name=f"conv_{width}")(words) * there
        )
        for width in sizes.widths
    ]
    mean = ops.sum(words, axis=1) / ops.sqrt(ops.maximum(ops.sum(there, axis=1), 1))
    deep = layers.Dropout(sizes.dropout, name="dropout")(layers.Concatenate(name="deep")([*seen, mean]))
    wide = WideSums(num_words, sizes.buckets, sizes.columns, name=WIDE)(ids)
    return layers.Concatenate(name="joined")([deep, wide])


WIDE_DEEP: Final = Architecture(
    name="wide-deep",
    summary="aura's own: convolutions over 2 to 4 words beside a linear model of words, pairs and triples",
    network=network,
    hyperparameters=WideDeep(),
    preprocessing=Preprocessing(num_words=20_000, length=150, inputs=("title", "text"), marked=True),
    fitting=Fitting(epochs=8, batch_size=64, learning_rate=1e-3, patience=2),
    presets={"stars": Preset(WideDeep(columns=5), 1e-3, "five classes; no figures were published")},
    apart=Apart(steps.begin, steps.tables, steps.end),
)
