"""The audit: the log folded again by the same pure code, compared with what Redis holds, beside live workers.

One shard after the other: entities are read in transactions together with the shard's fences; the log is read up to
exactly these fences, and folded without its duplicates; then totals and buckets must be equal. Buckets that hold a
review which the log took longer ago than a bucket lives are left out: whether they are still there depends on what else
is in their chunk.

A log that no longer holds its beginning (retention) proves what came after: totals are left out, and so is every bucket
that may hold a review from before.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from stream.duplicates import Memory, claims
from stream.event import MAX_FUTURE_MS
from stream.fold import Delta, Increments, Keep, Scored, fold
from stream.logreader import LogReader
from stream.measures import STEP_MS, Measures, Step, bucket_start
from stream.record import Run
from stream.scoring import Processed
from stream.store.keys import entity, shard_of
from stream.store.snapshot import EntitySnapshot, ShardSnapshot
from stream.undecided import Undecided

NO_TEXT: Final = Keep(0, 0)

MARGIN_MS: Final = 2 * 3_600_000
"""Buckets that end their life within this are left out too: Redis drops whole chunks, on the hour, while we read."""

P_TOLERANCE: Final = 1
"""Millionths a review by which sums of probabilities may differ: engines agree to 1e-6, not to the last bit."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the log and the store do not agree on."""

    shard: int
    entity: str
    """``tenant/product``, or ``tenant``."""
    place: str
    """``totals``, or a bucket: step and start (ms)."""
    log: tuple[int, ...]
    store: tuple[int, ...]


class LogTooShort(Exception):
    """The log no longer holds its beginning, and does not tell which buckets hold a review from before."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a partition begins whose oldest records the log has dropped."""

    offset: int
    """Of the oldest record that was read; of the next one to come, where none was left."""
    at_ms: int
    """When the log took it, and all before it earlier; where none was left, the clock."""


class Ledger:
    """One shard's totals and buckets as the log says, up to a fence a partition.

    Args:
        shard: which.
        shards: of how many.
        now_ms: the clock as the audit began.
        horizon_ms: tenant to how long an event that is published again counts as the same (ms).
    """

    def __init__(self, shard: int, shards: int, now_ms: int, horizon_ms: Callable[[str], int]) -> None:
        self._shard, self._shards, self._now_ms = shard, shards, now_ms
        self._horizon_ms = horizon_ms
        self._memory = Memory()
        self._undecided: dict[int, Undecided] = {}
        self._unsure: set[tuple[str, Step, int]] = set()
        """(entity, step, start) of buckets that hold a review which follows an undecided copy."""
        self.whole: dict[str, Delta] = {}
        """Every review in every bucket."""
        self.fresh: dict[str, Delta] = {}
        """Buckets without the reviews whose time there is over, or nearly."""
        self.begins: dict[int, Beginning | None] = {}
        """Partition read to where it begins; None for one that is whole."""
        self.compared: dict[str, int] = {}
        """Totals and buckets compared, an entity."""
        self.left_out: dict[str, int] = {}
        """Buckets left out, an entity, because they may hold a review that the log has dropped."""

    def add(self, processed: Processed) -> None:
        """Fold one run; runs of a partition come in log order."""
        mine = [
            scored
            for _, scored in processed.scored
            if shard_of(scored.event.tenant, scored.event.product_id, self._shards) == self._shard
        ]
        found, order = claims(mine, self._horizon_ms)
        if (undecided := self._after_beginning(processed.run.tp.partition)) is not None:
            self._doubt(mine[order[position]] for position in undecided.take(found))
        duplicates = {order[position] for position in self._memory.take(processed.run.tp, found)}
        mine = [scored for index, scored in enumerate(mine) if index not in duplicates]
        for into, now_ms in ((self.whole, 0), (self.fresh, self._now_ms + MARGIN_MS)):
            _absorb(into, fold(mine, lambda _: NO_TEXT, now_ms))

    def _after_beginning(self, partition: int) -> Undecided | None:
        begin = self.begins.get(partition)
        return None if begin is None else self._undecided.setdefault(partition, Undecided(begin.at_ms))

    def _doubt(self, reviews: Iterable[Scored]) -> None:
        for event, _, _ in reviews:
            for name in (entity(event.tenant, event.product_id), event.tenant):
                self._unsure.update((name, step, bucket_start(event.occurred_ms, step)) for step in STEP_MS)

    def compare(self, found: EntitySnapshot, inside: Callable[[int], bool] | None) -> Iterator[Difference]:
        """What does not agree about one entity; ``inside`` limits it to buckets whose start it accepts."""
        whole, fresh = self.whole.get(found.name, Delta()), self.fresh.get(found.name, Delta())
        provable_ms = self._provable_ms(found.name)
        compared, left_out = 0, 0
        if inside is None and provable_ms is None:
            compared += 1
            log = (*whole.totals.as_list(), whole.late, whole.first_ms, whole.last_ms)
            if not _close(log, found.totals):
                yield Difference(self._shard, found.name, "totals", log, found.totals)
        for step, buckets in whole.buckets.items():
            there = found.buckets[step]
            for start in sorted(buckets.keys() | there.keys()):
                expected = buckets.get(start, Measures())
                if (inside is not None and not inside(start)) or expected != fresh.buckets[step].get(start, Measures()):
                    continue
                if provable_ms is not None and (start < provable_ms or (found.name, step, start) in self._unsure):
                    left_out += 1
                    continue
                compared += 1
                stored = there.get(start, Measures())
                log, store = tuple(expected.as_list()), tuple(stored.as_list())
                if not _close(log, store):
                    yield Difference(self._shard, found.name, f"{step} {start}", log, store)
        self.compared[found.name], self.left_out[found.name] = compared, left_out

    def _provable_ms(self, name: str) -> int | None:
        """Start of the earliest bucket that can hold no review which the log has dropped; None for a log that is whole.

        A review is at most :data:`MAX_FUTURE_MS` ahead of the time the log took it. And for up to one and a half
        horizons a review may be a copy of a dropped one, which Redis knew of and the audit does not; of what follows
        such a copy later on, :mod:`stream.undecided` tells.
        """
        known = [begin.at_ms for begin in self.begins.values() if begin is not None]
        if not known:
            return None
        return max(known) + MAX_FUTURE_MS + 1 + self._horizon_ms(name.partition("/")[0]) * 3 // 2


class Auditor:
    """Audits a store shard by shard.

    Args:
        reader: the log.
        score: decodes and classifies runs, as the worker does.
        now_ms: the clock.
        horizon_ms: tenant to how long an event that is published again counts as the same (ms).
        learn: lets ``score`` know which records stand in the dead letters by now. Called whenever fences have moved:
            they never pass a letter that is not there.
    """

    def __init__(
        self,
        reader: LogReader,
        score: Callable[[Sequence[Run]], list[Processed]],
        now_ms: int,
        horizon_ms: Callable[[str], int],
        learn: Callable[[], None],
    ) -> None:
        self._reader = reader
        self._score = score
        self._now_ms = now_ms
        self._horizon_ms = horizon_ms
        self._learn = learn
        self._learned: dict[int, int] = {}
        self.records = 0
        """Records read so far."""
        self.entities = 0
        """Products and tenants compared so far."""
        self.compared = 0
        """Totals and buckets compared in the shards that are done."""
        self.left_out = 0
        """Buckets left out there, because they may hold a review that the log has dropped."""
        self.begins: dict[int, Beginning] = {}
        """Partitions whose beginning the log no longer holds."""

    def shard(
        self, snapshot: ShardSnapshot, tenants: set[str] | None, inside: Callable[[int], bool] | None
    ) -> Iterator[Difference]:
        """Everything that does not agree in one shard; ``tenants`` limits it to some.

        Raises:
            LogTooShort: records that the store contains are no longer in the log, and nothing tells of which time they
                were.
            LogUnavailable: Kafka does not answer.
        """
        self._reader.rewind()  # the shard before has read it
        ledger = Ledger(snapshot.shard, snapshot.shards, self._now_ms, self._horizon_ms)
        seen: set[str] = set()
        for fences, found in snapshot.read():
            self._advance(ledger, fences)
            for state in found:
                seen.add(state.name)
                if tenants is None or state.name.partition("/")[0] in tenants:
                    self.entities += 1
                    if any(ledger.compare(state, inside)):
                        # A live worker may have begun a new chunk since the list of chunks was taken: look again.
                        yield from self._again(ledger, snapshot, state.name, inside)
        for name in sorted(ledger.whole.keys() - seen):
            # Came into being after the list of entities was taken, or is missing.
            if tenants is None or name.partition("/")[0] in tenants:
                self.entities += 1
                yield from self._again(ledger, snapshot, name, inside)
        self.compared += sum(ledger.compared.values())
        self.left_out += sum(ledger.left_out.values())
        self.begins.update({partition: begin for partition, begin in ledger.begins.items() if begin is not None})

    def _again(
        self, ledger: Ledger, snapshot: ShardSnapshot, name: str, inside: Callable[[int], bool] | None
    ) -> list[Difference]:
        fences, state = snapshot.one(name)
        self._advance(ledger, fences)
        return list(ledger.compare(state, inside))

    def _advance(self, ledger: Ledger, fences: dict[int, int]) -> None:
        if fences != self._learned:
            self._learn()
            self._learned = fences
        for partition, fence in sorted(fences.items()):
            for run in self._reader.read(partition, fence):
                if partition not in ledger.begins:
                    ledger.begins[partition] = self._beginning(partition, run)
                for processed in self._score([run]):
                    ledger.add(processed)
                self.records += len(run)
            if fence >= 0 and partition not in ledger.begins:
                ledger.begins[partition] = self._beginning(partition, None)

    def _beginning(self, partition: int, first: Run | None) -> Beginning | None:
        """Asked after the first run was read: what the log drops while we read is noticed too."""
        oldest = self._reader.oldest(partition)
        if oldest == 0 or (first is not None and first.first == 0):
            return None
        if first is None:
            return Beginning(oldest, self._now_ms)
        if not self._reader.stamped_by_log:
            raise LogTooShort(
                f"partition {partition} begins at offset {oldest}, and its records carry their producers' times "
                "(message.timestamp.type=CreateTime): nothing tells which buckets hold reviews from before"
            )
        return Beginning(first.first, first.records[0].timestamp)


def _absorb(into: dict[str, Delta], increments: Increments) -> None:
    named = [(entity(tenant, product), delta) for (tenant, product), delta in increments.products.items()]
    named += list(increments.tenants.items())
    for name, delta in named:
        mine = into.get(name)
        if mine is None:
            into[name] = delta
            continue
        mine.totals.add(delta.totals)
        mine.late += delta.late
        mine.first_ms = min(mine.first_ms, delta.first_ms)
        mine.last_ms = max(mine.last_ms, delta.last_ms)
        for step, buckets in delta.buckets.items():
            _add_buckets(mine.buckets[step], buckets)


def _add_buckets(into: dict[int, Measures], buckets: dict[int, Measures]) -> None:
    for start, measures in buckets.items():
        if start in into:
            into[start].add(measures)
        else:
            into[start] = measures


def _close(log: tuple[int, ...], store: tuple[int, ...]) -> bool:
    """Equal but for the last bit of probabilities."""
    same = log[:2] + log[3:] == store[:2] + store[3:]
    return same and abs(log[2] - store[2]) <= P_TOLERANCE * log[0]
