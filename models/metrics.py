"""Figures of a classifier's answers beside the truth.

On data that is nine tenths good, accuracy hides whether bad reviews are found at all; macro-F1, the recall of bad
and the areas under the curves do not.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

from models.manifest import Metrics

ECE_BINS: Final = 15
"""As in Guo et al. (2017), so that figures compare with published ones."""


def measure(bad: NDArray[np.bool_], answers: NDArray[np.floating]) -> Metrics:
    """Metrics of ``answers``, shape (n, 2), P(good) and P(bad), against the truth ``bad``, shape (n,), n > 0.

    A row is answered good from P(good) = 1/2 on, as the stream counts it. Recall of bad is ``None`` without bad
    rows, precision without bad answers, the areas under the curves without both kinds. Log loss is in nats.
    """
    p_bad = np.asarray(answers[:, 1], np.float64)
    said_bad = p_bad > 0.5
    found = bool(bad.any())
    both = found and not bad.all()
    (good_good, good_bad), (bad_good, bad_bad) = confusion_matrix(bad, said_bad, labels=[False, True]).tolist()
    return Metrics(
        rows=len(bad),
        bad_share=float(bad.mean()),
        accuracy=float(accuracy_score(bad, said_bad)),
        macro_f1=float(f1_score(bad, said_bad, labels=[False, True], average="macro", zero_division=0)),
        recall_bad=float(recall_score(bad, said_bad)) if found else None,
        precision_bad=float(precision_score(bad, said_bad)) if said_bad.any() else None,
        roc_auc=float(roc_auc_score(bad, p_bad)) if both else None,
        pr_auc=float(average_precision_score(bad, p_bad)) if both else None,
        log_loss=float(log_loss(bad, np.stack([1 - p_bad, p_bad], axis=1), labels=[False, True])),
        ece=expected_calibration_error(bad, p_bad),
        confusion=((good_good, good_bad), (bad_good, bad_bad)),
    )


def expected_calibration_error(bad: NDArray[np.bool_], p_bad: NDArray[np.float64]) -> float:
    """Mean distance of confidence from accuracy over :data:`ECE_BINS` equal-width bins, weighted by rows.

    Confidence is the probability of the answer given, max(p, 1 - p); bins are closed on the right.
    Source: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    confidence = np.maximum(p_bad, 1 - p_bad)
    right = (p_bad > 0.5) == bad
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(np.intp) - 1, 0, ECE_BINS - 1)
    # |accuracy - confidence| * rows of a bin is the absolute value of the bin's summed differences.
    return float(np.abs(np.bincount(bins, weights=right - confidence, minlength=ECE_BINS)).sum() / len(bad))
