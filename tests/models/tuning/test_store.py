import multiprocessing
import os
import sqlite3
from pathlib import Path

import msgspec
import pytest

from models.manifest import Epoch
from models.tuning.optimizer import optuna
from models.tuning.store import STUDY, StoreError, opened
from models.tuning.trial import Trial
from tests.models.tuning.samples import failed, first, over, search


def trial(of: object, number: int, value: float = 0.75) -> Trial:
    epochs = tuple(Epoch(loss=n, accuracy=0.5, held_out_loss=n / 2, held_out_accuracy=0.25) for n in (3.0, 2.0))
    return Trial(
        number=number, point=first(search().space), figures={"multi-label-auc": value, "roc-auc": None},
        history=epochs, chosen_epoch=2, seconds=1.25,
    )  # fmt: skip


def test_finished_trials_are_there_again_whole_and_their_checkpoints_are_gone(tmp_path: Path) -> None:
    of = search()
    with opened(tmp_path / "new" / "folder", of) as store:
        for number in (1, 0):
            store.checkpoint(number).write_bytes(b"epochs")
            store.add(trial(of, number))
        store.add(failed(2, first(of.space)))
        store.checkpoint(3).write_bytes(b"epochs")
    with opened(tmp_path / "new" / "folder", of) as store:
        assert store.trials == {0: trial(of, 0), 1: trial(of, 1), 2: failed(2, first(of.space))}
        assert not store.checkpoint(1).exists()
        assert store.checkpoint(3).exists()
        assert store.search == of


def killed_in_the_middle(folder: Path) -> None:
    with opened(folder, search()) as store:
        store.add(trial(search(), 0))
        os._exit(9)  # as kill -9: nothing is closed, nothing is flushed


def test_whoever_is_killed_in_the_middle_loses_no_finished_trial(tmp_path: Path) -> None:
    # A process of its own from the start: a fork of this one would hold the locks of TensorFlow's threads.
    process = multiprocessing.get_context("spawn").Process(target=killed_in_the_middle, args=(tmp_path,))
    process.start()
    process.join(120)
    assert process.exitcode == 9
    with opened(tmp_path, search()) as store:
        assert set(store.trials) == {0}


def test_a_search_with_anything_else_is_refused_until_the_old_one_is_dropped(tmp_path: Path) -> None:
    of = search()
    with opened(tmp_path, of) as store:
        store.add(trial(of, 0))
        store.checkpoint(1).write_bytes(b"epochs")
    longer = msgspec.structs.replace(of.recipe, fitting=msgspec.structs.replace(of.recipe.fitting, epochs=9))
    others = {
        "epochs": msgspec.structs.replace(of, recipe=longer),
        "space": search(units=[8, 16]),
        "objective": search("loss"),
        "sha256": msgspec.structs.replace(of, sha256="1" * 64),
    }
    for changed, other in others.items():
        with pytest.raises(StoreError, match=f"with another {changed}; name another folder"), opened(tmp_path, other):
            pass
    with opened(tmp_path, search("loss"), fresh=True) as store:
        assert store.trials == {}
        assert not store.checkpoint(1).exists()


def test_how_far_trials_run_ahead_is_as_the_search_began(tmp_path: Path) -> None:
    with opened(tmp_path, search(jobs=6)):
        pass
    with opened(tmp_path, search(jobs=16)) as store:
        assert store.search.ahead == 6


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with (
        opened(tmp_path, search()),
        pytest.raises(StoreError, match="another aura tune is at work"),
        opened(tmp_path, search()),
    ):
        pass


def test_a_file_that_is_no_search_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / STUDY).write_bytes(b"of another time" * 100)
    reason = r"study.db is not understood: .*begin anew with --fresh"
    with pytest.raises(StoreError, match=reason), opened(tmp_path, search()):
        pass
    (tmp_path / STUDY).unlink()
    optuna.create_study(storage=f"sqlite:///{tmp_path / STUDY}", study_name="aura", direction="maximize").ask()
    with pytest.raises(StoreError, match="not understood"), opened(tmp_path, search()) as store:
        store.add(trial(search(), 0))


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), opened(tmp_path / "file" / "folder", search()):
        pass


def test_optunas_own_tools_read_it(tmp_path: Path) -> None:
    of = search()
    with opened(tmp_path, of) as store:
        store.add(over(of, 0, first(of.space)))
        store.add(trial(of, 1, 0.99))
    study = optuna.load_study(storage=f"sqlite:///{tmp_path / STUDY}", study_name="aura")
    assert study.best_value == 0.99
    assert study.best_params == first(of.space)
    assert study.trials[1].intermediate_values == {1: 1.5, 2: 1.0}
    with sqlite3.connect(tmp_path / STUDY) as file:
        assert file.execute("pragma integrity_check").fetchone() == ("ok",)


def test_an_old_search_that_cannot_be_dropped_is_said(tmp_path: Path) -> None:
    (tmp_path / STUDY).mkdir()
    with pytest.raises(StoreError, match="cannot be written"), opened(tmp_path, search(), fresh=True):
        pass
