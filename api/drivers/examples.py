"""An answer of the drivers' endpoint for the OpenAPI document: made-up counts, put through the code that answers."""

from typing import Any, Final

from api.drivers.log_odds import Background, Tally
from api.drivers.views import Question, Sides, answer
from api.insight.examples import NOON

_BAD: Final = Tally(48, {"stopped": 15, "working": 15, "stopped working": 15, "week": 9, "light": 11})
_GOOD: Final = Tally(50, {"week": 2, "light": 16, "bright": 14})
_OF_ALL: Final = {"stopped": 31, "working": 38, "stopped working": 24, "week": 20, "light": 21}


def drivers() -> dict[str, Any]:
    """A lamp that stops working."""
    asked = Question(
        product_id="LAMP-7", against="good", window="7d", at_ms=NOON, leaning=None,
        min_reviews=10, min_count=5, fdr=0.05, only_significant=False, limit=5,
    )  # fmt: skip
    background = Background([(Tally(300, _OF_ALL), 2_100), (Tally(300, {"light": 40, "bright": 21}), 9_400)])
    return answer(asked, Sides((_BAD, 61), (_GOOD, 214), background)).model_dump(mode="json")
