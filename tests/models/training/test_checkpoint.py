from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.manifest import Epoch
from models.training.checkpoint import Checkpoint, CheckpointError, State, fingerprint
from models.training.recipe import Acceleration, recipe
from tests.models.samples import labelled
from tests.models.training.small import small

EPOCH = Epoch(loss=0.5, accuracy=0.75, held_out_loss=0.6, held_out_accuracy=0.7)
STATE = State(
    (EPOCH,),
    1,
    {"output/bias": np.array([1, 2], np.float32)},
    [np.array(7, np.int64), np.arange(3, dtype=np.float32), np.array([5, 6], np.uint32)],
    12.5,
)


def test_what_was_written_is_read_with_its_types(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "new" / "run.checkpoint", "a run")
    assert checkpoint.read() is None
    checkpoint.write(STATE)
    found = checkpoint.read()
    assert found is not None
    assert (found.history, found.chosen_epoch, found.seconds) == ((EPOCH,), 1, 12.5)
    assert {name: array.tolist() for name, array in found.chosen.items()} == {"output/bias": [1, 2]}
    assert [(array.dtype, array.tolist()) for array in found.variables] == [
        (array.dtype, array.tolist()) for array in STATE.variables
    ]


def test_more_than_ten_variables_keep_their_order(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", "a run")
    checkpoint.write(STATE._replace(variables=[np.array(number) for number in range(25)]))
    found = checkpoint.read()
    assert found is not None
    assert [int(array) for array in found.variables] == list(range(25))


def test_another_runs_is_not_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    Checkpoint(path, "a run").write(STATE)
    with pytest.raises(CheckpointError, match=r"run\.checkpoint: of other rows, another recipe"):
        Checkpoint(path, "another").read()


@pytest.mark.parametrize("keep", [0, 10, -30])
def test_a_broken_file_is_said_and_not_gone_on_from(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "run.checkpoint"
    Checkpoint(path, "a run").write(STATE)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="not understood"):
        Checkpoint(path, "a run").read()


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    with path.open("wb") as file:
        np.savez(file, words=np.array([{}], object))
    with pytest.raises(CheckpointError, match="not understood"):
        Checkpoint(path, "a run").read()


def test_runs_are_told_apart_by_rows_recipe_and_precision() -> None:
    rows, other = labelled(["fine", "poor"]), labelled(["fine", "poor"])._replace(sha256="1" * 64)
    plain, half = Acceleration(), Acceleration(mixed_precision=True)
    runs = [(rows, small(), plain), (other, small(), plain), (rows, small(seed=7), plain), (rows, small(), half)]
    assert len({fingerprint(*run) for run in runs}) == 4
    assert fingerprint(rows, small(), plain) == fingerprint(labelled(["fine", "poor"]), small(), plain)


def test_a_run_is_another_one_with_other_reviews_without_titles() -> None:
    rows, plain = labelled(["fine", "poor"]), Acceleration()
    runs = [fingerprint(rows, recipe("wide-deep", untitled=share), plain) for share in (0, 0.3, 1)]
    assert len(set(runs)) == 3


def test_a_loss_that_is_not_a_number_is_read_as_it_was(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", "a run")
    checkpoint.write(STATE._replace(history=(msgspec.structs.replace(EPOCH, held_out_loss=np.nan),)))
    found = checkpoint.read()
    assert found is not None
    assert np.isnan(found.history[0].held_out_loss)
    assert found.history[0].loss == EPOCH.loss
