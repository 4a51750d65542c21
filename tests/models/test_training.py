from pathlib import Path

import numpy as np
import pytest

from models.artefact import pack_weights
from models.dataset import Labelled, read_labelled
from models.training import Recipe, Trained, TrainingError, train
from tests.models.samples import write_reviews


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    path = tmp_path_factory.mktemp("training") / "reviews.csv"
    write_reviews(path)
    return read_labelled(path, text="reviews_text", rating="reviews_rating")


@pytest.fixture(scope="module")
def trained(rows: Labelled) -> Trained:
    return train(rows, Recipe(epochs=3, validation=0.2), lambda *_: None)


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
    again = train(rows, Recipe(epochs=3, validation=0.2), lambda *_: None)
    assert pack_weights(again.weights) == pack_weights(trained.weights)
    assert again.calibration == trained.calibration


def test_without_validation_the_last_epoch_is_kept_as_it_is(rows: Labelled) -> None:
    calls = []
    last = train(rows, Recipe(epochs=2, validation=0), lambda *call: calls.append(call))
    assert last.training.chosen_epoch == 2
    assert last.training.held_out == "test"
    assert last.calibration is None
    assert last.results.shipped == last.results.last_epoch
    batches = -(-last.split.train // 64)
    assert [call[:3] for call in calls] == [(e, b, batches) for e in (1, 2) for b in range(1, batches + 1)]


def test_the_vocabulary_knows_the_training_part_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("text,stars\n" + "".join(f"word{number},{1 + number % 5}\n" for number in range(100)))
    rows = read_labelled(path, text="text", rating="stars")
    assert len(train(rows, Recipe(epochs=1), lambda *_: None).vocabulary.ordered) == 72


@pytest.mark.parametrize(
    ("lines", "reason"),
    [("fine,5\n" * 9, "0 of them bad"), ("poor,1\n" * 9, "9 of them bad"), ("fine,5\npoor,1\n", "too few")],
)
def test_rows_that_teach_nothing_are_refused(tmp_path: Path, lines: str, reason: str) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("text,stars\n" + lines)
    with pytest.raises(TrainingError, match=reason):
        train(read_labelled(path, text="text", rating="stars"), Recipe(), lambda *_: None)
