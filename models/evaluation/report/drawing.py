"""Curves and diagrams as PNG, each for a light page and for a dark one."""

import io
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from models.evaluation.report.contents import Diagram
from models.evaluation.table import Line
from models.manifest import Training

DPI: Final = 144
"""Sharp on a screen with two dots to the pixel at the width that the page gives a picture, at 40 kB."""


class Theme(NamedTuple):
    """Colours of a picture; the first and the second line differ in lightness, too, for eyes that see no hue."""

    surface: str
    ink: str
    faint: str
    first: str
    second: str


LIGHT: Final = Theme("#ffffff", "#14202e", "#dfe4ea", "#0b7285", "#c2410c")
DARK: Final = Theme("#141b23", "#eef3f8", "#26313d", "#3fb8c9", "#fb8f4b")


class Picture(NamedTuple):
    """The same picture twice."""

    light: bytes
    dark: bytes


def learning_curves(training: Training) -> Picture:
    """Loss and accuracy by epoch, on the training part and on the held-out one; the chosen epoch marked."""
    history = training.history
    epochs = range(1, len(history) + 1)
    curves = (
        ("Loss (nats)", [e.loss for e in history], [e.held_out_loss for e in history]),
        ("Accuracy", [e.accuracy for e in history], [e.held_out_accuracy for e in history]),
    )

    def draw(figure: Figure, theme: Theme) -> None:
        for axes, (label, trained, held_out) in zip(figure.subplots(2, 1, sharex=True), curves, strict=True):
            axes.plot(epochs, trained, "o-", color=theme.first, label="training", markersize=4)
            axes.plot(epochs, held_out, "s--", color=theme.second, label=training.held_out, markersize=4)
            axes.axvline(training.chosen_epoch, color=theme.ink, linewidth=1, linestyle=":", label="chosen epoch")
            axes.set_ylabel(label)
            axes.set_xlim(0.8, max(len(history), 2) + 0.2)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            _plain(axes, theme)
        axes.set_xlabel("Epoch")
        _legend(figure.axes[0], theme)

    return _both(draw, (6.2, 5.6))


def reliability(diagrams: Sequence[Diagram]) -> Picture:
    """Observed share by predicted probability, and how many rows are in each bin."""

    def draw(figure: Figure, theme: Theme) -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        above.plot([0, 1], [0, 1], color=theme.ink, linewidth=1, linestyle=":", label="calibrated perfectly")
        # Drawn in this order, so that the classifier as it answers lies on top.
        styles = {"as trained": ("s--", theme.second), "calibrated": ("o-", theme.first)}
        for diagram in sorted(diagrams, key=lambda each: each.name):
            marker, colour = styles[diagram.name]
            filled = [each for each in diagram.bins if each.rows]
            above.plot(
                [each.predicted for each in filled],
                [each.observed for each in filled],
                marker,
                color=colour,
                label=diagram.name,
                markersize=4,
            )
            edges = [each.low for each in diagram.bins] + [1.0]
            below.stairs([each.rows for each in diagram.bins], edges, color=colour, linewidth=1.5)
        of = diagrams[0].of
        above.set_ylabel("Share of right answers" if of == "confidence" else f"Share that is {of[2:-1]}")
        below.set_xlabel("Confidence (probability of the answer)" if of == "confidence" else of)
        below.set_ylabel("Reviews")
        below.set_yscale("symlog", linthresh=1)
        above.set_ylim(0, 1)
        below.set_xlim(0, 1)
        above.yaxis.set_major_formatter(PercentFormatter(1.0))
        for axes in (above, below):
            _plain(axes, theme)
        _legend(above, theme)

    return _both(draw, (6.2, 5.6))


def shares(line: Line, labels: Sequence[str]) -> Picture:
    """For each class: its true share, the share of the answers, and the mean probability."""
    kinds = (("share", "truth"), ("answered", "answers"), ("probability", "mean probability"))

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.subplots()
        middles = np.arange(len(labels))
        for place, (kind, label) in enumerate(kinds):
            figures = [line.figures[f"{kind}_{each}"] for each in labels]
            values = np.array([each.value or 0.0 for each in figures])
            axes.bar(
                middles + (place - 1) * 0.27,
                values,
                width=0.25,
                color=(theme.ink, theme.second, theme.first)[place],
                label=label,
            )
        axes.set_xticks(middles, labels)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_ylabel("Share of the reviews")
        _plain(axes, theme)
        _legend(axes, theme)

    return _both(draw, (6.2, 3.6))


def _plain(axes: Any, theme: Theme) -> None:
    axes.set_facecolor(theme.surface)
    axes.grid(color=theme.faint)
    axes.set_axisbelow(True)
    axes.tick_params(colors=theme.ink)
    axes.xaxis.label.set_color(theme.ink)
    axes.yaxis.label.set_color(theme.ink)
    for side, spine in axes.spines.items():
        spine.set_color(theme.faint)
        spine.set_visible(side in ("left", "bottom"))


def _legend(axes: Any, theme: Theme) -> None:
    axes.legend(frameon=False, labelcolor=theme.ink, fontsize=9)


def _both(draw: Callable[[Figure, Theme], None], size: tuple[float, float]) -> Picture:
    def png(theme: Theme) -> bytes:
        figure = Figure(figsize=size, layout="constrained", facecolor=theme.surface)
        draw(figure, theme)
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=DPI)
        return content.getvalue()

    return Picture(png(LIGHT), png(DARK))
