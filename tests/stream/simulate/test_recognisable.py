"""The shipped classifier tells the simulator's good reviews from its bad ones, for every tenant."""

from itertools import islice

import numpy as np
import pytest

from models.classifier import Classifier, load
from stream.simulate import TENANTS
from stream.simulate.traffic import drafts

ARTEFACT = "reference"
COUNT = 1_500


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load(ARTEFACT)


@pytest.mark.parametrize("tenant", TENANTS)
def test_nine_in_ten_are_scored_on_the_side_they_were_written_for(classifier: Classifier, tenant: str) -> None:
    written = [draft for draft in islice(drafts(seed=11, tenants=(tenant,)), COUNT) if draft.mood != "mixed"]
    good = classifier.predict([draft.event for draft in written])[:, classifier.manifest.labels.index("good")] >= 0.5
    meant = np.array([draft.mood == "good" for draft in written])
    assert (~meant).sum() > 100
    assert good[meant].mean() >= 0.9
    assert (~good)[~meant].mean() >= 0.9
