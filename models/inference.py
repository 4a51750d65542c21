"""A loaded artefact: texts to ids, ids through an engine, log-odds through the calibration."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models import calibration
from models.artefact import WEIGHTS, Artefact, ArtefactError, Weights
from models.engine import CHUNK, CnnLstmEngine
from models.manifest import Manifest
from models.review import Review, ReviewLike
from models.runtime import set_threads, use_device
from models.tokenizer import Vocabulary


class Engine(Protocol):
    """The arithmetic of one architecture. Another engine for the same weights needs to be nothing but this."""

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sums before softmax, shape (n, 2), from ids of shape (n, length) with 0 at the end alone."""
        ...


ENGINES: Final[Mapping[str, Callable[[Weights, int], Engine]]] = {"cnn-lstm": CnnLstmEngine}
"""By architecture: from weights and length."""


class TextClassifier:
    """A :class:`models.classifier.Classifier` that reads the text alone."""

    def __init__(self, manifest: Manifest, vocabulary: Vocabulary, engine: Engine, device: str) -> None:
        self.manifest = manifest
        self.device = device
        self._vocabulary = vocabulary
        self._engine = engine

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        """See :meth:`models.classifier.Classifier.predict`."""
        ids = self._vocabulary.encode([review.text for review in reviews], self.manifest.preprocessing.length)
        odds = calibration.log_odds(self._engine.logits(ids))
        return calibration.probabilities(odds, self.manifest.calibration)


def start(artefact: Artefact, *, threads: int | None = None) -> TextClassifier:
    """Make a checked artefact ready to answer; see :func:`models.classifier.load`."""
    manifest = artefact.manifest
    try:
        make = ENGINES[manifest.architecture]
    except KeyError:
        known = ", ".join(ENGINES)
        reason = f"unknown architecture {manifest.architecture!r} (this version of aura knows {known})"
        raise ArtefactError(artefact.path, reason) from None
    set_threads(threads)
    device = use_device()
    try:
        engine = make(artefact.weights, manifest.preprocessing.length)
    except (KeyError, ValueError) as error:
        reason = f"{WEIGHTS} does not fit architecture {manifest.architecture}: {error}"
        raise ArtefactError(artefact.path, reason) from None
    classifier = TextClassifier(manifest, artefact.vocabulary, engine, device)
    _warm_up(classifier, artefact.vocabulary)
    return classifier


def _warm_up(classifier: TextClassifier, vocabulary: Vocabulary) -> None:
    """Answer one review and one full chunk: the first call of each takes a tenth of a second more."""
    text = b" ".join(vocabulary.ordered[:30]).decode("utf-8", "surrogatepass")
    for size in (1, CHUNK):
        classifier.predict([Review(text)] * size)
