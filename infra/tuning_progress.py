"""How a search goes, on standard error: a bar of trials, one for each that runs, and a line for each that is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from infra.tuning_table import said
from models.tuning.objective import OBJECTIVES

if TYPE_CHECKING:
    from models.tuning.space import Point
    from models.tuning.store import Store
    from models.tuning.trial import Trial
    from models.tuning.worker import Progressed


class Shown:
    """A watcher (:class:`models.tuning.search.Watcher`)."""

    def __init__(self, bars: Bars, store: "Store", trials: int) -> None:
        self._bars = bars
        self._store = store
        self._epochs = store.search.recipe.fitting.epochs
        self._running: dict[int, TaskID] = {}
        self._all = bars.add_task("", total=trials, completed=len(store.trials), said="trials")
        self._best()

    def started(self, number: int, point: "Point") -> None:
        """A bar for it."""
        if number in self._running:
            self._bars.remove_task(self._running.pop(number))
        goes_on = ", goes on" if self._store.checkpoint(number).exists() else ""
        self._running[number] = self._bars.add_task(
            f"trial {number}", total=None, said=f"{said(self._store.search.space, point)}{goes_on}"
        )

    def progressed(self, progress: "Progressed") -> None:
        """Its bar is as long as what is done of all epochs."""
        done = (progress.epoch - 1) * progress.batches + progress.batch
        self._bars.update(
            self._running[progress.number],
            completed=done,
            total=self._epochs * progress.batches,
            said=f"epoch {progress.epoch}/{self._epochs}, loss {progress.loss:.4f}",
        )

    def finished(self, trial: "Trial") -> None:
        """A line instead of its bar."""
        self._bars.remove_task(self._running.pop(trial.number))
        search = self._store.search
        value = search.value(trial)
        outcome = (
            f"failed: {trial.failure}"
            if value is None
            else f"{OBJECTIVES[search.objective].title} {value:.4f} in {trial.seconds:.0f} s"
        )
        line = f"trial {trial.number}: {outcome} ({said(search.space, trial.point)})"
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._best()

    def _best(self) -> None:
        search, trials = self._store.search, self._store.trials
        best = search.best(trials.values())
        found = "" if best is None else f", best {search.value(best):.4f} (trial {best.number})"
        self._bars.update(self._all, completed=len(trials), said=f"{len(trials)} trials{found}")


@contextmanager
def shown(store: "Store", trials: int) -> Iterator[Shown]:
    """The watcher to give to :func:`models.tuning.search.run`."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        yield Shown(bars, store, trials)
