"""How the texts of a run are labelled: asked of the same artefact, each text once and beside the whole service."""

from collections.abc import Iterable
from functools import cache

from models.classifier import Classifier, Review, load
from tests.system.programs import MODEL

MARGIN = 1e-3
"""A text so near to the border between good and bad may fall on the other side in another batch; take another one."""

_known: dict[str, bool] = {}


@cache
def _classifier() -> Classifier:
    return load(MODEL)


def label(texts: Iterable[str]) -> dict[str, bool]:
    """Text to whether it is good, for those of the tests' tenants, who all use the same model."""
    wanted = set(texts)
    if unknown := sorted(wanted - _known.keys()):
        for text, scores in zip(unknown, _classifier().predict([Review(text) for text in unknown]), strict=True):
            p_good = float(scores[0])  # of the labels "good" and "bad", in this order
            assert abs(p_good - 0.5) > MARGIN, f"P(good) = {p_good} of {text!r} decides nothing; write another text"
            _known[text] = p_good > 0.5
    return {text: _known[text] for text in wanted}
