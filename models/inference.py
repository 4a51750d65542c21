"""A loaded artefact: texts to ids, ids through an engine, its sums through the calibration."""

from collections.abc import Sequence
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from models import scaling
from models.ahead import one_ahead
from models.architectures.errors import InvalidHyperparameters, UnknownArchitecture
from models.artefact import MANIFEST, WEIGHTS, Artefact, ArtefactError
from models.classifier import Answers
from models.data.labelled import LABELS
from models.engines.choose import choose
from models.engines.engine import Engine
from models.manifest import Manifest
from models.preprocessing.reader import Reader
from models.preprocessing.tokenizer import Vocabulary
from models.review import Review, ReviewLike

WARM_UP_WORDS = 30
"""A review. The median one has 25."""

WARM_UP_REVIEWS = 1024
"""Together they have every word of a vocabulary of up to 30,000."""

PART = 4096
"""Reviews whose texts are read before the first of them is answered. A batch of several parts, on a GPU, has the next
part's ids ready when the device has done the one before."""

SUM_TOLERANCE = 1e-4
"""Of a row of probabilities. Five in float32 are off by 3e-7 at most."""


class TextClassifier:
    """A :class:`models.classifier.Classifier` of one artefact."""

    def __init__(self, manifest: Manifest, reader: Reader, engine: Engine, device: str, digest: str) -> None:
        self.manifest = manifest
        self.digest = digest
        self.device = device
        self._reader = reader
        self._engine = engine
        self._ahead = device.startswith("GPU")

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        """See :meth:`models.classifier.Classifier.predict`."""
        return self.answer(reviews).probabilities

    def answer(self, reviews: Sequence[ReviewLike]) -> Answers:
        """See :meth:`models.classifier.CountsWords.answer`."""
        parts = [reviews[start : start + PART] for start in range(0, max(1, len(reviews)), PART)]
        in_turn = one_ahead if self._ahead and len(parts) > 1 else map
        logits, words, unknown = list[NDArray[np.float32]](), list[int](), list[int]()
        for read in in_turn(self._reader.read, parts):
            logits.append(self._engine.logits(read.ids))
            words += read.words
            unknown += read.unknown
        return Answers(scaling.answers(np.concatenate(logits), self.manifest.calibration), words, unknown)


def start(artefact: Artefact, *, threads: int | None = None) -> TextClassifier:
    """Make a checked artefact ready to answer; see :func:`models.classifier.load`."""
    manifest = artefact.manifest
    if manifest.labels != LABELS[manifest.task]:
        reason = f"its labels {', '.join(manifest.labels)} are not those of task {manifest.task}"
        raise ArtefactError(artefact.path, reason)
    try:
        engine, device = choose(
            manifest.architecture, manifest.hyperparameters, manifest.preprocessing, artefact.weights, threads
        )
    except (UnknownArchitecture, InvalidHyperparameters) as error:
        raise ArtefactError(artefact.path, str(error)) from None
    except (KeyError, ValueError) as error:
        reason = f"{WEIGHTS} does not fit architecture {manifest.architecture}: {error}"
        raise ArtefactError(artefact.path, reason) from None
    classes = max(artefact.weights["output/bias"].size, 2)  # one sigmoid unit tells two
    if classes != len(manifest.labels):
        reason = f"{WEIGHTS} tells {classes} classes apart, and {MANIFEST} names {len(manifest.labels)} labels"
        raise ArtefactError(artefact.path, reason)
    reader = Reader(manifest.preprocessing, artefact.vocabulary)
    classifier = TextClassifier(manifest, reader, engine, device, artefact.digest)
    if fault := _warm_up(classifier, artefact.vocabulary):
        raise ArtefactError(artefact.path, fault)
    return classifier


def _warm_up(classifier: TextClassifier, vocabulary: Vocabulary) -> str | None:
    """Answer one review, then many: the first call of each takes a tenth of a second more.

    The many have every word of most vocabularies: finite weights can be so large that answers are not.

    Returns:
        What is wrong with the answers; None where they are probabilities.
    """
    words = cycle(vocabulary.ordered)
    texts = [b" ".join(islice(words, WARM_UP_WORDS)).decode("utf-8", "surrogatepass") for _ in range(WARM_UP_REVIEWS)]
    classes = len(classifier.manifest.labels)
    for some in (texts[:1], texts):
        answers = classifier.predict([Review(text) for text in some])
        if answers.shape != (len(some), classes):
            return f"answers {len(some)} reviews with shape {answers.shape}, not {(len(some), classes)}"
        # Not "a difference above the bound": NaN is above no bound.
        if not (np.abs(answers.sum(axis=1) - 1) <= SUM_TOLERANCE).all() or not (answers >= 0).all():
            return f"does not answer with probabilities: its {WEIGHTS} or calibration is damaged; train it again"
    return None
