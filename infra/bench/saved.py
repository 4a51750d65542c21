"""An artefact as the Keras model that it is, for programs that know nothing of Aura; and what it answers."""

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from infra.bench.peers.job import DETAILS, MODEL, VOCABULARY
from models import artefact
from models.architectures.registry import find
from models.architectures.weights import set_weights
from models.manifest import Platt
from models.preprocessing.reader import Reader
from models.review import Review

CHUNK: Final = 1024
"""Texts asked about at once."""


def save(name: str, folder: Path, texts: Sequence[str]) -> NDArray[np.float64]:
    """Save an artefact of a network that tells good from bad by the text alone, and judge texts by it, with Keras.

    Args:
        name: of the artefact.
        folder: is made, and gets the model, its vocabulary and details (:mod:`infra.bench.peers.job`).
        texts: n of them.

    Returns:
        Calibrated P(bad), shape (n,).
    """
    found = artefact.find(name)
    manifest, how = found.manifest, found.manifest.preprocessing
    architecture = find(manifest.architecture)
    sizes = architecture.choose(changes=manifest.hyperparameters)
    model = architecture.build(len(manifest.labels), num_words=how.num_words, length=how.length, hyperparameters=sizes)
    set_weights(model, found.weights)
    scaling = manifest.calibration or Platt(a=1.0, b=0.0, rows=0)
    folder.mkdir()
    model.save(folder / MODEL)
    shutil.copyfile(found.path / artefact.VOCABULARY, folder / VOCABULARY)
    details = {"length": how.length, "threshold": threshold(scaling)}
    (folder / DETAILS).write_text(json.dumps(details))
    ids = Reader(how, found.vocabulary).ids([Review(text) for text in texts])
    bad = model.predict(ids, batch_size=CHUNK, verbose=0).astype(np.float64)
    odds = np.log(bad[:, 1]) - np.log(bad[:, 0])
    return np.asarray(1 / (1 + np.exp(-(scaling.a * odds + scaling.b))))


def threshold(scaling: Platt) -> float:
    """The network's own P(bad) at which the calibrated one is 1/2."""
    return 1 / (1 + math.exp(scaling.b / scaling.a))
