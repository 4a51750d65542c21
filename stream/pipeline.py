"""One batch: decode, classify, fold, apply. Knows nothing of Faust.

:meth:`Pipeline.process` is the part that computes and runs on a thread of its own; :meth:`Pipeline.apply` is the part
that waits, for Redis and for the dead-letter topic, and runs on the event loop.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from models.classifier import Classifier
from stream import metrics
from stream.deadletter import DeadLetter
from stream.fold import Increments, Keep, Scored, fold
from stream.record import Run, TopicPartition
from stream.scoring import House, Processed, score
from stream.store.keys import shard_of
from stream.store.writer import Applied


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


async def fences_of(writer: Writer, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, list[int]]:
    """Each shard's fence of each partition, in one round trip a topic.

    Raises:
        StoreUnavailable: Redis did not answer.
    """
    numbers: dict[str, list[int]] = {}
    for tp in partitions:
        numbers.setdefault(tp.topic, []).append(tp.partition)
    return {
        TopicPartition(topic, partition): fences
        for topic, wanted in numbers.items()
        for partition, fences in (await writer.fences(topic, wanted)).items()
    }


class Letters(Protocol):
    """What the pipeline needs of :class:`stream.deadletter.DeadLetterWriter`."""

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Write dead letters, returning once they are acknowledged."""


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
            ClassifierFailed: the classifier does not work, whatever the review.
        """
        return score(runs, *self._world)

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
            await self._bury(result)
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

    async def _bury(self, result: Processed) -> None:
        tp = result.run.tp
        # Ask the store, not memory: letters up to the fence were written by whoever moved it.
        fence = min((await fences_of(self._writer, [tp]))[tp])
        letters = [letter for letter in result.dead if letter.record.offset > fence]
        started = time.perf_counter()
        await self._letters.send(letters)
        metrics.STAGE_SECONDS.labels("dead_letters").observe(time.perf_counter() - started)
        for letter in letters:
            metrics.DEAD_LETTERS.labels(letter.field.partition("[")[0]).inc()
        result.dead = []
