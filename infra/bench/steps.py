"""The steps of a review's way through a worker, each to be called by itself; and the same in a row."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, Final, Self

import numpy as np

from infra.bench.reading import Spent, TopicReader
from infra.bench.texts import TENANT
from models import goodness, scaling
from models.artefact import find
from models.classifier import Classifier, load
from models.engines.choose import choose
from models.preprocessing.reader import Reader
from models.preprocessing.tokenizer import Read
from stream.batching import DEFAULT_AGE_SECONDS, BatchBuffer
from stream.cadence import Cadence
from stream.deadletter import DeadLetter
from stream.drivers.sample import Offer
from stream.drivers.sampler import Sampler
from stream.duplicates import claims
from stream.fold import Keep, fold
from stream.limit import DeadLetterLimit
from stream.measures import DAY_MS, P_SCALE
from stream.pipeline import Pipeline
from stream.record import Record, Run, TopicPartition
from stream.retry import Troubles
from stream.runner import Runner
from stream.scoring import Entry, House, Processed, Score, decoded, join
from stream.standing import NOTHING, Standing
from stream.store.connection import connect, open_store
from stream.store.writer import StoreWriter

TOGETHER: Final = (("decode",), ("ids",), ("inference",), ("join",), ("fold", "apply"), ("release",))
ALONE: Final = tuple(chain.from_iterable(TOGETHER))
"""*decode*: a record's JSON to a checked event. *ids*: texts to word ids. *inference*: ids to calibrated probabilities.
*join*: what was found of a review put together with it. *fold*: scored reviews to increments, samples and ids to
remember, packed for Redis. *apply*: what the worker spends on having Redis take them. *release*: letting go of all of
that."""

SHARDS: Final = 1
KEEP: Final = Keep(50, 7 * DAY_MS)

NOTHING_READ: Final = Read(np.empty((0, 0), np.int32), [], [])

Timed = Callable[[str, Callable[[], Any]], Awaitable[Any]]


@dataclass(slots=True)
class Batch:
    """Some records, and what the steps have made of them so far."""

    tp: TopicPartition
    records: Sequence[Record]
    first: int
    last: int
    count: int
    processed: list[Processed] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    read: Read = NOTHING_READ
    scores: list[Score] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    packed: bytes = b""

    @classmethod
    def of(cls, tp: TopicPartition, records: Sequence[Record]) -> Self:
        """Fetched records, one after the other."""
        return cls(tp, records, records[0].offset, records[-1].offset, len(records))


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

    def __init__(self, model: str, duplicate_seconds: int, writer: StoreWriter, threads: int) -> None:
        artefact = find(model)
        manifest = artefact.manifest
        self._labels, self._calibration = manifest.labels, manifest.calibration
        self._reader = Reader(manifest.preprocessing, artefact.vocabulary)
        self._engine = choose(
            manifest.architecture, manifest.hyperparameters, manifest.preprocessing, artefact.weights, threads
        ).engine
        self._horizon_ms = duplicate_seconds * 1000
        self._houses = {TENANT: House(model, KEEP, self._horizon_ms)}
        self._model = model
        self._classifier: Classifier = load(model, threads=threads)
        self._writer = writer
        self._sampler = Sampler(SHARDS)

    @classmethod
    async def ready(cls, model: str, duplicate_seconds: int, redis_url: str, threads: int) -> Self:
        """Load the artefact, to compute on so many threads, and open a store.

        Raises:
            ArtefactError: there is no such artefact.
        """
        client = connect(redis_url)
        return cls(model, duplicate_seconds, StoreWriter(client, await open_store(client, SHARDS)), threads)

    async def begin_anew(self) -> None:
        """Empty the store, and forget what was known of it: a store that has samples already costs less."""
        await self._writer.client.flushdb()
        await open_store(self._writer.client, SHARDS)
        self._sampler = Sampler(SHARDS)

    async def close(self) -> None:
        """Hang up."""
        await self._writer.client.aclose()

    async def alone(self, batches: Sequence[Batch], timed: Timed) -> None:
        """One step over all batches, then the next; ``timed`` has to make each call, and to wait for what it gives.

        Only *fold* and *apply* take turns: what Redis answers says which samples are full, and may be left alone.
        """
        for names in TOGETHER:
            for batch in batches:
                for name in names:
                    await timed(name, partial(getattr(self, f"_{name}"), batch))

    async def sequence(self, reader: TopicReader, wanted: int, size: int) -> Spent:
        """All of it at once, on the threads of a worker: its runner takes what its app hands over."""
        pipeline = Pipeline(self._houses, {self._model: self._classifier}, self._writer, _NoLetters())
        cadence = Cadence(DEFAULT_AGE_SECONDS)
        buffer = BatchBuffer(size, DEFAULT_AGE_SECONDS, lambda: cadence.interval, lambda: cadence.reviews)
        runner = Runner(
            pipeline, reader.begin(), buffer, seek=_never, fences=_never, troubles=Troubles(),
            limit=DeadLetterLimit(0), took=cadence.took,
        )  # fmt: skip
        running = asyncio.create_task(runner.run())

        def done() -> int:
            if running.done():
                running.result()
            return runner.applied_records

        try:
            return await reader.read(runner.submit, done, wanted)
        finally:
            running.cancel()
            await asyncio.wait({running})

    def _decode(self, batch: Batch) -> None:
        batch.processed = [Processed(Run.of(batch.tp, 1, batch.records))]
        batch.entries = decoded(batch.processed, self._houses)[self._model]

    def _ids(self, batch: Batch) -> None:
        batch.read = self._reader.read([event for _, _, event in batch.entries])

    def _inference(self, batch: Batch) -> None:
        probabilities = scaling.answers(self._engine.logits(batch.read.ids), self._calibration)
        millionths = np.rint(goodness.p_good(probabilities, self._labels) * P_SCALE).astype(np.int64).tolist()
        batch.scores = list(zip(millionths, batch.read.words, batch.read.unknown, strict=True))

    def _join(self, batch: Batch) -> None:
        join(self._model, batch.entries, batch.scores)

    def _fold(self, batch: Batch) -> None:
        now_ms = time.time_ns() // 1_000_000
        offsets, reviews = map(list, zip(*batch.processed[0].scored, strict=True))
        increments = fold(reviews, lambda _: KEEP, now_ms)
        increments.offers = self._sampler.offers(batch.tp, reviews, offsets, lambda _: KEEP, now_ms)
        found, _ = claims(reviews, lambda _: self._horizon_ms)
        batch.offers = increments.offers
        batch.packed = self._writer.pack(increments, {TENANT: KEEP}, now_ms, found, {TENANT: self._model})

    async def _apply(self, batch: Batch) -> None:
        now_ms = time.time_ns() // 1_000_000
        applied = await self._writer.apply(*batch.tp, {0: (batch.first - 1, batch.last, batch.packed)}, now_ms)
        if applied[0].outcome != "applied":
            raise AssertionError(f"Redis did not take a batch: {applied[0]}")
        self._sampler.learn(batch.offers, applied[0].bounds)

    def _release(self, batch: Batch) -> None:
        batch.records, batch.processed, batch.entries, batch.scores = (), [], [], []
        batch.offers, batch.packed, batch.read = [], b"", NOTHING_READ


async def _never(_: object) -> Any:
    """Where to read again: nothing of a benchmark's log is lost on its way."""
    raise AssertionError("the benchmark's own log was to be read again")
