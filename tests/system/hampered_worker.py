"""``aura worker`` with a classifier that takes SECONDS for each call, ``inf`` for one that never comes back.

Run as a program: ``hampered_worker.py SECONDS DEAD_SECONDS``; a worker without progress for the latter is dead.
"""

import math
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import models.classifier
from models.classifier import Answers, Classifier, ReviewLike, answer


class Hampered:
    """A classifier that takes its time."""

    def __init__(self, sound: Classifier, seconds: float) -> None:
        self.manifest = sound.manifest
        self.digest = sound.digest
        self.device = sound.device
        self._sound = sound
        self._seconds = seconds

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        """As the sound one, later."""
        return self.answer(reviews).probabilities

    def answer(self, reviews: Sequence[ReviewLike]) -> Answers:
        """The same, with its words."""
        threading.Event().wait(None if math.isinf(self._seconds) else self._seconds)
        return answer(self._sound, reviews)


def main(seconds: float, dead_seconds: float) -> None:
    """Become the worker."""
    load = models.classifier.load

    def hampered(path: Path | str, *, threads: int | None = None) -> Classifier:
        return Hampered(load(path, threads=threads), seconds)

    models.classifier.load = hampered
    import stream.health

    stream.health.DEAD_SECONDS = dead_seconds  # type: ignore[misc]
    from infra.cli import main as aura

    sys.argv = ["aura", "worker"]
    aura()


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
