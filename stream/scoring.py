"""Decode and classify: runs of records to scored reviews and dead letters. The same for worker and audit."""

import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models import goodness
from models.classifier import Classifier, answer
from stream import metrics
from stream.deadletter import DeadLetter
from stream.event import EVENT_VERSION, VERSION_HEADER, InvalidEvent, ReviewEvent, check_not_future, decode
from stream.fold import Keep, Scored
from stream.measures import DAY_MS, P_SCALE
from stream.record import Record, Run, Stretch, TopicPartition
from stream.standing import NOTHING, Standing
from stream.tenants import Tenant, Tenants

CANARY: Final = ReviewEvent(
    event_id="canary", tenant="aura", product_id="canary", text="It works well and arrived in time.", occurred_at=0
)
"""A review that any classifier can read. When it fails on this one too, the classifier is broken and no review is to
blame."""

HALVING_SECONDS: Final = 60.0
"""Longest search for the reviews that a classifier fails on. A thousand in one batch take some 10 s to single out;
a classifier that needs long for every failure would otherwise keep the worker busy for hours."""

_VERSION: Final = str(EVENT_VERSION).encode()
_tuple: Final[Callable[[type[Scored], tuple[ReviewEvent, int, int, int, int]], Scored]] = tuple.__new__


class ClassifierFailed(Exception):
    """The classifier is broken, and no review is to blame. It does not pass by itself, or not soon."""


@dataclass(frozen=True, slots=True)
class House:
    """What the pipeline knows of a tenant."""

    model: str
    """Of the classifiers, by the name that the store keeps: the pinned reference."""
    keep: Keep
    duplicate_ms: int = 0
    """How long an event that is published again counts as the same; 0 counts each."""


def keep_of(tenant: Tenant) -> Keep:
    """How much of its review texts the store may keep."""
    return Keep(tenant.recent_reviews, tenant.recent_days * DAY_MS)


def houses_of(tenants: Tenants, named: Mapping[str, str] = MappingProxyType({})) -> dict[str, House]:
    """What a tenants file says, as far as scoring and folding need it.

    Args:
        tenants: the file's.
        named: reference to a model, as the file has it, to that model's name; one that is missing is its own.
    """
    return {
        tenant.id: House(
            named.get(tenant.model, tenant.model),
            keep_of(tenant),
            tenant.duplicate_seconds * 1000,
        )
        for tenant in tenants.values()
    }


@dataclass(slots=True)
class Processed:
    """A run after decoding and classification."""

    run: Run
    scored: list[tuple[int, Scored]] = field(default_factory=list)
    """(offset, review), in offset order."""
    dead: list[DeadLetter] = field(default_factory=list)
    """Records that no event could be made of, to be written to the dead letters; in offset order."""
    buried: list[DeadLetter] = field(default_factory=list)
    """Those that have been."""
    duplicates: set[int] = field(default_factory=set)
    """Offsets of reviews that the store said were counted before. The log decides that, so it is asked only once."""
    missing: list[Stretch] = field(default_factory=list)
    """What the log had dropped and nobody has told yet; once it is :attr:`remembered`."""
    found_ms: int = 0
    """When that was found; 0 before the store was asked."""
    remembered: bool = False
    models: Mapping[str, str] = field(default_factory=dict)
    """Tenant to the model that scored its reviews, one for the whole run."""


Entry = tuple[Processed, Record, ReviewEvent]
"""The event of a record, and where it goes when it is scored."""

Score = tuple[int, int, int]
"""P(good) in millionths, words, and those of them that the classifier does not know."""


def score(
    runs: Sequence[Run],
    houses: Mapping[str, House],
    classifiers: Mapping[str, Classifier],
    standing: Mapping[TopicPartition, Standing] = MappingProxyType({}),
) -> list[Processed]:
    """Decode and classify runs of any partitions.

    Args:
        runs: as fetched.
        houses: tenant to its settings.
        classifiers: artefact name to the loaded classifier, one for each that ``houses`` names.
        standing: per partition, the records that stand in the dead letters; they are passed over.

    Raises:
        ClassifierFailed: the classifier does not work, whatever the review.
    """
    started = time.perf_counter()
    models = {tenant: house.model for tenant, house in houses.items()}
    results = [Processed(run, models=models) for run in runs]
    by_model = decoded(results, houses, standing)
    ended = time.perf_counter()
    metrics.STAGE_SECONDS.labels("decode").observe(ended - started)
    for model, entries in by_model.items():
        join(model, entries, _scores(classifiers[model], [event for _, _, event in entries]))
    for result in results:
        if len(by_model) > 1:
            result.scored.sort(key=lambda entry: entry[0])
        result.dead.sort(key=lambda letter: letter.record.offset)
    metrics.STAGE_SECONDS.labels("classify").observe(time.perf_counter() - ended)
    return results


def decoded(
    results: Sequence[Processed],
    houses: Mapping[str, House],
    standing: Mapping[TopicPartition, Standing] = MappingProxyType({}),
) -> dict[str, list[Entry]]:
    """The events of runs, by the model that is to score them; other records become dead letters of their run.

    Args:
        results: runs of which nothing is known yet.
        houses, standing: as for :func:`score`.
    """
    by_model: dict[str, list[Entry]] = {}
    by_tenant: dict[str, list[Entry]] = {}
    for result in results:
        refused = standing.get(result.run.tp, NOTHING)
        some = len(refused) > 0
        for record in result.run.records:
            if some and refused.holds(record):
                continue
            try:
                event = accepted(record, houses)
            except InvalidEvent as error:
                result.dead.append(DeadLetter(result.run.tp, record, error.field, error.reason))
                continue
            entries = by_tenant.get(event.tenant)
            if entries is None:
                entries = by_tenant[event.tenant] = by_model.setdefault(houses[event.tenant].model, [])
            entries.append((result, record, event))
    return by_model


def join(model: str, entries: Sequence[Entry], scores: Sequence[Score | None]) -> None:
    """Give the runs that reviews are of what a model says of them; a review without a score is a dead letter."""
    for (result, record, event), found in zip(entries, scores, strict=True):
        if found is None:
            reason = f"the classifier {model} failed on this review"
            result.dead.append(DeadLetter(result.run.tp, record, "text", reason))
        else:
            p_good, words, unknown = found
            # As Scored(...), whose call is the slowest step otherwise.
            scored = _tuple(Scored, (event, p_good, record.timestamp, words, unknown))
            result.scored.append((record.offset, scored))


def accepted(record: Record, tenants: Container[str]) -> ReviewEvent:
    """The event of a record, if a worker that knows these tenants takes it.

    Raises:
        InvalidEvent: it does not; says why.
    """
    for name, value in record.headers:
        if name == VERSION_HEADER and value != _VERSION:
            shown = value and value[:16]
            raise InvalidEvent("", f"event version {shown!r}; this worker reads version {EVENT_VERSION}")
    event = decode(record.value)
    if event.tenant not in tenants:
        raise InvalidEvent("tenant", "not in the tenants file")
    check_not_future(event, record.timestamp)
    return event


def _scores(classifier: Classifier, events: list[ReviewEvent]) -> Sequence[Score | None]:
    """The score of each; None for a review that the classifier cannot take."""
    try:
        return _answers(classifier, events)
    except Exception as error:
        _check(classifier, error)
        return _halved(classifier, events, time.monotonic() + HALVING_SECONDS)


def _halved(classifier: Classifier, events: list[ReviewEvent], deadline: float) -> list[Score | None]:
    """Scores of a batch that raised, halved until the reviews that raise stand alone."""
    if len(events) == 1:
        return [_alone(classifier, events[0])]
    half = len(events) // 2
    scores: list[Score | None] = []
    for part in (events[:half], events[half:]):
        if time.monotonic() > deadline:
            raise ClassifierFailed(
                f"{classifier.manifest.name} fails on a part of its reviews, and {HALVING_SECONDS:g} s were not enough "
                "to single them out"
            )
        try:
            scores.extend(_answers(classifier, part))
        except Exception:
            scores.extend(_halved(classifier, part, deadline))
    return scores


def _alone(classifier: Classifier, event: ReviewEvent) -> Score | None:
    """The score of a review that raised: it may have been a passing fault, or a classifier that broke meanwhile."""
    try:
        return _answers(classifier, [event])[0]
    except Exception as error:
        _check(classifier, error)
        return None


def _check(classifier: Classifier, error: Exception) -> None:
    """Return when the classifier works in general, though not on what it has just been given."""
    try:
        millionths(classifier, [CANARY])
    except Exception:
        raise ClassifierFailed(
            f"{classifier.manifest.name} fails on every review, even on a plain sentence: {type(error).__name__}"
        ) from error


def millionths(classifier: Classifier, events: Sequence[ReviewEvent]) -> list[int]:
    """P(good) of reviews.

    Raises:
        ArithmeticError: one is not a number. And whatever the classifier raises.
    """
    return _p_good(classifier, classifier.predict(events))


def _answers(classifier: Classifier, events: Sequence[ReviewEvent]) -> list[Score]:
    found = answer(classifier, events)
    return list(zip(_p_good(classifier, found.probabilities), found.words, found.unknown, strict=True))


def _p_good(classifier: Classifier, probabilities: NDArray[np.float32]) -> list[int]:
    good = np.rint(goodness.p_good(probabilities, classifier.manifest.labels) * P_SCALE)
    if not np.isfinite(good).all():
        raise ArithmeticError("the classifier gave a probability that is not a number")
    scores: list[int] = good.astype(np.int64).tolist()
    return scores
