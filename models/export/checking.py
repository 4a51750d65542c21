"""Whether an exported model answers as the classifier that it was made of."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import onnxruntime

from models.classifier import Classifier
from models.export.network import IDS, PROBABILITIES
from models.preprocessing.reader import Reader
from models.preprocessing.tokenizer import Vocabulary
from models.review import Review, ReviewLike

TOLERANCE: Final = 1e-5
"""Largest difference of a probability. Other arithmetic in float32 makes some 1e-6; a gate in a wrong place, 1e-2."""

SAMPLE: Final = 1_000
"""Texts that an export is checked on."""

CHUNK: Final = 256
"""Reviews at once: 256 of 600 words with 100 channels are 61 MB between two layers."""


class AnswersDiffer(Exception):
    """An exported model is not the classifier.

    Attributes:
        difference: largest one of a probability.
        rows: reviews that were answered.
    """

    def __init__(self, difference: float, rows: int) -> None:
        super().__init__(
            f"the exported model does not answer as the classifier does: probabilities of {rows} texts differ by up to "
            f"{difference:.1e}, where {TOLERANCE:g} was expected at most"
        )
        self.difference = difference
        self.rows = rows


def compare(model: bytes, classifier: Classifier, reader: Reader, reviews: Sequence[ReviewLike]) -> float:
    """Largest difference of a probability between ONNX Runtime on the CPU and the classifier.

    Raises:
        AnswersDiffer: it is more than :data:`TOLERANCE`.
    """
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, quiet, providers=["CPUExecutionProvider"])
    largest = 0.0
    for start in range(0, len(reviews), CHUNK):
        part = reviews[start : start + CHUNK]
        (found,) = session.run([PROBABILITIES], {IDS: reader.ids(part)})
        # As strings of a maximum: one that is not a number differs from everything.
        largest = float(np.max([largest, np.abs(found - classifier.predict(part)).max()]))
    if not largest <= TOLERANCE:
        raise AnswersDiffer(largest, len(reviews))
    return largest


def sample(vocabulary: Vocabulary, length: int) -> list[Review]:
    """Texts of the vocabulary's own words, the common ones more often, from none of them to more than fit.

    Of one seed: the same artefact is checked on the same texts.
    """
    random = np.random.default_rng(0)
    words = [word.decode("utf-8", "replace") for word in vocabulary.ordered]
    weights = 1 / np.arange(1, len(words) + 1)
    chosen = iter(random.choice(len(words), 2 * length * SAMPLE, p=weights / weights.sum()).tolist())
    counts = random.permutation(np.linspace(0, 2 * length - 1, SAMPLE).astype(int)).tolist()
    texts = [" ".join(words[next(chosen)] for _ in range(count)) for count in counts]
    return [Review(text, title=text[:40]) for text in texts]
