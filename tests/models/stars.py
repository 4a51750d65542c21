"""An artefact that tells stars, of a network that is trained in a second."""

from pathlib import Path

import pytest

from models import artefact
from models.data.read import read_labelled
from models.packaging import package
from models.training.recipe import recipe
from models.training.run import train
from tests.models.samples import write_reviews


@pytest.fixture(scope="session")
def stars_artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``gru-app`` with a few units on sentences of our own."""
    folder = tmp_path_factory.mktemp("stars")
    write_reviews(folder / "reviews.csv")
    rows = read_labelled(folder / "reviews.csv", text="reviews_text", rating="reviews_rating")
    small = recipe(
        "gru-app",
        hyperparameters={"embedding": 8, "units": [8]},
        preprocessing={"num_words": 60, "length": 12},
        fitting={"epochs": 15, "batch_size": 8, "learning_rate": 0.02},
        validation=0.2,
    )
    files = package(
        train(rows, small, lambda *_: None), rows, name="our-apps", data_name="ours", licence="ours", notes=""
    )
    artefact.write(folder / "our-apps", files)
    return folder / "our-apps"
