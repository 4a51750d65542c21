"""What the totals must be after reviews were counted: as many, and labelled as the classifier labels them by itself."""

from collections.abc import Iterable
from typing import Final

from redis import Redis

from infra.bench.texts import TENANT
from infra.errors import CommandError
from models import classifier
from stream.border import Leeway, near
from stream.event import ReviewEvent
from stream.measures import is_good
from stream.scoring import millionths
from stream.store.totals import measures_of

CHUNK: Final = 4_096
"""Texts classified at once."""


class Expected:
    """Totals of one tenant, added up beside the workers. Texts are classified once, however often they come.

    A review at the very border between good and bad may be labelled either way, for the last digit of an answer
    depends on what stands beside it in its batch (:mod:`stream.border`); such a difference is none, and is counted.

    Args:
        model: reference to the artefact.

    Raises:
        ArtefactError: there is no such artefact.
    """

    def __init__(self, model: str) -> None:
        self._classifier = classifier.load(model)
        self._p_good: dict[tuple[str | None, str], int] = {}

    def check(self, client: Redis, events: Iterable[ReviewEvent]) -> int:
        """Compare the store with ``events``, which are all it was given; how many of them are at the border.

        Raises:
            CommandError: the totals are others.
        """
        events = list(events)
        self._classify(events)
        scores = [self._p_good[_read(event)] for event in events]
        good, leeway = sum(map(is_good, scores)), Leeway()
        for score in filter(near, scores):
            leeway.add(score, None)
        found = measures_of(client, TENANT)
        if found.reviews != len(events):
            raise CommandError(f"{found.reviews} reviews were counted, {len(events)} were published")
        if not leeway.allows(found.good - good, 0):
            raise CommandError(
                f"{found.good} of {found.reviews} reviews were counted as good, the classifier itself finds {good} "
                f"({leeway.fewer_good} less or {leeway.more_good} more would do, for reviews at the border)"
            )
        return leeway.fewer_good + leeway.more_good

    def _classify(self, events: Iterable[ReviewEvent]) -> None:
        unknown = list({_read(event): event for event in events if _read(event) not in self._p_good}.values())
        for start in range(0, len(unknown), CHUNK):
            some = unknown[start : start + CHUNK]
            self._p_good.update(zip(map(_read, some), millionths(self._classifier, some), strict=True))


def _read(event: ReviewEvent) -> tuple[str | None, str]:
    """What a classifier reads of an event."""
    return event.title, event.text
