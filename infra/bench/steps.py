"""The steps of a review's way through a worker, each to be called by itself; and the same in a row."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, count
from typing import Any, Final, Self

import numpy as np

from infra.bench.kafka_batches import packed, unpacked
from infra.bench.texts import TENANT
from models import goodness, scaling
from models.artefact import find
from models.classifier import Classifier, load
from models.engines.choose import choose
from models.preprocessing.reader import Reader
from models.preprocessing.tokenizer import Read
from stream.deadletter import DeadLetter
from stream.drivers.sample import Offer
from stream.drivers.sampler import Sampler
from stream.duplicates import claims
from stream.event import ReviewEvent
from stream.fold import Keep, Scored, fold
from stream.measures import DAY_MS, P_SCALE
from stream.pipeline import Pipeline
from stream.record import Record, Run, TopicPartition
from stream.scoring import House, accepted
from stream.standing import NOTHING, Standing
from stream.store.connection import connect, open_store
from stream.store.writer import StoreWriter

TOGETHER: Final = (("unpack",), ("decode",), ("ids",), ("inference",), ("fold", "apply"), ("release",))
STEPS: Final = tuple(chain.from_iterable(TOGETHER))
"""*unpack*: Kafka's bytes to records. *decode*: a record's JSON to a checked event. *ids*: texts to word ids.
*inference*: ids to calibrated probabilities. *fold*: scored reviews to increments, samples and ids to remember, packed
for Redis. *apply*: what the worker spends on having Redis take them. *release*: letting go of all of that."""

TOPIC: Final = "bench.stages"
SHARDS: Final = 1
KEEP: Final = Keep(50, 7 * DAY_MS)

NOTHING_READ: Final = Read(np.empty((0, 0), np.int32), [], [])

Timed = Callable[[str, Callable[[], Any]], Awaitable[Any]]


@dataclass(slots=True)
class Batch:
    """Some reviews, and what the steps have made of them so far."""

    tp: TopicPartition
    first: int
    events: Sequence[ReviewEvent]
    sent: bytes
    records: Sequence[Record] = ()
    decoded: list[ReviewEvent] = field(default_factory=list)
    read: Read = NOTHING_READ
    scored: list[Scored] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    packed: bytes = b""

    @property
    def last(self) -> int:
        """Offset of the last record."""
        return self.first + len(self.events) - 1


class _NoLetters:
    """Dead letters of a log that has none."""

    async def take(self, tp: TopicPartition, since_ms: int) -> Standing:
        """There are none."""
        return NOTHING

    def holds(self, tp: TopicPartition) -> bool:
        """Nobody else writes here."""
        return True

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Every event is good."""
        raise AssertionError(f"{len(letters)} of the benchmark's own reviews were refused: {letters[0].reason}")


class Steps:
    """All that a worker has for one tenant, over a real Redis. Make one with :meth:`ready`."""

    def __init__(self, model: str, duplicate_seconds: int, writer: StoreWriter) -> None:
        artefact = find(model)
        manifest = artefact.manifest
        self._labels, self._calibration = manifest.labels, manifest.calibration
        self._reader = Reader(manifest.preprocessing, artefact.vocabulary)
        self._engine = choose(
            manifest.architecture, manifest.hyperparameters, manifest.preprocessing, artefact.weights, 1
        ).engine
        self._horizon_ms = duplicate_seconds * 1000
        self._houses = {TENANT: House(model, KEEP, self._horizon_ms)}
        self._model = model
        self._classifier: Classifier = load(model, threads=1)
        self._writer = writer
        self._begin()
        self._partitions = count()

    @classmethod
    async def ready(cls, model: str, duplicate_seconds: int, redis_url: str) -> Self:
        """Load the artefact, and open a store.

        Raises:
            ArtefactError: there is no such artefact.
        """
        client = connect(redis_url)
        return cls(model, duplicate_seconds, StoreWriter(client, await open_store(client, SHARDS)))

    async def begin_anew(self) -> None:
        """Empty the store, and forget what was known of it: a store that has samples already costs less."""
        await self._writer.client.flushdb()
        await open_store(self._writer.client, SHARDS)
        self._begin()

    def _begin(self) -> None:
        self._sampler = Sampler(SHARDS)
        self._pipeline = Pipeline(self._houses, {self._model: self._classifier}, self._writer, _NoLetters())

    async def close(self) -> None:
        """Hang up."""
        await self._writer.client.aclose()

    def batches(self, events: Sequence[ReviewEvent], size: int) -> list[Batch]:
        """The events as a partition of its own, so that none of them is a duplicate."""
        tp, now_ms = TopicPartition(TOPIC, next(self._partitions)), time.time_ns() // 1_000_000
        return [
            Batch(tp, first, some, packed(some, first, now_ms))
            for first in range(0, len(events), size)
            if (some := events[first : first + size])
        ]

    async def alone(self, batches: Sequence[Batch], timed: Timed) -> None:
        """One step over all batches, then the next; ``timed`` has to make each call, and to wait for what it gives.

        Only *fold* and *apply* take turns: what Redis answers says which samples are full, and may be left alone.
        """
        for names in TOGETHER:
            for batch in batches:
                for name in names:
                    await timed(name, partial(getattr(self, f"_{name}"), batch))

    async def sequence(self, batches: Sequence[Batch]) -> None:
        """All of a batch before the next one, as a worker's own pipeline does it."""
        fences = [-1]
        for batch in batches:
            run = Run.of(batch.tp, 1, unpacked(batch.sent, *batch.tp, batch.first))
            for processed in self._pipeline.process([run]):
                await self._pipeline.apply(processed, fences)

    def _unpack(self, batch: Batch) -> None:
        batch.records = unpacked(batch.sent, *batch.tp, batch.first)

    def _decode(self, batch: Batch) -> None:
        batch.decoded = [accepted(record, self._houses) for record in batch.records]

    def _ids(self, batch: Batch) -> None:
        batch.read = self._reader.read(batch.decoded)

    def _inference(self, batch: Batch) -> None:
        probabilities = scaling.answers(self._engine.logits(batch.read.ids), self._calibration)
        millionths = np.rint(goodness.p_good(probabilities, self._labels) * P_SCALE).astype(np.int64).tolist()
        batch.scored = [
            tuple.__new__(Scored, (event, p_good, record.timestamp, words, unknown))  # as stream.scoring does
            for event, p_good, record, words, unknown in zip(
                batch.decoded, millionths, batch.records, batch.read.words, batch.read.unknown, strict=True
            )
        ]

    def _fold(self, batch: Batch) -> None:
        now_ms = time.time_ns() // 1_000_000
        increments = fold(batch.scored, lambda _: KEEP, now_ms)
        offsets = range(batch.first, batch.last + 1)
        increments.offers = self._sampler.offers(batch.tp, batch.scored, offsets, lambda _: KEEP, now_ms)
        found, _ = claims(batch.scored, lambda _: self._horizon_ms)
        batch.offers = increments.offers
        batch.packed = self._writer.pack(increments, {TENANT: KEEP}, now_ms, found, {TENANT: self._model})

    async def _apply(self, batch: Batch) -> None:
        now_ms = time.time_ns() // 1_000_000
        applied = await self._writer.apply(*batch.tp, {0: (batch.first - 1, batch.last, batch.packed)}, now_ms)
        if applied[0].outcome != "applied":
            raise AssertionError(f"Redis did not take a batch: {applied[0]}")
        self._sampler.learn(batch.offers, applied[0].bounds)

    def _release(self, batch: Batch) -> None:
        batch.records, batch.decoded, batch.scored, batch.offers, batch.packed = (), [], [], [], b""
        batch.read = NOTHING_READ
