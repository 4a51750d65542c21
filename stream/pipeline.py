"""One batch: decode, classify, fold, apply. Knows nothing of Faust.

:meth:`Pipeline.process` is the part that computes and runs on a thread of its own; :meth:`Pipeline.apply` is the part
that waits, for Redis and for the dead-letter topic, and runs on the event loop.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.classifier import Classifier
from stream import metrics, uncounted
from stream.deadletter import DeadLetter
from stream.drivers.sample import Offer
from stream.drivers.sampler import Sampler
from stream.duplicates import Claim, claims
from stream.fold import Increments, Keep, Scored, fold
from stream.record import LOG_APPEND_TIME, Record, Run, Stretch, TopicPartition
from stream.scoring import House, Processed, score
from stream.standing import Standing
from stream.store.keys import shard_of
from stream.store.reign import Deposed
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

    def pack(
        self,
        increments: Increments,
        keep: dict[str, Keep],
        now_ms: int,
        claims: Sequence[Claim],
        models: Mapping[str, str],
    ) -> bytes:
        """Increments of one shard, with the model that scored each tenant's reviews, ready to be applied unless one of
        the claims' ids was seen before."""

    async def apply(
        self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int, token: str
    ) -> dict[int, Applied]:
        """Apply increments and fences, if the token is still the partition's."""

    async def fences(self, topic: str, partitions: list[int]) -> dict[int, list[int]]:
        """Each shard's fence of each partition."""

    async def claim(self, tp: TopicPartition) -> str:
        """Take a partition from whoever had it; our token."""

    async def look(self, tp: TopicPartition, token: str) -> list[int]:
        """Each shard's fence of a partition that is still ours; else :class:`Deposed`."""

    async def remember_lost(self, tp: TopicPartition, stretches: Sequence[Stretch], found_ms: int) -> list[Stretch]:
        """Keep for people what the log dropped before it was read; what of it was not known."""


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
    """What the pipeline needs of :class:`stream.burial.DeadLetterWriter`."""

    async def take(self, tp: TopicPartition, since_ms: int) -> Standing:
        """Become the only writer of a partition's letters; the records that stand there since then."""

    def holds(self, tp: TopicPartition) -> bool:
        """Whether we are that, as far as we know."""

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Write dead letters of one partition, all or none."""


@dataclass(slots=True)
class _Part:
    """What a run holds for one shard."""

    reviews: list[Scored] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    """Of ``reviews``, one each."""
    duplicates: Counter[str] = field(default_factory=Counter)
    """Tenant to its reviews that are left out."""
    claimed: list[int] = field(default_factory=list)
    """Which of ``reviews`` each claimed id is of."""
    counted: dict[str, int] = field(default_factory=dict)
    """Tenant to its reviews that count."""
    offers: list[Offer] = field(default_factory=list)
    packed: bytes = b""


class Pipeline:
    """The way of a batch. One batch at a time goes through each of its two halves.

    Args:
        houses: tenant to its settings; replace it with :meth:`settle` when the tenants file changes.
        classifiers: artefact name to the loaded classifier, one for each that ``houses`` names.
        writer: the store.
        letters: the dead-letter topic.
        counted: told of every run once it is in the store.
    """

    def __init__(
        self,
        houses: Mapping[str, House],
        classifiers: Mapping[str, Classifier],
        writer: Writer,
        letters: Letters,
        counted: Callable[[Processed], None] = lambda _: None,
    ) -> None:
        self.version = 0
        """Counts the settlings: who holds a batch back for what it holds may try again after one."""
        self._writer = writer
        self._letters = letters
        self._counted = counted
        self._standing: dict[TopicPartition, Standing] = {}
        self._reigns: dict[TopicPartition, tuple[int, str]] = {}
        self._sampler = Sampler(writer.shards)
        self.settle(houses, classifiers)

    def settle(self, houses: Mapping[str, House], classifiers: Mapping[str, Classifier]) -> None:
        """Take over tenants and classifiers; a batch under way keeps the old ones."""
        missing = {house.model for house in houses.values()} - set(classifiers)
        if missing:
            raise ValueError(f"tenants name models that are not loaded: {', '.join(sorted(missing))}")
        self._world = (dict(houses), dict(classifiers))
        self.version += 1

    async def learn(self, run: Run) -> None:
        """Take a partition over with the first run after a seek or assignment; and look which records stand in the dead
        letters with the first one that holds any.

        They were refused, and stay so whenever the log is read again, though the tenants file may have changed since;
        what counts is their replay. From then on nobody else can add to them, or count records
        (:mod:`stream.store.reign`).

        Raises:
            StoreUnavailable: Redis did not answer; call again.
            DeadLettersUnavailable: Kafka does not say; call again.
        """
        # Once an epoch: one that has lost the partition, and waits for Kafka, must not depose the other all the time.
        if self._reigns.get(run.tp, (0, ""))[0] != run.epoch:
            self._reigns[run.tp] = (run.epoch, await self._writer.claim(run.tp))
        if run.records:
            self._standing[run.tp] = await self._letters.take(run.tp, _since_ms(run.records[0]))

    def process(self, runs: Sequence[Run]) -> list[Processed]:
        """Decode and classify runs of any partitions.

        Raises:
            ClassifierFailed: the classifier does not work, whatever the review.
        """
        return score(runs, *self._world, self._standing)

    async def apply(self, result: Processed, fences: list[int]) -> None:
        """Apply one run to every shard; ``fences``, the store's as known, are moved in place.

        Runs that another worker has applied meanwhile are refused by the store and left out here, and so are reviews
        whose event was counted before; where there are such, the store is asked twice.

        Raises:
            Behind: the store has lost effects; nothing of this run is in the shards that lost them.
            Deposed: another worker has taken the partition over.
            StoreUnavailable: Redis did not answer; call again, shards that took the run refuse it the second time.
            DeadLettersUnavailable: Kafka did not acknowledge; call again.
        """
        tp, last = result.run.tp, result.run.last
        _, token = self._reigns.get(tp, (0, ""))
        if result.run.lost and not result.remembered:
            await self._remember(result, token)
        if result.dead:
            await self._bury(result, token)
        waiting = {shard for shard, fence in enumerate(fences) if fence < last}
        while waiting:
            now_ms = time.time_ns() // 1_000_000
            started = time.perf_counter()
            parts = self._parts(result, fences, waiting, now_ms)
            folded = time.perf_counter()
            outcomes = await self._writer.apply(
                tp.topic,
                tp.partition,
                {shard: (fences[shard], last, parts[shard].packed) for shard in waiting},
                now_ms,
                token,
            )
            metrics.STAGE_SECONDS.labels("fold").observe(folded - started)
            metrics.STAGE_SECONDS.labels("apply").observe(time.perf_counter() - folded)
            lost: list[int] = []
            for shard, applied in outcomes.items():
                part = parts[shard]
                if applied.outcome == "applied":
                    for tenant, reviews in part.counted.items():
                        metrics.REVIEWS.labels(tenant).inc(reviews)
                    for tenant, reviews in part.duplicates.items():
                        metrics.DUPLICATES.labels(tenant).inc(reviews)
                    self._sampler.learn(part.offers, applied.bounds)
                elif applied.outcome == "duplicates":
                    result.duplicates.update(part.offsets[part.claimed[position]] for position in applied.duplicates)
                elif applied.outcome != "deposed":
                    metrics.REFUSED_RUNS.labels(applied.outcome).inc()
                if applied.outcome == "behind":
                    lost.append(applied.fence)
                fences[shard] = last if applied.outcome == "applied" else applied.fence
                if applied.outcome in ("applied", "stale"):
                    waiting.discard(shard)
            if lost:
                self._sampler.forget()
                raise Behind(tp, min(lost) + 1)
            if any(applied.outcome == "deposed" for applied in outcomes.values()):
                raise Deposed(tp)
        self._counted(result)

    def _parts(self, result: Processed, fences: list[int], shards: set[int], now_ms: int) -> dict[int, _Part]:
        """What each shard lacks of the run, folded and packed."""
        parts = {shard: _Part() for shard in shards}
        if len(fences) == 1 and not result.duplicates and result.scored and result.scored[0][0] > fences[0]:
            offsets, reviews = zip(*result.scored, strict=True)  # the usual case: all of it
            parts[0].offsets, parts[0].reviews = list(offsets), list(reviews)
        else:
            _divide(result, fences, parts)
        houses = self._world[0]
        keep = {tenant: house.keep for tenant, house in houses.items()}
        horizons = {tenant: house.duplicate_ms for tenant, house in houses.items()}
        # A tenant that left the file between the two halves of a batch keeps no text, and no ids.
        nothing = Keep(0, 0)
        for part in parts.values():
            increments = fold(part.reviews, lambda tenant: keep.get(tenant, nothing), now_ms)
            part.offers = increments.offers = self._sampler.offers(
                result.run.tp, part.reviews, part.offsets, lambda tenant: keep.get(tenant, nothing), now_ms
            )
            part.counted = {tenant: delta.totals.reviews for tenant, delta in increments.tenants.items()}
            found, part.claimed = claims(part.reviews, lambda tenant: horizons.get(tenant, 0))
            part.packed = self._writer.pack(increments, keep, now_ms, found, result.models)
        return parts

    async def _remember(self, result: Processed, token: str) -> None:
        """Keep what the log had dropped, but for what another worker had read in time."""
        fences = await self._writer.look(result.run.tp, token)
        result.found_ms = result.found_ms or time.time_ns() // 1_000_000
        if lost := uncounted.stretches(result.run.lost, fences):
            result.missing += await self._writer.remember_lost(result.run.tp, lost, result.found_ms)
        result.remembered = True

    async def _bury(self, result: Processed, token: str) -> None:
        tp = result.run.tp
        started = time.perf_counter()
        if not self._letters.holds(tp):
            # A try has failed: some of its letters may stand there all the same. Or another worker has shut us out: if
            # it rules the partition by now, we do not shut it out in turn.
            await self._writer.look(tp, token)
            standing = await self._letters.take(tp, _since_ms(result.dead[0].record))
            result.dead = [letter for letter in result.dead if not standing.holds(letter.record)]
        # After that: whoever rules the partition now has shut out the others before.
        result.dead = uncounted.letters(result.dead, await self._writer.look(tp, token))
        if result.dead:
            await self._letters.send(result.dead)
        metrics.STAGE_SECONDS.labels("dead_letters").observe(time.perf_counter() - started)
        for letter in result.dead:
            metrics.DEAD_LETTERS.labels(letter.field.partition("[")[0]).inc()
        result.buried += result.dead
        result.dead = []


def _divide(result: Processed, fences: list[int], parts: dict[int, _Part]) -> None:
    """Give each shard those of a run's reviews that it lacks."""
    for offset, scored in result.scored:
        event = scored.event
        shard = shard_of(event.tenant, event.product_id, len(fences))
        if shard in parts and offset > fences[shard]:
            if offset in result.duplicates:
                parts[shard].duplicates[event.tenant] += 1
            else:
                parts[shard].reviews.append(scored)
                parts[shard].offsets.append(offset)


def _since_ms(record: Record) -> int:
    """No letter of this record or a later one is older. A producer may stamp its records with any time."""
    return record.timestamp if record.timestamp_type == LOG_APPEND_TIME else 0
