"""A trial that is over, and the search that it belongs to."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from models.data.labelled import Columns, Labelled
from models.manifest import Epoch
from models.training.recipe import Recipe
from models.tuning.objective import OBJECTIVES, Measured, ObjectiveName
from models.tuning.space import Point, Space


class Trial(Struct, frozen=True, kw_only=True):
    """One way to train, and what came of it."""

    number: int
    """From 0, in the order of proposal."""
    point: Point
    figures: Measured
    """On the validation part, with the weights of the chosen epoch; empty where the trial failed."""
    history: tuple[Epoch, ...] = ()
    chosen_epoch: int = 0
    """From 1: the one with the lowest validation loss."""
    seconds: float = 0.0
    """Of training and measuring, also in runs that were stopped."""
    failure: str = ""
    """Why there is no figure."""


class Search(Struct, frozen=True, kw_only=True):
    """Everything that decides the trials: two equal searches try the same points with the same figures."""

    recipe: Recipe
    """How each trial is trained, apart from what is searched."""
    space: Space
    objective: ObjectiveName
    data: str
    sha256: str
    columns: Columns
    rows: int
    ahead: int
    """Trial n learns from the trials up to n - ahead, finished or failed, and from no other: so it is the same one
    however many run at once and in whatever order they end. That many can run at once."""

    def best(self, trials: Iterable[Trial]) -> Trial | None:
        """The trial with the best objective, the lowest number where several have it; ``None`` where none has one."""
        first = next(iter(self.ranked(trials)), None)
        return None if first is None or self.value(first) is None else first

    def value(self, trial: Trial) -> float | None:
        """The objective of a trial; ``None`` where it failed."""
        return trial.figures.get(self.objective)

    def ranked(self, trials: Iterable[Trial]) -> list[Trial]:
        """Best first, those that failed last."""
        sign = -1 if OBJECTIVES[self.objective].better == "higher" else 1

        def rank(trial: Trial) -> tuple[bool, float, int]:
            value = self.value(trial)
            return value is None, sign * (value or 0.0), trial.number

        return sorted(trials, key=rank)


AHEAD: Final = 4
"""The least :attr:`Search.ahead`. Twice the cores of a small machine, so that a slow trial seldom holds back the next;
more would have a search of 30 trials learn from fewer of them."""


def search_of(
    rows: Labelled, recipe: Recipe, space: Space, objective: ObjectiveName = "multi-label-auc", *, jobs: int = 1
) -> Search:
    """A search on these rows that up to ``jobs`` trials at once can take part in."""
    return Search(
        recipe=recipe,
        space=space,
        objective=objective,
        data=rows.name,
        sha256=rows.sha256,
        columns=rows.columns,
        rows=len(rows.reviews),
        ahead=max(AHEAD, jobs),
    )
