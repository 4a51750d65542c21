import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.artefact import Weights, pack_weights
from models.data.labelled import Labelled
from models.manifest import Epoch
from models.runtime import keras
from models.training import run
from models.training.data import TrainingError
from models.training.fit import Fitted
from models.training.recipe import Acceleration, recipe
from models.training.run import Trained, train
from tests.models.training.small import ignore, small


@pytest.fixture(scope="module")
def trained(rows: Labelled) -> Trained:
    return train(rows, small(), ignore)


def test_the_epoch_with_the_lowest_validation_loss_is_kept(trained: Trained) -> None:
    history = trained.training.history
    assert len(history) == 3
    assert trained.training.held_out == "validation"
    assert trained.training.chosen_epoch == 1 + int(np.argmin([epoch.held_out_loss for epoch in history]))


def test_calibration_comes_from_the_validation_part(trained: Trained) -> None:
    assert trained.calibration is not None
    assert trained.calibration.rows == trained.split.validation
    assert trained.split.train + trained.split.validation + trained.split.test == 160


def test_the_same_seed_gives_the_same_weights(rows: Labelled, trained: Trained) -> None:
    again = train(rows, small(), ignore)
    assert pack_weights(again.weights) == pack_weights(trained.weights)
    assert again.calibration == trained.calibration


class Killed(BaseException):
    pass


def test_a_run_that_went_on_after_a_kill_ends_in_the_same_weights(
    rows: Labelled, trained: Trained, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "here.checkpoint"

    def kill(epoch: int, batch: int, *_: object) -> None:
        if (epoch, batch) == (2, 3):
            raise Killed

    with pytest.raises(Killed):
        train(rows, small(), kill, checkpoint=checkpoint)
    epochs = []
    gone_on = train(rows, small(), lambda epoch, *_: epochs.append(epoch), checkpoint=checkpoint)
    assert set(epochs) == {2, 3}
    assert pack_weights(gone_on.weights) == pack_weights(trained.weights)
    assert gone_on.training.history == trained.training.history
    assert (gone_on.calibration, gone_on.results) == (trained.calibration, trained.results)

    epochs.clear()
    done = train(rows, small(), lambda epoch, *_: epochs.append(epoch), checkpoint=checkpoint)
    assert epochs == []
    assert done.results == trained.results


def test_without_validation_the_last_epoch_is_kept_as_it_is(rows: Labelled) -> None:
    calls = []
    last = train(rows, small(validation=0, fitting={"epochs": 2}), lambda *call: calls.append(call))
    assert last.training.chosen_epoch == 2
    assert last.training.held_out == "test"
    assert last.calibration is None
    assert last.results.shipped == last.results.last_epoch
    batches = -(-last.split.train // 16)
    assert [call[:3] for call in calls] == [(e, b, batches) for e in (1, 2) for b in range(1, batches + 1)]


def test_stars_are_measured_as_stars_and_as_good_or_bad(rows: Labelled) -> None:
    trained = train(rows, small(task="stars", fitting={"epochs": 2, "class_weights": "balanced"}), ignore)
    by_class = trained.results.by_class
    assert by_class is not None
    assert np.array(by_class.shipped.confusion).sum() == trained.split.test
    good_or_bad = np.array(by_class.shipped.confusion)
    assert trained.results.shipped.bad_share == pytest.approx(good_or_bad[:3].sum() / trained.split.test)
    assert trained.calibration is not None
    assert len(trained.calibration.shifts) == 5
    assert trained.weights["output/bias"].shape == (5,)


def test_films_are_one_sigmoid_unit_and_calibrated_all_the_same(rows: Labelled) -> None:
    films = recipe(
        "imdb-cnn-lstm",
        hyperparameters={"embedding": 8, "filters": 8, "units": 8},
        preprocessing={"num_words": 60, "length": 24},
        fitting={"epochs": 8, "batch_size": 8, "learning_rate": 0.01, "class_weights": "balanced"},
    )
    assert films.validation == 0.2
    trained = train(rows, films, ignore)
    assert trained.weights["output/bias"].shape == (1,)
    assert trained.calibration is not None
    assert trained.results.shipped.roc_auc is not None
    assert trained.results.shipped.roc_auc > 0.9


def test_a_gpus_shortcuts_do_nothing_on_a_cpu() -> None:
    asked = Acceleration(mixed_precision=True, xla=True)
    assert asked.on("GPU:0 of some make") == asked
    assert asked.on("CPU (2 cores)") == Acceleration()


def test_products_in_float16_leave_weights_in_float32_and_the_policy_as_it_was(
    rows: Labelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.run.use_device", lambda: "GPU:0 in name alone")
    fast = train(rows, small(fitting={"epochs": 1}), ignore, acceleration=Acceleration(mixed_precision=True))
    assert {array.dtype for array in fast.weights.values()} == {np.dtype(np.float32)}
    assert (fast.training.precision, fast.training.xla) == ("mixed_float16", False)
    assert keras.config.dtype_policy().name == "float32"


def test_xla_compiles_the_steps_of_recurrent_layers() -> None:
    # In a process of its own: XLA and the determinism that other tests switch on for good exclude each other.
    # One layer over two words, since XLA compiles for long.
    code = """
from models.training import run
from models.training.recipe import Acceleration, recipe
from tests.models.samples import labelled

run.use_device = lambda: "GPU:0 in name alone"
rows = labelled([f"word{number}" for number in range(40)])
sizes = {"embedding": 2, "units": [2]}
tiny = recipe("gru-1", task="bad", hyperparameters=sizes, preprocessing={"length": 2}, fitting={"epochs": 1})
print(run.train(rows, tiny, lambda *_: None, acceleration=Acceleration(xla=True)).training.xla)
"""
    ended = subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "True\n"), ended.stderr


def test_a_network_of_which_nothing_is_left_is_refused(rows: Labelled) -> None:
    with pytest.raises(TrainingError, match=r"^cnn-lstm cannot be built for 12 words a review: Computed output size"):
        train(rows, recipe(preprocessing={"length": 12}), ignore)


@pytest.mark.parametrize("chosen", [{}, {"output/bias": np.zeros(2, np.float32)}])
def test_a_loss_that_is_not_a_number_in_the_end_is_said(
    chosen: Weights, rows: Labelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch = Epoch(loss=np.nan, accuracy=0.5, held_out_loss=np.nan, held_out_accuracy=0.5)
    monkeypatch.setattr(run, "fit", lambda *_, **__: Fitted((epoch,), 0, chosen, {}, 0.0, False))
    with pytest.raises(TrainingError, match=r"not a number after .*; take a lower learning rate"):
        train(rows, small(), ignore)
