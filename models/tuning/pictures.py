"""The trials of a search as one PNG."""

import io
from collections.abc import Collection, Sequence
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from models.tuning.objective import OBJECTIVES
from models.tuning.space import Dimension
from models.tuning.trial import Search, Trial

_TRIALS: Final = "#2563a8"
_BEST: Final = "#c2571a"
_FAILED: Final = "0.55"
_ACROSS: Final = 4
"""Panels a row: each then keeps the width that seven values need below it."""


def trials_picture(search: Search, trials: Collection[Trial]) -> bytes:
    """Above the objective by trial, with the best so far; below it by the values of each dimension,
    the best trial in the colour of the best, above the others."""
    ordered = sorted(trials, key=lambda each: each.number)
    dimensions = search.space.dimensions
    rows = -(-len(dimensions) // _ACROSS)
    figure = Figure(figsize=(11, 3.6 + 2.4 * rows), layout="constrained")
    figure.suptitle(f"{search.recipe.architecture} on {search.data}: {len(trials)} trials", fontsize=12)
    grid = figure.add_gridspec(rows + 1, _ACROSS, height_ratios=[1.5] + [1] * rows)
    above = figure.add_subplot(grid[0, :])
    _by_trial(above, search, ordered)
    for number, dimension in enumerate(dimensions):
        axes = figure.add_subplot(grid[1 + number // _ACROSS, number % _ACROSS], sharey=above)
        _by_value(axes, search, ordered, dimension)
        axes.tick_params(labelleft=number % _ACROSS == 0)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=130)
    return content.getvalue()


def _by_trial(axes: Any, search: Search, trials: Sequence[Trial]) -> None:
    objective = OBJECTIVES[search.objective]
    measured = [(each.number, value) for each in trials if (value := search.value(each)) is not None]
    numbers, values = [number for number, _ in measured], [value for _, value in measured]
    best = [values[objective.best(values[: n + 1])] for n in range(len(values))]
    axes.plot(numbers, values, "o", color=_TRIALS, label="trial")
    axes.step(numbers, best, where="post", color=_BEST, label="best so far")
    for each in trials:
        if search.value(each) is None:
            axes.axvline(each.number, color=_FAILED, linestyle=":", linewidth=1, label="failed")
    axes.set_xlabel("Trial")
    axes.set_ylabel(f"{objective.title}, validation part")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    lines, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, lines, strict=True))
    axes.legend(once.values(), once.keys(), frameon=False, fontsize=9)
    _plain(axes)


def _by_value(axes: Any, search: Search, trials: Sequence[Trial], dimension: Dimension) -> None:
    best = search.best(trials)
    for each in trials:
        value = search.value(each)
        if value is None:
            continue
        place = dimension.values.index(each.point[dimension.name])
        colour, alpha, layer = (_BEST, 1.0, 3) if each is best else (_TRIALS, 0.6, 2)
        axes.plot(place, value, "o", color=colour, alpha=alpha, zorder=layer)
    axes.set_xticks(range(len(dimension.values)), [f"{value:g}" for value in dimension.values], fontsize=8)
    axes.set_xlim(-0.5, len(dimension.values) - 0.5)
    axes.set_xlabel(dimension.name)
    _plain(axes)


def _plain(axes: Any) -> None:
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
