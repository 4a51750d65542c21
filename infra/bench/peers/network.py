"""A saved Keras model, asked by ``predict`` or as one compiled function."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from infra.bench.peers.job import DETAILS, MODEL, VOCABULARY
from infra.bench.peers.words import Words

Judge = Callable[[Sequence[str]], NDArray[np.bool_]]
"""Texts to which of them are bad."""


def by_predict(folder: Path, threads: int) -> Judge:
    """``model.predict`` on each batch, as Keras' guides begin."""
    words, model, threshold = _load(folder, threads)

    def judge(texts: Sequence[str]) -> NDArray[np.bool_]:
        found = model.predict(words.ids(texts), batch_size=len(texts), verbose=0)
        return np.asarray(found[:, 1] >= threshold)

    return judge


def by_graph(folder: Path, threads: int) -> Judge:
    """The model in a ``tf.function`` of a fixed signature: traced once for any size of batch."""
    words, model, threshold = _load(folder, threads)
    length = int(model.input_shape[1])

    @tf.function(input_signature=[tf.TensorSpec((None, length), tf.int32)])  # type: ignore[untyped-decorator,unused-ignore]
    def answers(ids: Any) -> Any:
        return model(ids, training=False)

    answers(np.zeros((1, length), np.int32))

    def judge(texts: Sequence[str]) -> NDArray[np.bool_]:
        return np.asarray(answers(tf.constant(words.ids(texts))).numpy()[:, 1] >= threshold)

    return judge


def _load(folder: Path, threads: int) -> tuple[Words, Any, float]:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    details = json.loads((folder / DETAILS).read_text())
    model = keras.models.load_model(folder / MODEL, compile=False)
    return Words(folder / VOCABULARY, details["length"]), model, float(details["threshold"])
