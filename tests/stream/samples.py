"""Events, records and runs made up for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.classifier import ReviewLike
from stream.event import ReviewEvent, encode
from stream.fold import Scored
from stream.measures import P_SCALE
from stream.record import LOG_APPEND_TIME, Run, TopicPartition

NOON_MS = 1_750_161_600_000
"""2025-06-17 12:00 UTC."""

TP = TopicPartition("aura.reviews", 0)


def event(number: int = 0, **changes: Any) -> ReviewEvent:
    """A valid event."""
    fields: dict[str, Any] = {
        "event_id": f"e{number}",
        "tenant": "shop",
        "product_id": "kettle",
        "text": "Boils quickly and looks good.",
        "occurred_at": NOON_MS,
    }
    return ReviewEvent(**(fields | changes))


def scored(number: int = 0, p_good: float = 0.9, logged_ms: int = NOON_MS, **changes: Any) -> Scored:
    """A scored review."""
    return Scored(event(number, **changes), round(p_good * P_SCALE), logged_ms)


@dataclass(frozen=True)
class FakeRecord:
    """A Kafka record."""

    offset: int
    value: bytes | None
    timestamp: int = NOON_MS
    key: bytes | None = b"shop/kettle"
    headers: Sequence[tuple[str, bytes | None]] = field(default_factory=tuple)
    timestamp_type: int | None = LOG_APPEND_TIME


def record(offset: int, **changes: Any) -> FakeRecord:
    """A record that holds a valid event."""
    return FakeRecord(offset, encode(event(offset, **changes)))


def run(first: int, last: int, *, epoch: int = 1, tp: TopicPartition = TP, **changes: Any) -> Run:
    """A run of valid events."""
    return Run.of(tp, epoch, [record(offset, **changes) for offset in range(first, last + 1)])


class WordClassifier:
    """Calls a review bad when it says so; raises on a review that says to."""

    manifest = SimpleNamespace(name="words", labels=("good", "bad"))
    digest = "0" * 12
    device = "test"

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        """P(good) .9, or .1 for a text with "bad" in it."""
        if any("poison" in review.text for review in reviews):
            raise RuntimeError("cannot read this")
        good = np.array([0.1 if "bad" in review.text else 0.9 for review in reviews], np.float32)
        return np.stack([good, 1 - good], axis=1)
