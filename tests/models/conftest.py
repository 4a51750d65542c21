"""What the classifier's tests share."""

import pytest

from models.classifier import Classifier, load


@pytest.fixture(scope="session")
def shipped() -> Classifier:
    """The classifier that comes with Aura."""
    return load("product-cnn-lstm")
