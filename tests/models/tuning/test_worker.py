"""A process of a search, run in this one."""

import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from models.data.labelled import Labelled
from models.training.data import feed
from models.training.recipe import recipe
from models.tuning import worker
from models.tuning.space import Space, space_of
from models.tuning.trial import Search, Trial, search_of
from models.tuning.worker import Material, Order, Progressed, material, serve
from tests.models.samples import with_titles
from tests.models.training.small import small


class Wire:
    """The worker's end of a pipe. Who listens is gone once a trial is in epoch ``until``."""

    def __init__(self, orders: Sequence[Order], until: int | None = None) -> None:
        self._orders = list(orders)
        self._until = until
        self.heard: list[Any] = []

    def recv(self) -> Order:
        if not self._orders:
            raise EOFError
        return self._orders.pop(0)

    def send(self, message: object) -> None:
        if isinstance(message, Progressed) and message.epoch == self._until:
            raise BrokenPipeError
        self.heard.append(message)

    @property
    def trials(self) -> list[Trial]:
        return [message for message in self.heard if isinstance(message, Trial)]


@pytest.fixture(scope="module")
def of(rows: Labelled) -> Search:
    how = small(fitting={"epochs": 2, "batch_size": 16, "learning_rate": 0.01})
    return search_of(rows, how, space_of(how, fixed=["dropouts"], searched={"units": [2, 4]}))


@pytest.fixture(scope="module")
def given(rows: Labelled, of: Search) -> Material:
    return material(feed(rows, of.recipe))


@pytest.fixture(autouse=True)
def _as_many_threads_as_the_tests_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "set_threads", lambda threads: None)
    monkeypatch.setattr(worker, "THREADS", None)


def order(of: Search, folder: Path, **point: float) -> Order:
    return Order(7, of.space.nearest(of.recipe) | point, folder / "trial-7.checkpoint")


def test_the_test_part_is_not_among_what_a_trial_is_given(rows: Labelled, of: Search, given: Material) -> None:
    fed = feed(rows, of.recipe)
    assert len(given.train.ids) + len(given.validation.ids) == len(rows.reviews) - len(fed.parts.test)
    assert np.array_equal(given.validation.ids, fed.ids[fed.parts.validation])
    assert np.array_equal(given.train.truth, fed.truth[fed.parts.train])


def test_a_trial_learns_from_reviews_without_titles_as_a_training_does(rows: Labelled) -> None:
    titled = with_titles(rows)
    fed = feed(titled, recipe("wide-deep", validation=0.2, untitled=0.5))
    found = material(fed)
    assert len(found.train.ids) == len(found.train.truth) == len(fed.parts.train) + len(fed.untitled)
    assert len(fed.untitled) > 0
    assert np.array_equal(found.validation.ids, fed.ids[fed.parts.validation])


def test_a_trial_goes_on_after_a_kill_and_ends_as_if_nothing_had_been(
    of: Search, given: Material, tmp_path: Path
) -> None:
    whole = Wire([order(of, tmp_path / "whole")])
    serve(whole, of, given)  # type: ignore[arg-type]
    [trial] = whole.trials
    assert trial.failure == ""
    assert (trial.number, len(trial.history)) == (7, 2)
    assert trial.chosen_epoch == 1 + int(np.argmin([epoch.held_out_loss for epoch in trial.history]))
    chosen = trial.history[trial.chosen_epoch - 1]
    assert trial.figures["loss"] == pytest.approx(chosen.held_out_loss, abs=1e-5)
    assert trial.figures["accuracy"] == pytest.approx(chosen.held_out_accuracy, abs=1e-6)
    told = [message for message in whole.heard if isinstance(message, Progressed)]
    batches = -(-len(given.train.truth) // 16)
    assert [(each.epoch, each.batch) for each in told if each.batch == each.batches] == [(1, batches), (2, batches)]

    # Whoever asked is killed during the second epoch: the process ends, and a later one goes on.
    begun = order(of, tmp_path)
    with pytest.raises(SystemExit):
        serve(Wire([begun], until=2), of, given)  # type: ignore[arg-type]
    assert begun.checkpoint.exists()
    again = Wire([begun])
    serve(again, of, given)  # type: ignore[arg-type]
    assert {message.epoch for message in again.heard[:-1]} == {2}
    [gone_on] = again.trials
    assert msgspec.structs.replace(gone_on, seconds=0) == msgspec.structs.replace(trial, seconds=0)


def test_a_checkpoint_of_something_else_is_no_hindrance_and_loss_that_is_no_number_is_a_failure(
    of: Search, given: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = order(of, tmp_path)
    asked.checkpoint.write_bytes(b"of another time")
    monkeypatch.setattr(worker, "measure", lambda *_: (_ for _ in ()).throw(ValueError("sums go from nan\nto nan")))
    wire = Wire([asked])
    serve(wire, of, given)  # type: ignore[arg-type]
    [trial] = wire.trials
    assert trial.failure == "ValueError: sums go from nan"
    assert trial.figures == {}
    assert asked.checkpoint.read_bytes() != b"of another time"


def test_a_network_that_cannot_be_is_a_failure_with_its_reason(rows: Labelled, given: Material, tmp_path: Path) -> None:
    how = recipe(preprocessing={"length": 12})
    wire = Wire([Order(0, {}, tmp_path / "trial-0.checkpoint")])
    serve(wire, search_of(rows, how, Space(())), given)  # type: ignore[arg-type]
    [trial] = wire.trials
    assert trial.failure.startswith("cnn-lstm cannot be built for 12 words a review")


def test_whoever_is_gone_without_having_read_all_ends_it_quietly(of: Search, given: Material) -> None:
    ours, theirs = multiprocessing.Pipe()
    ours.send("unread")
    theirs.close()
    serve(ours, of, given)
