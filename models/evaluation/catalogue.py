"""The figures by name: in which order people read them, what they are called, and which way is better."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

Interval = Literal["percentile", "basic"]
"""Kinds of bootstrap interval (:mod:`models.evaluation.intervals`)."""


class Entry(NamedTuple):
    """One figure."""

    name: str
    """As in JSON: ``macro_f1``, ``recall_bad``."""
    title: str
    better: Literal["higher", "lower", "neither"] = "higher"
    interval: Interval = "percentile"
    """The one that fits it."""


def overall(labels: Sequence[str]) -> list[Entry]:
    """Figures of a classifier as a whole, and each class's recall; of two, more of the second, which is looked for."""
    entries = [
        Entry("accuracy", "Accuracy"),
        Entry("macro_f1", "Macro-F1"),
        Entry("weighted_f1", "Weighted F1"),
        *(Entry(f"recall_{label}", f"Recall of {label}") for label in labels),
    ]
    if len(labels) == 2:
        wanted = labels[1]
        entries += [
            Entry(f"precision_{wanted}", f"Precision of {wanted}"),
            Entry(f"f1_{wanted}", f"F1 of {wanted}"),
        ]
    of = labels[1] if len(labels) == 2 else "macro, one against the rest"
    entries += [
        Entry("roc_auc", "ROC-AUC" if len(labels) == 2 else f"ROC-AUC ({of})"),
        Entry("pr_auc", f"PR-AUC ({of})"),
        Entry("log_loss", "Log loss (nats)", "lower"),
        Entry("ece", "Calibration error", "lower", "basic"),
    ]
    if are_stars(labels):
        entries.append(Entry("mae", "Mean absolute error (stars)", "lower"))
    return entries


def of_class(label: str) -> list[Entry]:
    """Figures of one class."""
    return [
        Entry(f"recall_{label}", "Recall"),
        Entry(f"precision_{label}", "Precision"),
        Entry(f"f1_{label}", "F1"),
        Entry(f"share_{label}", "True share", "neither"),
        Entry(f"answered_{label}", "Share of the answers", "neither"),
        Entry(f"probability_{label}", "Mean probability", "neither"),
    ]


def entries(labels: Sequence[str]) -> dict[str, Entry]:
    """Every figure, by name."""
    found = overall(labels) + [entry for label in labels for entry in of_class(label)]
    return {entry.name: entry for entry in reversed(found)}


def are_stars(labels: Sequence[str]) -> bool:
    """Whether the classes are steps of a scale, in order, so that an answer can be more or less wrong."""
    return len(labels) > 2 and all(label.isdecimal() for label in labels)
