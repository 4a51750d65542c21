"""One batch: decode, classify, fold, apply. Knows nothing of Faust.

:meth:`Pipeline.process` is the part that computes and runs on a thread of its own; :meth:`Pipeline.apply` is the part
that waits, for Redis and for the dead-letter topic, and runs on the event loop.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.classifier import Classifier
from stream import metrics
from stream.deadletter import DeadLetter
from stream.event import EVENT_VERSION, VERSION_HEADER, InvalidEvent, ReviewEvent, check_not_future, decode
from stream.fold import Increments, Keep, Scored, fold
from stream.measures import P_SCALE
from stream.record import Record, Run, TopicPartition
from stream.store.keys import shard_of
from stream.store.writer import Applied

POISON_MIN_BATCH: Final = 2
"""A batch of this many reviews or more that fail one by one points at the classifier, not at the reviews."""

_VERSION: Final = str(EVENT_VERSION).encode()


class ClassifierFailed(Exception):
    """The classifier raised on every review of a batch: it is broken, and no review is to blame."""


class Behind(Exception):
    """The store lost effects it once had; the partition must be read again from ``offset``."""

    def __init__(self, tp: TopicPartition, offset: int) -> None:
        super().__init__(f"the store has lost effects of {tp}; reading again from offset {offset}")
        self.tp = tp
        self.offset = offset


class Writer(Protocol):
    """What the pipeline needs of :class:`stream.store.writer.StoreWriter`."""

    shards: int

    def pack(self, increments: Increments, keep: dict[str, Keep], now_ms: int) -> bytes:
        """Increments of one shard, ready to be applied."""

    async def apply(
        self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int
    ) -> dict[int, Applied]:
        """Apply increments and fences."""

    async def fences(self, topic: str, partitions: list[int]) -> dict[int, list[int]]:
        """Each shard's fence of each partition."""


class Letters(Protocol):
    """What the pipeline needs of :class:`stream.deadletter.DeadLetterWriter`."""

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Write dead letters, returning once they are acknowledged."""


@dataclass(frozen=True, slots=True)
class House:
    """What the pipeline knows of a tenant."""

    model: str
    keep: Keep


@dataclass(slots=True)
class Processed:
    """A run after decoding and classification."""

    run: Run
    scored: list[tuple[int, Scored]] = field(default_factory=list)
    """(offset, review), in offset order."""
    dead: list[DeadLetter] = field(default_factory=list)


class Pipeline:
    """The way of a batch. One batch at a time goes through each of its two halves.

    Args:
        houses: tenant to its settings; replace it with :meth:`settle` when the tenants file changes.
        classifiers: artefact name to the loaded classifier, one for each that ``houses`` names.
    """

    def __init__(
        self, houses: Mapping[str, House], classifiers: Mapping[str, Classifier], writer: Writer, letters: Letters
    ) -> None:
        self._writer = writer
        self._letters = letters
        self.settle(houses, classifiers)

    def settle(self, houses: Mapping[str, House], classifiers: Mapping[str, Classifier]) -> None:
        """Take over tenants and classifiers; a batch under way keeps the old ones."""
        missing = {house.model for house in houses.values()} - set(classifiers)
        if missing:
            raise ValueError(f"tenants name models that are not loaded: {', '.join(sorted(missing))}")
        self._world = (dict(houses), dict(classifiers))

    def process(self, runs: Sequence[Run]) -> list[Processed]:
        """Decode and classify runs of any partitions.

        Raises:
            ClassifierFailed: the classifier raised on every review.
        """
        houses, classifiers = self._world
        started = time.perf_counter()
        results = [Processed(run) for run in runs]
        by_model: dict[str, list[tuple[Processed, Record, ReviewEvent]]] = {}
        for result in results:
            for record in result.run.records:
                try:
                    event = _decoded(record, houses)
                except InvalidEvent as error:
                    result.dead.append(DeadLetter(result.run.tp, record, error.field, error.reason))
                else:
                    by_model.setdefault(houses[event.tenant].model, []).append((result, record, event))
        decoded = time.perf_counter()
        metrics.STAGE_SECONDS.labels("decode").observe(decoded - started)
        for model, entries in by_model.items():
            scores = _scores(classifiers[model], [event for _, _, event in entries])
            for (result, record, event), p_good in zip(entries, scores, strict=True):
                if p_good is None:
                    reason = f"the classifier {model} failed on this review"
                    result.dead.append(DeadLetter(result.run.tp, record, "text", reason))
                else:
                    result.scored.append((record.offset, Scored(event, p_good, record.timestamp)))
        if len(by_model) > 1:
            for result in results:
                result.scored.sort(key=lambda entry: entry[0])
        metrics.STAGE_SECONDS.labels("classify").observe(time.perf_counter() - decoded)
        return results

    async def apply(self, result: Processed, fences: list[int]) -> None:
        """Apply one run to every shard; ``fences``, the store's as known, are moved in place.

        Runs that another worker has applied meanwhile are refused by the store and left out here.

        Raises:
            Behind: the store has lost effects; nothing of this run is in the shards that lost them.
            StoreUnavailable: Redis did not answer; call again, shards that took the run refuse it the second time.
            DeadLettersUnavailable: Kafka did not acknowledge; call again.
        """
        tp, last = result.run.tp, result.run.last
        if result.dead:
            await self._bury(result, fences)
        waiting = {shard for shard, fence in enumerate(fences) if fence < last}
        while waiting:
            now_ms = time.time_ns() // 1_000_000
            started = time.perf_counter()
            packed = self._packed(result, fences, waiting, now_ms)
            folded = time.perf_counter()
            outcomes = await self._writer.apply(
                tp.topic, tp.partition, {shard: (fences[shard], last, packed[shard][0]) for shard in waiting}, now_ms
            )
            metrics.STAGE_SECONDS.labels("fold").observe(folded - started)
            metrics.STAGE_SECONDS.labels("apply").observe(time.perf_counter() - folded)
            lost: list[int] = []
            for shard, applied in outcomes.items():
                if applied.outcome == "applied":
                    for tenant, reviews in packed[shard][1].items():
                        metrics.REVIEWS.labels(tenant).inc(reviews)
                else:
                    metrics.REFUSED_RUNS.labels(applied.outcome).inc()
                if applied.outcome == "behind":
                    lost.append(applied.fence)
                fences[shard] = last if applied.outcome == "applied" else applied.fence
                if applied.outcome in ("applied", "stale"):
                    waiting.discard(shard)
            if lost:
                raise Behind(tp, min(lost) + 1)

    def _packed(
        self, result: Processed, fences: list[int], shards: set[int], now_ms: int
    ) -> dict[int, tuple[bytes, dict[str, int]]]:
        """Shard to its packed increments, and the reviews a tenant that are in them."""
        keep = {tenant: house.keep for tenant, house in self._world[0].items()}
        count = len(fences)
        split: dict[int, list[Scored]] = {shard: [] for shard in shards}
        for offset, scored in result.scored:
            shard = shard_of(scored.event.tenant, scored.event.product_id, count)
            if shard in shards and offset > fences[shard]:
                split[shard].append(scored)
        # A tenant that left the file between the two halves of a batch keeps no text.
        nothing = Keep(0, 0)
        packed: dict[int, tuple[bytes, dict[str, int]]] = {}
        for shard, reviews in split.items():
            increments = fold(reviews, lambda tenant: keep.get(tenant, nothing), now_ms)
            counts = {tenant: delta.totals.reviews for tenant, delta in increments.tenants.items()}
            packed[shard] = self._writer.pack(increments, keep, now_ms), counts
        return packed

    async def _bury(self, result: Processed, fences: list[int]) -> None:
        tp = result.run.tp
        # Ask the store, not memory: letters up to the fence were written by whoever moved it.
        fence = min((await self._writer.fences(tp.topic, [tp.partition]))[tp.partition])
        letters = [letter for letter in result.dead if letter.record.offset > fence]
        started = time.perf_counter()
        await self._letters.send(letters)
        metrics.STAGE_SECONDS.labels("dead_letters").observe(time.perf_counter() - started)
        for letter in letters:
            metrics.DEAD_LETTERS.labels(letter.field.partition("[")[0]).inc()
        result.dead = []


def _decoded(record: Record, houses: Mapping[str, House]) -> ReviewEvent:
    for name, value in record.headers:
        if name == VERSION_HEADER and value != _VERSION:
            raise InvalidEvent("", f"event version {value[:16]!r}; this worker reads version {EVENT_VERSION}")
    event = decode(record.value)
    if event.tenant not in houses:
        raise InvalidEvent("tenant", "not in the tenants file")
    check_not_future(event, record.timestamp)
    return event


def _scores(classifier: Classifier, events: list[ReviewEvent]) -> list[int | None]:
    """P(good) in millionths; None for a review that the classifier cannot take."""
    try:
        return _millionths(classifier.predict(events))
    except Exception as error:
        scores = _halved(classifier, events)
        if len(events) >= POISON_MIN_BATCH and all(score is None for score in scores):
            raise ClassifierFailed(
                f"{classifier.manifest.name} failed on all {len(events)} reviews of a batch: {type(error).__name__}"
            ) from error
        return scores


def _halved(classifier: Classifier, events: list[ReviewEvent]) -> list[int | None]:
    """Halve a batch that raised until the reviews that raise stand alone."""
    if len(events) == 1:
        return [None]
    half = len(events) // 2
    scores: list[int | None] = []
    for part in (events[:half], events[half:]):
        try:
            scores.extend(_millionths(classifier.predict(part)))
        except Exception:
            scores.extend(_halved(classifier, part))
    return scores


def _millionths(probabilities: NDArray[np.float32]) -> list[int | None]:
    # Column 0 is "good" in every two-class artefact (checked when it is loaded).
    good = np.rint(probabilities[:, 0].astype(np.float64) * P_SCALE)
    if not np.isfinite(good).all():
        raise ArithmeticError("the classifier gave a probability that is not a number")
    scores: list[int | None] = good.astype(np.int64).tolist()
    return scores
