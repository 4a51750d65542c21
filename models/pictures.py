"""The pictures of an artefact, as PNG: learning curves and confusion matrix."""

import io
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from models.manifest import Metrics, Training

_TRAINING_COLOUR: Final = "#2563a8"
_HELD_OUT_COLOUR: Final = "#c2571a"


def learning_curves(training: Training, title: str) -> bytes:
    """Loss and accuracy by epoch, on the training part and on the held-out one."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    figure.suptitle(title, fontsize=12)
    epochs = range(1, len(training.history) + 1)
    history = training.history
    left, right = figure.subplots(1, 2)
    panels = (
        (left, "Loss (cross-entropy, nats)", [e.loss for e in history], [e.held_out_loss for e in history]),
        (right, "Accuracy", [e.accuracy for e in history], [e.held_out_accuracy for e in history]),
    )
    for axes, label, trained, held_out in panels:
        axes.plot(epochs, trained, "o-", color=_TRAINING_COLOUR, label="training (mean over the epoch)")
        axes.plot(epochs, held_out, "s--", color=_HELD_OUT_COLOUR, label=f"{training.held_out} (after the epoch)")
        axes.axvline(training.chosen_epoch, color="0.55", linewidth=1, linestyle=":", label="chosen epoch")
        axes.set_xlabel("Epoch")
        axes.set_ylabel(label)
        axes.set_xlim(0.8, max(len(history), 2) + 0.2)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    left.set_ylim(bottom=0)
    right.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    left.legend(frameon=False, fontsize=9)
    return _png(figure)


def confusion_matrix(metrics: Metrics, title: str) -> bytes:
    """Reviews by truth and answer: count, and share of the row's truth."""
    counts = np.array(metrics.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(5.4, 4.4), layout="constrained")
    figure.suptitle(title, fontsize=12)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for truth in range(2):
        for answer in range(2):
            axes.text(
                answer,
                truth,
                f"{counts[truth, answer]:,}\n{shares[truth, answer]:.1%}",
                ha="center",
                va="center",
                fontsize=13,
                color="white" if shares[truth, answer] > 0.5 else "black",
            )
    axes.set_xticks([0, 1], ["good", "bad"])
    axes.set_yticks([0, 1], ["good\n(4-5 stars)", "bad\n(1-3 stars)"])
    axes.set_xlabel("Answer of the classifier")
    axes.set_ylabel("Rating given by the customer")
    bar: Any = figure.colorbar(image, ax=axes, shrink=0.85, format=PercentFormatter(1.0))
    bar.set_label("Share of the reviews with that rating")
    return _png(figure)


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=130)
    return content.getvalue()
