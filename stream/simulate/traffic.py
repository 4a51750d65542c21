"""Events without end, the same for the same seed and start."""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

from stream.event import ReviewEvent
from stream.simulate.catalogue import Catalogue, Subject, load, subjects
from stream.simulate.stories import Stories
from stream.simulate.writing import Mood, write

TENANTS: Final = ("shop", "bank", "cinema")

DEFAULT_START_MS: Final = 1_735_689_600_000
"""2025-01-01, for whoever does not care when."""

_ZIPF_EXPONENT: Final = 0.8
"""Reviews fall with a product's rank to this power: of sixteen products the first has a fifth of the reviews, and the
last still enough to be seen."""

_MIXED: Final = 0.08
"""Share of reviews that are neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event and the mood that it was written in."""

    event: ReviewEvent
    mood: Mood


def traffic(
    seed: int = 1,
    start_ms: int = DEFAULT_START_MS,
    rate: float = 20.0,
    tenants: Sequence[str] = TENANTS,
    story_ms: int | None = None,
) -> Iterator[ReviewEvent]:
    """Reviews as they come in: at random moments, more of popular products, along the catalogues' story lines.

    Args:
        seed: the same seed, start, rate and tenants give the same events, ids included.
        start_ms: event time of the beginning, ms since 1970-01-01 UTC.
        rate: reviews a second over all tenants, on average, while no story changes the volume.
        tenants: which of :data:`TENANTS`; each gets the same share.
        story_ms: event time at which the stories begin; None is ``start_ms``. Before it all is as at their beginning.

    Raises:
        KeyError: an unknown tenant.
    """
    return (draft.event for draft in drafts(seed, start_ms, rate, tenants, story_ms))


def drafts(
    seed: int = 1,
    start_ms: int = DEFAULT_START_MS,
    rate: float = 20.0,
    tenants: Sequence[str] = TENANTS,
    story_ms: int | None = None,
) -> Iterator[Draft]:
    """As :func:`traffic`, with the moods."""
    rng = Random(f"{seed} {start_ms}")
    shelf = _Shelf([load(tenant) for tenant in tenants])
    began = start_ms if story_ms is None else story_ms
    seconds, number, shelved = 0.0, 0, None
    while True:
        seconds += rng.expovariate(rate * shelf.volume)
        number += 1
        now_ms = start_ms + int(seconds * 1000)
        if shelved != now_ms // 1000:
            shelved = now_ms // 1000
            shelf.arrange((now_ms - began) / 60_000)
        place = shelf.pick(rng.random())
        mood: Mood = "mixed" if rng.random() < _MIXED else "good" if rng.random() < place.good else "bad"
        product = place.subject.product
        written = write(rng, place.subject, mood)
        event = ReviewEvent(
            event_id=f"sim-{seed}-{start_ms}-{number}",
            tenant=place.subject.catalogue.tenant,
            product_id=product.id,
            text=written.text,
            occurred_at=now_ms,
            title=written.title,
            rating=written.rating,
            product_name=product.name,
            brand=product.brand,
            categories=product.categories,
            language="en",
            source="simulator",
        )
        yield Draft(event, mood)


@dataclass(slots=True)
class _Place:
    """One product as it stands this second."""

    subject: Subject
    stories: Stories
    weight: float
    """Share of all reviews while no story changes the volume."""
    good: float = 0.0


class _Shelf:
    """All products of all tenants, and how likely the next review is of each."""

    def __init__(self, catalogues: list[Catalogue]) -> None:
        self._places: list[_Place] = []
        for catalogue in catalogues:
            stories = Stories(catalogue)
            shares = [(rank + 1) ** -_ZIPF_EXPONENT for rank in range(len(catalogue.products))]
            scale = sum(shares) * len(catalogues)
            for subject, share in zip(subjects(catalogue), shares, strict=True):
                self._places.append(_Place(subject, stories, share / scale))
        self._cumulated: list[float] = []
        self.volume = 1.0
        """Factor on the rate of all reviews."""

    def arrange(self, minute: float) -> None:
        """Set every product to its state at ``minute``."""
        weights = []
        for place in self._places:
            product = place.subject.product
            place.good = place.stories.good(product, minute)
            weights.append(place.weight * place.stories.volume(product, minute))
        self._cumulated = list(accumulate(weights))
        self.volume = self._cumulated[-1]

    def pick(self, chance: float) -> _Place:
        """The product at ``chance`` in 0..1."""
        return self._places[bisect(self._cumulated, chance * self.volume, hi=len(self._places) - 1)]
