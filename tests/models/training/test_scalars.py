from pathlib import Path

import pytest

from models.manifest import Epoch
from models.runtime import tf
from models.training.scalars import Scalars


def curves(folder: Path) -> dict[tuple[str, int], float]:
    """(tag, step) to value, as TensorBoard reads event files."""
    found = {}
    for path in folder.glob("events.out.tfevents.*"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                found[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    return found


def test_each_epoch_is_a_point_on_each_curve(tmp_path: Path) -> None:
    scalars = Scalars(tmp_path)
    scalars.write(1, Epoch(loss=0.5, accuracy=0.75, held_out_loss=0.25, held_out_accuracy=1.0))
    scalars.write(2, Epoch(loss=0.4, accuracy=0.8, held_out_loss=0.3, held_out_accuracy=0.9))
    assert curves(tmp_path / "train") == pytest.approx(
        {("epoch_loss", 1): 0.5, ("epoch_accuracy", 1): 0.75, ("epoch_loss", 2): 0.4, ("epoch_accuracy", 2): 0.8}
    )
    assert curves(tmp_path / "held_out")["epoch_loss", 2] == pytest.approx(0.3)


def test_a_folder_that_cannot_be_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="Not a directory"):
        Scalars(tmp_path / "file")
