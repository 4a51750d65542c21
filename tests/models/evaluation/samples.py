"""Truths and answers to measure."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

BAD = ("good", "bad")
STARS = ("1", "2", "3", "4", "5")


class Answered(NamedTuple):
    """Rows with their truth and a classifier's probabilities."""

    truth: NDArray[np.intp]
    probabilities: NDArray[np.float64]
    labels: tuple[str, ...]


@st.composite
def answered(draw: st.DrawFn, *, most: int = 40) -> Answered:
    """Few rows, probabilities of few different values: ties, empty classes and certain answers are common."""
    labels = draw(st.sampled_from([BAD, STARS, ("low", "middle", "high")]))
    rows = draw(st.integers(1, most))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = random.integers(0, draw(st.integers(1, 6)), (rows, len(labels))).astype(np.float64)
    steps[steps.sum(axis=1) == 0] = 1
    classes = draw(st.integers(1, len(labels)))
    return Answered(random.integers(0, classes, rows), steps / steps.sum(axis=1, keepdims=True), labels)


def noisy(rows: int, labels: tuple[str, ...], *, seed: int, signal: float = 1.0) -> Answered:
    """Answers of a classifier that is right more often than not, the more so the larger ``signal`` is.

    Its probabilities are calibrated: the scores of each class are normal with the same spread, and these are Bayes'.
    """
    random = np.random.default_rng(seed)
    truth = random.integers(0, len(labels), rows)
    scores = random.normal(size=(rows, len(labels)))
    scores[np.arange(rows), truth] += signal
    odds = np.exp(signal * scores)
    return Answered(truth, odds / odds.sum(axis=1, keepdims=True), labels)
