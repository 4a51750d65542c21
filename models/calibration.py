"""Platt scaling: probabilities that mean what they say, so that their mean estimates a share.

Source: J. Platt, "Probabilistic Outputs for Support Vector Machines and Comparisons to Regularized Likelihood
Methods" (1999).
"""

import numpy as np
from numpy.typing import NDArray

from models.manifest import Platt


def log_odds(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log-odds of bad, shape (n,), from the last layer's sums, shape (n, 2), before softmax.

    Taken from the sums because a float32 probability near 1 has lost its log-odds: at 1 - 6e-8 the next one
    differs by 0.7.
    """
    return logits[:, 1].astype(np.float64) - logits[:, 0]


def fit(odds: NDArray[np.float64], bad: NDArray[np.bool_]) -> Platt:
    """Fit on rows that trained no weights: ``odds`` and ``bad`` of shape (n,).

    Platt's targets, (N+ + 1) / (N+ + 2) and 1 / (N- + 2) in place of 1 and 0, keep the fit finite where the
    classifier separates all rows. A row with target t goes in as t of a bad row and 1 - t of a good one.
    """
    from sklearn.linear_model import LogisticRegression  # a second, which a worker need not spend

    bad_rows, good_rows = int(bad.sum()), int((~bad).sum())
    targets = np.where(bad, (bad_rows + 1) / (bad_rows + 2), 1 / (good_rows + 2))
    regression = LogisticRegression(C=np.inf).fit(
        np.concatenate([odds, odds])[:, None],
        np.repeat([1, 0], len(odds)),
        sample_weight=np.concatenate([targets, 1 - targets]),
    )
    return Platt(a=float(regression.coef_[0, 0]), b=float(regression.intercept_[0]), rows=len(odds))


def probabilities(odds: NDArray[np.float64], platt: Platt | None) -> NDArray[np.float32]:
    """P(good) and P(bad), shape (n, 2), from the log-odds of bad; without ``platt`` the classifier's own."""
    scaled = odds if platt is None else platt.a * odds + platt.b
    # tanh has no overflow, whatever the odds.
    half = np.tanh(scaled / 2) / 2
    return np.stack([0.5 - half, 0.5 + half], axis=1).astype(np.float32)
