"""What a classifier is to the rest of Aura: reviews in, calibrated probabilities out."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from models.artefact import ArtefactError, find
from models.manifest import Manifest
from models.review import Review, ReviewLike

__all__ = ["Answers", "ArtefactError", "Classifier", "CountsWords", "Review", "ReviewLike", "answer", "load"]


class Answers(NamedTuple):
    """What a classifier makes of n reviews."""

    probabilities: NDArray[np.float32]
    """As :meth:`Classifier.predict` gives them."""
    words: Sequence[int]
    """(n,) words of each review: of all that the classifier reads, its title too where it reads titles."""
    unknown: Sequence[int]
    """(n,) those of them that its vocabulary has not, and that play no part in the answer."""


class Classifier(Protocol):
    """A loaded artefact. One caller at a time, from any thread."""

    manifest: Manifest
    digest: str
    """Names exactly these answers (:attr:`models.artefact.Artefact.digest`)."""
    device: str
    """Where it runs, in words: ``CPU (2 cores)``."""

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        """Calibrated probabilities of shape (n, classes), columns in the order of ``manifest.labels``.

        The same review gets the same answer to 1e-6 whatever stands beside it in the batch. ``n`` may be 0.
        """
        ...


@runtime_checkable
class CountsWords(Protocol):
    """A classifier with a vocabulary, which says how much of the reviews it knows."""

    def answer(self, reviews: Sequence[ReviewLike]) -> Answers:
        """What ``predict`` gives, and how many words are known; the texts are read once for both."""
        ...


def answer(classifier: Classifier, reviews: Sequence[ReviewLike]) -> Answers:
    """The answers of any classifier; one that counts no words has seen none."""
    if isinstance(classifier, CountsWords):
        return classifier.answer(reviews)
    none = [0] * len(reviews)
    return Answers(classifier.predict(reviews), none, none)


def load(path: Path | str, *, threads: int | None = None) -> Classifier:
    """Load an artefact and warm it up, so that the first batch is as fast as the later ones.

    Args:
        path: an artefact's folder, or the bare name of one shipped with Aura (``"reference"``).
            A bare name always means the shipped one; write ``./name`` for a folder of that name. A string may end with
            the digest that the artefact must have (:class:`models.reference.Reference`).
        threads: CPU threads; ``None`` for one a core. Where TensorFlow computes, fixed by the first load of a process.

    Raises:
        ArtefactError: with a sentence that says which file is missing, changed or not understood.
        models.runtime.ThreadsAlreadySet: on a GPU, TensorFlow already computes with another number of threads.
    """
    artefact = find(path)
    # What computes takes a while to import; whoever needs only the types above, or has no artefact, does not pay.
    from models.inference import start

    return start(artefact, threads=threads)
