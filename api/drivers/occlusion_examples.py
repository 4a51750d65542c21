"""An answer of the endpoint that explains a score, for the OpenAPI document: made-up probabilities."""

from typing import Any, Final

from api.drivers import occlusion_views as explain_views
from api.drivers.occlusion import words_of
from api.shapes import ModelName
from models.review import Review

_REVIEW: Final = Review("Stopped working after a week.", "Broken")
_P_GOOD: Final = [0.031, 0.094, 0.072, 0.041, 0.031, 0.032, 0.03]


def explained() -> dict[str, Any]:
    """A bad review: without one of its words it would be less so."""
    words = words_of(_REVIEW, titles=True)
    name = ModelName(name="products", version="1.0.0")
    return explain_views.explanation(name, _REVIEW, words, _P_GOOD, titles=True).model_dump(mode="json")
