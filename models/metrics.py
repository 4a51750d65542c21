"""Good and bad: the figures that an artefact's manifest keeps of its test."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LABELS
from models.evaluation.figures import measure as measure_classes
from models.goodness import p_good
from models.manifest import Metrics


def measure(bad: NDArray[np.bool_], answers: NDArray[np.floating]) -> Metrics:
    """Metrics of ``answers``, shape (n, classes) of either task, against the truth ``bad``, shape (n,), n > 0.

    Answers in stars are measured by the P(good) and P(bad) that they come to (:mod:`models.goodness`).

    What each means, and when it is ``None``, says :func:`models.evaluation.figures.measure`.
    """
    if answers.shape[1] == len(LABELS["stars"]):
        good = p_good(answers, LABELS["stars"])
        answers = np.stack([good, 1 - good], axis=1)
    figures = measure_classes(bad.astype(np.intp), answers, LABELS["bad"])
    values = figures.values
    # Never None: defined for any rows.
    accuracy, macro_f1 = cast(float, values["accuracy"]), cast(float, values["macro_f1"])
    log_loss, ece = cast(float, values["log_loss"]), cast(float, values["ece"])
    (good_good, good_bad), (bad_good, bad_bad) = figures.confusion
    return Metrics(
        rows=figures.rows,
        bad_share=float(bad.mean()),
        accuracy=accuracy,
        macro_f1=macro_f1,
        recall_bad=values["recall_bad"],
        precision_bad=values["precision_bad"],
        roc_auc=values["roc_auc"],
        pr_auc=values["pr_auc"],
        log_loss=log_loss,
        ece=ece,
        confusion=((good_good, good_bad), (bad_good, bad_bad)),
    )
