"""The figures of a thousand resamples at once.

A bootstrap resample draws n of the n rows with replacement; a row that is drawn three times counts three times. So a
resample is a vector of n counts, and each figure is worked out from the counts: sums over confusion cells and
calibration bins are matrix products, areas under curves are running sums over rows sorted once.

Source: B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993).
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.catalogue import are_stars
from models.evaluation.figures import checked
from models.evaluation.reliability import BINS, bin_of, confidences

RESAMPLES: Final = 1000
"""The 2.5th percentile is then the 25th smallest draw: between runs with other seeds an end of the interval moves by
about a fiftieth of the interval's width."""

COUNTS_AT_A_TIME: Final = 1 << 20
"""Resamples times rows that are in memory together: 8 MB an intermediate. With more they fall out of the processor's
caches and the same work takes longer; with far fewer, Python's part shows."""

Draws = dict[str, NDArray[np.float64]]
"""Each figure's values over the resamples, shape (resamples,); NaN where it is not defined for a resample."""


def draw(
    truth: NDArray[np.intp],
    probabilities: NDArray[np.floating],
    labels: Sequence[str],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Draws:
    """The figures of :func:`models.evaluation.figures.measure` on ``resamples`` resamples of the rows.

    The same number of rows and the same seed give the same resamples, whatever the probabilities: the draws of two
    classifiers on the same rows are paired, and their differences are draws of the difference.

    Raises:
        ValueError: as :func:`models.evaluation.figures.measure`.
    """
    weighted = WeightedFigures(truth, probabilities, labels)
    parts = [weighted(counts) for counts in counts_of_rows(len(truth), resamples, seed)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def counts_of_rows(rows: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each of ``rows`` > 0 rows stands in each resample: arrays of shape (resamples of a piece, rows)."""
    random = np.random.default_rng(seed)
    step = max(1, COUNTS_AT_A_TIME // rows)
    for start in range(0, resamples, step):
        piece = min(step, resamples - start)
        drawn = random.integers(0, rows, (piece, rows)) + rows * np.arange(piece)[:, None]
        yield np.bincount(drawn.ravel(), minlength=piece * rows).reshape(piece, rows).astype(np.float64)


class WeightedFigures:
    """The figures of one classifier as a function of how often each row counts."""

    def __init__(self, truth: NDArray[np.intp], probabilities: NDArray[np.floating], labels: Sequence[str]) -> None:
        shares = checked(truth, probabilities, labels)
        self._labels = tuple(labels)
        k = len(labels)
        cells = np.zeros((len(truth), k * k))
        cells[np.arange(len(truth)), truth * k + np.argmax(shares, axis=1)] = 1
        confidence, right = confidences(truth, shares)
        gaps = np.zeros((len(truth), BINS))
        gaps[np.arange(len(truth)), bin_of(confidence)] = right - confidence
        # As scikit-learn's log_loss: a probability of 0 costs what the smallest step from 1 costs, not infinity.
        of_truth = np.clip(shares[np.arange(len(truth)), truth], np.finfo(np.float64).eps, 1)
        self._summed = np.hstack([cells, gaps, shares, -np.log(of_truth)[:, None]])
        wanted = range(1, 2) if k == 2 else range(k)
        self._curves = [_Curve(truth == number, shares[:, number]) for number in wanted]

    def __call__(self, counts: NDArray[np.float64]) -> Draws:
        """Figures, each of shape (b,), for ``counts`` of shape (b, n), each row of it summing to more than 0."""
        k = len(self._labels)
        rows = counts.sum(axis=1)
        sums = counts @ self._summed
        confusion = sums[:, : k * k].reshape(-1, k, k)
        gaps = sums[:, k * k : k * k + BINS]
        of_truth, of_answer = confusion.sum(axis=2), confusion.sum(axis=1)
        hits = np.diagonal(confusion, axis1=1, axis2=2)
        f1 = _ratio(2 * hits, of_truth + of_answer)
        areas = [curve.areas(counts) for curve in self._curves]
        found = {
            "accuracy": hits.sum(axis=1) / rows,
            "macro_f1": np.nan_to_num(f1).mean(axis=1),
            "weighted_f1": (np.nan_to_num(f1) * of_truth).sum(axis=1) / rows,
            "roc_auc": np.mean([roc for roc, _ in areas], axis=0),
            "pr_auc": np.mean([pr for _, pr in areas], axis=0),
            "log_loss": sums[:, -1] / rows,
            "ece": np.abs(gaps).sum(axis=1) / rows,
        }
        if are_stars(self._labels):
            distance = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
            found["mae"] = (confusion * distance).sum(axis=(1, 2)) / rows
        probability = sums[:, k * k + BINS : -1]
        for number, label in enumerate(self._labels):
            found[f"recall_{label}"] = _ratio(hits[:, number], of_truth[:, number])
            found[f"precision_{label}"] = _ratio(hits[:, number], of_answer[:, number])
            found[f"f1_{label}"] = f1[:, number]
            found[f"share_{label}"] = of_truth[:, number] / rows
            found[f"answered_{label}"] = of_answer[:, number] / rows
            found[f"probability_{label}"] = probability[:, number] / rows
        return found


class _Curve:
    """The areas under one class's ROC and precision-recall curves."""

    def __init__(self, positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> None:
        self._order = np.argsort(-scores, kind="stable")
        self._positive = positive[self._order].astype(np.float64)
        falling = scores[self._order]
        first = np.flatnonzero(np.append(True, falling[1:] != falling[:-1]))
        self._first = None if len(first) == len(scores) else first
        """Where each run of equal scores begins; ``None`` where no two are equal."""

    def areas(self, counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """ROC-AUC (half of a tie counts as in order) and average precision, each of shape (b,)."""
        every = np.take(counts, self._order, axis=1)
        positive = every * self._positive
        if self._first is not None:
            every, positive = (np.add.reduceat(each, self._first, axis=1) for each in (every, positive))
        above, hits = np.cumsum(every, axis=1), np.cumsum(positive, axis=1)
        positives, negatives = hits[:, -1], above[:, -1] - hits[:, -1]
        # Each negative counts the positives that stand above it, and half of those beside it.
        in_order = np.einsum("ij,ij->i", every - positive, hits - positive / 2)
        # A run that no row of the resample is in has no positive, so whatever its precision is, it adds nothing.
        precision = np.einsum("ij,ij->i", positive, hits / np.maximum(above, 1))
        both = (positives > 0) & (negatives > 0)
        return _ratio(in_order, positives * negatives), np.where(both, _ratio(precision, positives), np.nan)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """NaN where ``whole`` is 0."""
    found: NDArray[np.float64] = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found
