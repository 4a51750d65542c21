"""``aura worker`` with a classifier that raises on every review whose text holds a mark; an empty mark is in all.

Run as a program: ``poisoned_worker.py MARK [SECONDS OF PATIENCE WITH A CLASSIFIER THAT ALWAYS RAISES]``.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import models.classifier
from models.classifier import Answers, Classifier, ReviewLike, answer


class Poisoned:
    """A sound classifier, but for the mark."""

    def __init__(self, sound: Classifier, mark: str) -> None:
        self.manifest = sound.manifest
        self.digest = sound.digest
        self.device = sound.device
        self._sound = sound
        self._mark = mark

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        """As the sound one, or an exception."""
        return self.answer(reviews).probabilities

    def answer(self, reviews: Sequence[ReviewLike]) -> Answers:
        """The same, with its words."""
        if any(self._mark in review.text for review in reviews):
            raise RuntimeError("poisoned")
        return answer(self._sound, reviews)


def main(mark: str, patience: float | None) -> None:
    """Become the worker."""
    load = models.classifier.load

    def poisoned(path: Path | str, *, threads: int | None = None) -> Classifier:
        return Poisoned(load(path, threads=threads), mark)

    models.classifier.load = poisoned
    import stream.runner

    if patience is not None:
        stream.runner.CLASSIFIER_PATIENCE = patience  # type: ignore[misc]
    from infra.cli import main as aura

    sys.argv = ["aura", "worker"]
    aura()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None)
