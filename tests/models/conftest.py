"""What the classifier's tests share."""

import pytest

from models.classifier import Classifier, load
from models.data.labelled import Labelled
from models.data.read import read_labelled
from tests.models.samples import write_reviews


@pytest.fixture(scope="session")
def shipped() -> Classifier:
    """The classifier that comes with Aura."""
    return load("reference")


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    """Reviews that can be told apart after a few epochs."""
    path = tmp_path_factory.mktemp("rows") / "reviews.csv"
    write_reviews(path)
    return read_labelled(path, text="reviews_text", rating="reviews_rating")
