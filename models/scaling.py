"""Calibration of any number of classes: one slope and a shift a class, on the last layer's sums.

Source: A. Alexandari, A. Kundaje, A. Shrikumar, "Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at
Label Shift Adaptation" (2020), there called bias-corrected temperature scaling. With two classes it is Platt scaling
(:mod:`models.calibration`): the log-odds times ``a`` plus the difference of the two shifts.
"""

import numpy as np
from numpy.typing import NDArray

from models import calibration
from models.manifest import Platt


def fit(logits: NDArray[np.float32], truth: NDArray[np.intp]) -> Platt:
    """Fit on rows that trained no weights: ``logits`` of shape (n, k), class numbers ``truth`` of shape (n,).

    The log loss is convex in slope and shifts, so that there is one answer. Targets are Platt's, generalised: a row of
    a class with N rows counts as (N + 1) / (N + k) of that class and as 1 / (N + k) of each other, which keeps the fit
    finite where the classifier separates all rows.
    """
    from scipy.optimize import minimize  # half a second, which a worker need not spend
    from scipy.special import log_softmax, softmax

    rows, classes = logits.shape
    counts = np.bincount(truth, minlength=classes)[truth]
    targets = np.repeat(1 / (counts + classes), classes).reshape(rows, classes)
    targets[np.arange(rows), truth] = (counts + 1) / (counts + classes)
    sums = logits.astype(np.float64)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scaled = parameters[0] * sums + np.concatenate([[0.0], parameters[1:]])
        wrong = (softmax(scaled, axis=1) - targets) / rows
        slopes = np.concatenate([[(wrong * sums).sum()], wrong.sum(axis=0)[1:]])
        return float(-(targets * log_softmax(scaled, axis=1)).sum() / rows), slopes

    found = minimize(loss, np.concatenate([[1.0], np.zeros(classes - 1)]), jac=True, method="BFGS")
    return Platt(a=float(found.x[0]), b=0.0, rows=rows, shifts=(0.0, *map(float, found.x[1:])))


def fit_any(logits: NDArray[np.float32], truth: NDArray[np.intp]) -> Platt:
    """:func:`fit`, or Platt scaling where there are two classes: what :func:`answers` wants.

    A slope of 0 or less says that the likelier an answer the rarer it is true. That is chance in too few rows, or rows
    of one class: it would turn the ranking round, and the answers are left as they are.
    """
    two = logits.shape[1] == 2
    found = calibration.fit(calibration.log_odds(logits), truth == 1) if two else fit(logits, truth)
    if found.a > 0:
        return found
    return Platt(a=1.0, b=0.0, rows=len(truth), shifts=() if two else (0.0,) * logits.shape[1])


def answers(logits: NDArray[np.float32], scaling: Platt | None) -> NDArray[np.float32]:
    """Probabilities of shape (n, k) from a network's sums of the same shape; without ``scaling`` the network's own."""
    if logits.shape[1] == 2:
        return calibration.probabilities(calibration.log_odds(logits), scaling)
    sums = logits.astype(np.float64)
    scaled = sums if scaling is None else scaling.a * sums + np.array(scaling.shifts)
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    said: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return said
