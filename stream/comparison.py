"""Two models' answers to the same reviews, counted. Pure values, no I/O."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Final

from msgspec import Struct

from stream.fold import RECENT_TEXT_CHARS, Scored
from stream.measures import P_SCALE, is_good

SHOWN: Final = 50
"""Differing reviews kept a comparison: as many as a person reads before judging."""


@dataclass(slots=True)
class Tally:
    """Reviews that both have answered, by what they said. Right is who says of a rated review what its stars say."""

    scored: int = 0
    both_good: int = 0
    only_active_good: int = 0
    only_shadow_good: int = 0
    both_bad: int = 0
    difference: int = 0
    """Sum of the shadow's P(good) less the active one's, in millionths."""
    distance: int = 0
    """The same of absolute values."""
    both_right: int = 0
    only_active_right: int = 0
    only_shadow_right: int = 0
    both_wrong: int = 0
    passed_over: int = 0
    """Reviews that the shadow had no time for."""

    def add(self, active: int, shadow: int, rating: int | None) -> bool:
        """One review: P(good) of both in millionths, and its stars. Returns whether the labels differ."""
        good, also = is_good(active), is_good(shadow)
        self.scored += 1
        self.difference += shadow - active
        self.distance += abs(shadow - active)
        if good == also:
            self.both_good += good
            self.both_bad += not good
        else:
            self.only_active_good += good
            self.only_shadow_good += also
        if rating is not None:
            right, also_right = good == (rating >= 4), also == (rating >= 4)
            self.both_right += right and also_right
            self.only_active_right += right and not also_right
            self.only_shadow_right += also_right and not right
            self.both_wrong += not (right or also_right)
        return good != also

    def as_dict(self) -> dict[str, int]:
        """The counters by name."""
        return dict(zip(self.__slots__, astuple(self), strict=True))


class Disagreement(Struct, frozen=True, omit_defaults=True):
    """A review that the two label differently."""

    event_id: str
    product_id: str
    text: str
    """Its beginning."""
    occurred_ms: int
    p_good: float
    """The active model's."""
    shadow_p_good: float
    title: str | None = None
    rating: int | None = None
    truncated: bool = False


def compare(reviews: Iterable[Scored], shadow: Iterable[int]) -> tuple[Tally, list[tuple[int, Disagreement]]]:
    """Count answers, the active model's in ``reviews`` and the shadow's in millionths.

    Returns:
        The counts; and the newest disagreements, at most :data:`SHOWN`, each with the time that the log took it.
    """
    tally, differing = Tally(), []
    for scored, p_shadow in zip(reviews, shadow, strict=True):
        event, p_good, logged_ms, *_ = scored
        if tally.add(p_good, p_shadow, event.rating):
            differing.append((logged_ms, _disagreement(scored, p_shadow)))
    return tally, differing[-SHOWN:]


def _disagreement(scored: Scored, p_shadow: int) -> Disagreement:
    event = scored.event
    return Disagreement(
        event_id=event.event_id,
        product_id=event.product_id,
        text=event.text[:RECENT_TEXT_CHARS],
        occurred_ms=event.occurred_ms,
        p_good=scored.p_good / P_SCALE,
        shadow_p_good=p_shadow / P_SCALE,
        title=event.title,
        rating=event.rating,
        truncated=len(event.text) > RECENT_TEXT_CHARS,
    )
