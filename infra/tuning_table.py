"""The trials of a search as a table on the terminal."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from models.tuning.objective import OBJECTIVES

if TYPE_CHECKING:
    from models.tuning.space import Point, Space
    from models.tuning.trial import Search, Trial

MOST: Final = 20
"""Lines: what a screen shows together with the command below it. All trials are in the report's files."""


def trials_table(search: "Search", trials: "Collection[Trial]") -> Table:
    """The best trials, best first; failed ones last."""
    objective = OBJECTIVES[search.objective]
    ranked = search.ranked(trials)
    title = f"{search.recipe.architecture} on {search.data}: {len(trials)} trials, by {objective.title} (validation)"
    further = f"and {len(ranked) - MOST} more" if len(ranked) > MOST else None
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", caption=further, caption_justify="left")
    fields = list(dict.fromkeys(each.field for each in search.space.dimensions))
    for heading in ("Trial", objective.title, *fields, "Epoch", "Seconds"):
        table.add_column(heading.replace("_", " "), justify="right")
    for trial in ranked[:MOST]:
        value = search.value(trial)
        table.add_row(
            str(trial.number),
            "failed" if value is None else f"{value:.4f}",
            *search.space.written(trial.point).values(),
            "" if value is None else f"{trial.chosen_epoch}/{len(trial.history)}",
            "" if value is None else f"{trial.seconds:.0f}",
        )
    return table


def said(space: "Space", point: "Point") -> str:
    """A point in a line: ``units 64,128, dropouts 0.1,0.3,0``."""
    return ", ".join(f"{field} {numbers}" for field, numbers in space.written(point).items())
