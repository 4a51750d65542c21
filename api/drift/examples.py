"""Answers on drift and accuracy for the OpenAPI document: made-up counts, put through the code that answers."""

from typing import Any, Final

from api.drift import views as drift_views
from api.insight.examples import NOON
from models.manifest import Metrics
from stream import drift as judging
from stream.drift import DriftWindow, Hours, Reference
from stream.measures import HOUR_MS, Measures
from stream.spread import Spread

_MODEL: Final = "products@4f2e9c01ab37"
_BEFORE: Final = Spread([1, 1, 0, 0, 0, 0, 0, 1, 3, 14], 17_100_000, 600, 18)
_NOW: Final = (
    Spread([3, 1, 1, 1, 0, 1, 1, 1, 3, 8], 12_600_000, 600, 37),
    Spread([2, 2, 1, 0, 1, 1, 1, 1, 4, 7], 12_900_000, 600, 44),
)
_CARD: Final = Metrics(
    rows=5098, bad_share=0.102, accuracy=0.9523, macro_f1=0.8484, recall_bad=0.6096, precision_bad=0.888,
    roc_auc=0.9498, pr_auc=0.8268, log_loss=0.1366, ece=0.0063, confusion=((4538, 40), (203, 317)),
)  # fmt: skip


def drift() -> dict[str, Any]:
    """A tenant whose reviews turned bad yesterday at noon."""
    window: DriftWindow = "24h"
    reference: Reference = "30d"
    over = judging.period(window, reference, NOON)
    hours: Hours = [
        *((start, _BEFORE) for start in range(over.reference_ms, over.from_ms, HOUR_MS)),
        *((start, _NOW[start // HOUR_MS % 2]) for start in range(over.from_ms, over.to_ms, HOUR_MS)),
    ]
    found = judging.examine({_MODEL: hours}, over, change=lambda _: over.from_ms)
    return drift_views.drift(found, over, window=window, reference=reference, at_ms=NOON).model_dump(mode="json")


def accuracy() -> dict[str, Any]:
    """A product whose reviews the model reads less well than its test's."""
    counts = Measures(180, 120, 122_000_000, 120, 444, 38, 101)
    hour = Measures(9, 6, 6_100_000, 6, 22, 2, 5)
    return drift_views.accuracy(
        counts, [(NOON, hour)], window="7d", at_ms=NOON, model="products", card=_CARD
    ).model_dump(mode="json")
