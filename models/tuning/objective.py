"""What a search tries to make best, always a figure of the validation part."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.evaluation import figures
from models.goodness import p_good

ObjectiveName = Literal["multi-label-auc", "loss", "accuracy", "macro-f1", "weighted-f1", "roc-auc"]

Measured = dict[ObjectiveName, float | None]
"""Every objective's figure; ``None`` where it is not defined, which :func:`undefined` tells before."""


class Objective(NamedTuple):
    """One figure."""

    title: str
    better: Literal["higher", "lower"] = "higher"

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """As Optuna calls it."""
        return "maximize" if self.better == "higher" else "minimize"

    def best(self, values: Sequence[float]) -> int:
        """Position of the best of the values, the first where several are."""
        return int(np.argmax(values) if self.better == "higher" else np.argmin(values))


OBJECTIVES: Final[Mapping[ObjectiveName, Objective]] = MappingProxyType(
    {
        "multi-label-auc": Objective("Multi-label AUC"),
        "loss": Objective("Log loss (nats)", "lower"),
        "accuracy": Objective("Accuracy"),
        "macro-f1": Objective("Macro-F1"),
        "weighted-f1": Objective("Weighted F1"),
        "roc-auc": Objective("ROC-AUC (bad)"),
    }
)
"""By name. ``multi-label-auc`` is the mean of the ROC-AUC of each class against the rest, as Keras'
``AUC(multi_label=True)`` with which the source searched, but exact where that one has 200 thresholds. ``roc-auc`` is
that of bad reviews, which a classifier of stars tells by P(1) + P(2) + P(3). With good and bad the two are the same.
"""


def measure(truth: NDArray[np.intp], probabilities: NDArray[np.floating], labels: Sequence[str]) -> Measured:
    """Every objective of class numbers ``truth`` [n] and ``probabilities`` [n, classes].

    Raises:
        ValueError: the shapes do not fit, or rows of ``probabilities`` are no probabilities.
    """
    values = figures.measure(truth, probabilities, labels).values
    good = p_good(np.eye(len(labels))[truth], labels) > 0
    bad_told = float(roc_auc_score(~good, 1 - p_good(probabilities, labels))) if 0 < good.sum() < len(good) else None
    return {
        "multi-label-auc": values["roc_auc"],
        "loss": values["log_loss"],
        "accuracy": values["accuracy"],
        "macro-f1": values["macro_f1"],
        "weighted-f1": values["weighted_f1"],
        "roc-auc": bad_told,
    }


def undefined(objective: ObjectiveName, truth: NDArray[np.intp], labels: Sequence[str]) -> str | None:
    """Why the objective says nothing on rows of these classes; ``None`` where it does."""
    missing = [label for number, label in enumerate(labels) if not (truth == number).any()]
    if objective == "multi-label-auc" and missing:
        return f"the validation part has no review of class {', '.join(missing)}, against which others are told apart"
    good = p_good(np.eye(len(labels))[truth], labels) > 0
    if objective == "roc-auc" and not 0 < good.sum() < len(good):
        return f"the validation part has {len(good):,} reviews, {good.sum():,} of them good; both kinds are needed"
    return None
