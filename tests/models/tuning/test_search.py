"""The order of trials, with processes that only seem to be."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from models.training.fit import Part
from models.tuning import search as module
from models.tuning.search import run
from models.tuning.space import Point
from models.tuning.store import Store, opened
from models.tuning.trial import Search, Trial
from models.tuning.worker import Material, Order, Progressed
from models.tuning.workers import Died
from tests.models.tuning.samples import failed, over, search

NOTHING = Part(np.empty((0, 1), np.int32), np.empty(0, np.intp))


class Fakes:
    """Ends running trials in an order drawn from ``seed``; some of them fail, some take their process with them."""

    def __init__(self, of: Search, seed: int, deaths: dict[int, int], code: int) -> None:
        self._of = of
        self._chance = np.random.default_rng(seed)
        self._deaths = deaths
        self._busy: list[Order] = []
        self.most = 0
        self.jobs = 0
        self.code = code

    def __call__(self, of: Search, material: Material, jobs: int) -> "Fakes":
        self.jobs = jobs
        return self

    def __enter__(self) -> "Fakes":
        return self

    def __exit__(self, *_: object) -> None:
        self._busy.clear()

    @property
    def full(self) -> bool:
        return len(self._busy) >= self.jobs

    @property
    def running(self) -> list[int]:
        return [order.number for order in self._busy]

    def begin(self, order: Order) -> None:
        self._busy.append(order)
        self.most = max(self.most, len(self._busy))

    def heard(self, timeout: float) -> Iterator[Progressed | Trial | Died]:
        if not timeout:  # the last look, after the stop
            return
        order = self._busy.pop(int(self._chance.integers(len(self._busy))))
        yield Progressed(order.number, 1, 1, 2, 0.5)
        if self._deaths.get(order.number, 0):
            self._deaths[order.number] -= 1
            yield Died(order, self.code)
        elif order.number % 7 == 3:
            yield failed(order.number, order.point)
        else:
            yield over(self._of, order.number, order.point)


class Notes:
    """A watcher with a good memory."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.ended: list[int] = []

    def started(self, number: int, point: Point) -> None:
        self.began.append(number)

    def progressed(self, progress: Progressed) -> None:
        assert progress.number in self.began

    def finished(self, trial: Trial) -> None:
        self.ended.append(trial.number)


@pytest.fixture
def tune(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[dict[int, Trial], Notes, Fakes]]:
    def tune(
        name: str = "one",
        of: Search | None = None,
        *,
        trials: int = 24,
        jobs: int = 1,
        seed: int = 0,
        deaths: dict[int, int] | None = None,
        code: int = -9,
        stop_after: int | None = None,
    ) -> tuple[dict[int, Trial], Notes, Fakes]:
        of = of or search()
        fakes, notes = Fakes(of, seed, deaths or {}, code), Notes()
        monkeypatch.setattr(module, "Workers", fakes)

        def stopped() -> bool:
            return stop_after is not None and len(notes.ended) >= stop_after

        with opened(tmp_path / name, of) as store:
            run(store, Material(NOTHING, NOTHING), trials=trials, jobs=jobs, watcher=notes, stopped=stopped)
            return dict(store.trials), notes, fakes

    return tune


Tune = Callable[..., tuple[dict[int, Trial], Notes, Fakes]]


def test_the_trials_are_the_same_however_many_run_at_once_and_in_whatever_order_they_end(tune: Tune) -> None:
    alone, notes, _ = tune("alone")
    assert notes.began == notes.ended == list(range(24))
    for jobs, seed in ((2, 1), (4, 2), (4, 3)):
        together, notes, fakes = tune(f"{jobs}-{seed}", jobs=jobs, seed=seed)
        assert together == alone
        assert fakes.most == jobs
    assert notes.ended != list(range(24))  # they did end out of order


def test_a_search_that_is_stopped_again_and_again_tries_what_one_run_would(tune: Tune) -> None:
    whole, _, _ = tune("whole")
    for stop in range(8):
        some, notes, _ = tune("pieces", jobs=4, seed=stop, stop_after=2)
        assert len(some) == 2 * (stop + 1)
        assert len(notes.ended) == 2
    assert tune("pieces", jobs=2)[0] == whole


def test_more_trials_can_be_asked_for_later_and_fewer_do_nothing(tune: Tune) -> None:
    whole, _, _ = tune("whole")
    tune("grown", trials=12)
    assert tune("grown", trials=24)[0] == whole
    assert tune("grown", trials=3)[1].began == []


def test_a_small_space_is_tried_whole_and_no_more(tune: Tune) -> None:
    of = search(units=[8, 16], dropouts=[0], learning_rate=[1e-3])
    assert len(tune("small", of, trials=100, jobs=4)[0]) == of.space.size == 4


def test_more_at_once_than_the_search_began_with_are_not_run(tune: Tune) -> None:
    assert tune("few", jobs=9)[2].jobs == 4
    assert tune("many", search(jobs=9), jobs=9)[2].most == 9


def test_a_trial_whose_process_dies_is_run_once_more_and_then_has_failed(tune: Tune) -> None:
    healthy, _, _ = tune("healthy", trials=8)
    once, notes, _ = tune("once", trials=8, deaths={2: 1})
    assert once == healthy
    assert notes.began.count(2) == 2
    twice, notes, _ = tune("twice", trials=8, deaths={2: 2})
    assert twice[2].failure.startswith("its process ended with signal 9, twice; there may be too little memory")
    assert twice[2].figures == {}
    assert sorted(twice) == list(range(8))
    broken, _, _ = tune("broken", trials=8, deaths={2: 2}, code=1)
    assert broken[2].failure == "its process ended with exit status 1, twice"


def test_a_finished_trial_is_kept_before_it_is_told(tune: Tune, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    add = Store.add

    def noted(store: Store, trial: Trial) -> None:
        add(store, trial)
        kept.append(trial.number)

    monkeypatch.setattr(Store, "add", noted)
    monkeypatch.setattr(Notes, "finished", lambda notes, trial: notes.ended.append(kept.index(trial.number)))
    tune(trials=3)
    assert kept == [0, 1, 2]
