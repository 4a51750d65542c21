"""Figures of a classifier's answers beside the truth, for any number of classes.

On data that are nine tenths good, accuracy hides whether bad reviews are found at all; macro-F1, the recall of each
class and the areas under the curves do not.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    precision_recall_fscore_support,
    roc_auc_score,
)

from models.evaluation.catalogue import are_stars
from models.evaluation.reliability import confidences, expected_calibration_error

SUM_TOLERANCE: Final = 1e-3
"""By which a row of probabilities may miss 1: float32 softmax misses by 1e-6, a column too few or too many by far
more."""


class Figures(Struct, frozen=True, kw_only=True):
    """Figures of one classifier on one labelled set."""

    rows: int
    values: dict[str, float | None]
    """By the names of :mod:`models.evaluation.catalogue`; ``None`` where the figure is not defined for the rows."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows: the truth; columns: the answer; both in the order of the labels."""


def measure(truth: NDArray[np.intp], probabilities: NDArray[np.floating], labels: Sequence[str]) -> Figures:
    """Measure ``probabilities``, shape (n, k), against the class numbers ``truth``, shape (n,), n > 0.

    The answer is the likeliest class, of equally likely ones the first: with good and bad, good from P(good) = 1/2 on,
    as the stream counts it. ROC-AUC and PR-AUC (average precision) are those of the second class where there are two,
    else the mean over the classes, each against the rest. Macro-F1 counts a class as 0 that has neither rows nor
    answers. Log loss is in nats, the mean absolute error in stars.

    Not defined are the recall of a class without rows, the precision of one without answers, the F1 of one without
    both, and the areas where a class has no rows or all of them.

    Raises:
        ValueError: the shapes do not fit, or rows of ``probabilities`` do not sum to 1.
    """
    shares = checked(truth, probabilities, labels)
    numbers = list(range(len(labels)))
    answers = np.argmax(shares, axis=1)
    precision, recall, f1, _ = precision_recall_fscore_support(truth, answers, labels=numbers, zero_division=np.nan)
    wanted = numbers[1:] if len(labels) == 2 else numbers
    both = all(0 < np.count_nonzero(truth == number) < len(truth) for number in wanted)
    values: dict[str, float | None] = {
        "accuracy": float(accuracy_score(truth, answers)),
        "macro_f1": float(f1_score(truth, answers, labels=numbers, average="macro", zero_division=0)),
        "weighted_f1": float(f1_score(truth, answers, labels=numbers, average="weighted", zero_division=0)),
        "roc_auc": _mean(float(roc_auc_score(truth == c, shares[:, c])) for c in wanted) if both else None,
        "pr_auc": _mean(float(average_precision_score(truth == c, shares[:, c])) for c in wanted) if both else None,
        "log_loss": float(log_loss(truth, shares, labels=numbers)),
        "ece": expected_calibration_error(*confidences(truth, shares)),
    }
    if are_stars(labels):
        values["mae"] = float(mean_absolute_error(truth, answers))
    for number, label in enumerate(labels):
        values[f"recall_{label}"] = _defined(recall[number])
        values[f"precision_{label}"] = _defined(precision[number])
        values[f"f1_{label}"] = _defined(f1[number])
        values[f"share_{label}"] = float(np.mean(truth == number))
        values[f"answered_{label}"] = float(np.mean(answers == number))
        values[f"probability_{label}"] = float(shares[:, number].mean())
    counts = confusion_matrix(truth, answers, labels=numbers)
    return Figures(rows=len(truth), values=values, confusion=tuple(tuple(map(int, row)) for row in counts))


def checked(truth: NDArray[np.intp], probabilities: NDArray[np.floating], labels: Sequence[str]) -> NDArray[np.float64]:
    """``probabilities`` in float64 with rows that sum to 1 exactly, as log loss needs them.

    Raises:
        ValueError: as :func:`measure`.
    """
    if not len(truth) or probabilities.shape != (len(truth), len(labels)):
        raise ValueError(
            f"{len(truth)} rows of {len(labels)} classes need probabilities of shape ({len(truth)}, {len(labels)}) "
            f"and at least one row; the shape is {probabilities.shape}"
        )
    if truth.min() < 0 or truth.max() >= len(labels):
        raise ValueError(f"the truth must be numbers from 0 to {len(labels) - 1}, not {truth.min()} to {truth.max()}")
    shares = np.asarray(probabilities, np.float64)
    sums = shares.sum(axis=1, keepdims=True)
    # Written so that a NaN fails, too.
    if not np.all(np.abs(sums - 1) <= SUM_TOLERANCE):
        raise ValueError(f"each row of probabilities must sum to 1; the sums go from {sums.min()} to {sums.max()}")
    summing: NDArray[np.float64] = shares / sums
    return summing


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
