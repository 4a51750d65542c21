"""Having the trials of a search run, as many at once as there are jobs."""

import signal
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol

from models.tuning.propose import propose
from models.tuning.space import Point
from models.tuning.store import Store
from models.tuning.trial import Search, Trial
from models.tuning.worker import Material, Order, Progressed
from models.tuning.workers import Died, Workers

DEATHS: Final = 2
"""Processes that a trial may take with it until it counts as failed. One may be killed for the memory that another
program took, or by somebody; a trial that is killed each time would otherwise be tried for ever."""

STOP_SECONDS: Final = 0.2
"""Between two looks at whether to stop: the wait after Ctrl-C."""


class Watcher(Protocol):
    """Whoever wants to know how the search goes."""

    def started(self, number: int, point: Point) -> None:
        """A trial begins, or goes on."""

    def progressed(self, progress: Progressed) -> None:
        """A trial has done some more batches."""

    def finished(self, trial: Trial) -> None:
        """A trial is over, and kept."""


class Plan:
    """Which trial is next. All of it follows from the search and the trials that are over."""

    def __init__(self, search: Search, over: dict[int, Trial]) -> None:
        self._search = search
        self._over = over
        self._points: list[Point] = []

    def next(self, trials: int, running: list[int]) -> int | None:
        """The lowest trial below ``trials`` that is neither over nor running; ``None`` if none may begin now."""
        number = next((n for n in range(trials) if n not in self._over and n not in running), trials)
        learned_from = range(number - self._search.ahead + 1)
        if number == trials or any(n not in self._over for n in learned_from):
            return None
        return number

    def point(self, number: int) -> Point:
        """What a trial tries. Those that it learns from must be over."""
        while len(self._points) <= number:
            n = len(self._points)
            learned = [self._over[known] for known in range(n - self._search.ahead + 1)]
            kept = self._over.get(n)
            self._points.append(kept.point if kept else propose(self._search, n, learned, self._points))
        return self._points[number]


def run(
    store: Store, material: Material, *, trials: int, jobs: int, watcher: Watcher, stopped: Callable[[], bool]
) -> None:
    """Run the trials below number ``trials`` that are not over; at most as many as there are points.

    Returns when all of them are over, or soon after ``stopped`` says so: trials that run then are ended, and go on from
    their last epoch when the search is run again.

    Args:
        store: where they are kept.
        material: the rows that :func:`models.tuning.trial.search_of` was given.
        trials: how many there are to be, with those that are over.
        jobs: how many run at once.
        watcher: told of everything.
        stopped: asked several times a second.
    """
    search = store.search
    trials = min(trials, search.space.size)
    plan = Plan(search, store.trials)
    deaths: Counter[int] = Counter()
    with Workers(search, material, min(jobs, search.ahead)) as workers:

        def keep(trial: Trial) -> None:
            store.add(trial)
            watcher.finished(trial)

        while not stopped():
            while not workers.full and (number := plan.next(trials, workers.running)) is not None:
                point = plan.point(number)
                watcher.started(number, point)
                workers.begin(Order(number, point, store.checkpoint(number)))
            if not workers.running:
                return
            for said in workers.heard(STOP_SECONDS):
                if isinstance(said, Progressed):
                    watcher.progressed(said)
                elif isinstance(said, Trial):
                    keep(said)
                else:
                    deaths[said.order.number] += 1
                    if deaths[said.order.number] == DEATHS:
                        keep(_died(said))
        for said in workers.heard(0):
            if isinstance(said, Trial):
                keep(said)


def _died(died: Died) -> Trial:
    how = f"signal {-died.code}" if died.code < 0 else f"exit status {died.code}"
    hint = "; there may be too little memory for as many jobs" if died.code == -signal.SIGKILL else ""
    failure = f"its process ended with {how}, twice{hint}"
    return Trial(number=died.order.number, point=died.order.point, figures={}, failure=failure)
