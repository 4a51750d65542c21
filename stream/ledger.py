"""One shard's totals and buckets as the log says, and what the store holds compared with them.

Buckets that hold a review which the log took longer ago than a bucket lives are left out: whether they are still there
depends on what else is in their chunk.

A log that no longer holds its beginning (retention) proves what came after: totals are left out, and so is every bucket
that may hold a review from before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Final, Self

from stream.border import P_TOLERANCE, Leeway, near
from stream.duplicates import Memory, claims
from stream.event import MAX_FUTURE_MS
from stream.fold import Delta, Increments, Keep, Scored, fold
from stream.measures import STEP_MS, Measures, Step, bucket_start
from stream.scoring import Processed
from stream.spreading import SPREAD_COUNTS, Spreading
from stream.store.keys import entity, shard_of
from stream.store.snapshot import EntitySnapshot
from stream.store.tenures import Tenure
from stream.undecided import Undecided

NO_TEXT: Final = Keep(0, 0)
NO_LEEWAY: Final = Leeway()

MARGIN_MS: Final = 2 * 3_600_000
"""Buckets that end their life within this are left out too: Redis drops whole chunks, on the hour, while we read."""

_MEASURES: Final = tuple(field.name for field in fields(Measures))

ALL_MODELS: Final = "all models together"
"""In place of a tenure, where Redis no longer says of some reviews which model counted them."""

COUNTS: Final = (*_MEASURES, "late", "first_ms", "last_ms")
"""What the totals of an entity are, in stored order; a bucket has the :class:`~stream.measures.Measures` alone."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the log and the store do not agree on."""

    shard: int
    tenant: str
    product_id: str | None
    """None for the tenant as a whole."""
    step: Step | None
    """Of a bucket; None for totals."""
    start_ms: int
    """When the bucket starts; 0 for totals."""
    log: tuple[int, ...]
    """As :data:`COUNTS`, or its beginning."""
    store: tuple[int, ...]
    tenure: str | None = None
    """What one model counted, and from which offset on; or :data:`ALL_MODELS`, and ``log`` is how many reviews Redis
    counted in tenures. None where it is about all that was counted."""
    spread_of: str | None = None
    """The model whose spread of an hour it is about; ``log`` and ``store`` are as
    :data:`~stream.spreading.SPREAD_COUNTS` then."""

    @property
    def counts(self) -> tuple[str, ...]:
        """What ``log`` and ``store`` are, in their order."""
        return COUNTS if self.spread_of is None else SPREAD_COUNTS

    @classmethod
    def of(
        cls,
        shard: int,
        name: str,
        log: Sequence[int],
        store: Sequence[int],
        step: Step | None = None,
        start_ms: int = 0,
        tenure: str | None = None,
        spread_of: str | None = None,
    ) -> Self:
        """About the entity of a name."""
        tenant, _, product_id = name.partition("/")
        return cls(shard, tenant, product_id or None, step, start_ms, tuple(log), tuple(store), tenure, spread_of)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a partition begins whose oldest records the log has dropped."""

    offset: int
    """Of the oldest record that was read; of the next one to come, where none was left."""
    at_ms: int
    """When the log took it, and all before it earlier; where none was left, the clock."""
    emptied: bool = False
    """Whether none was left of what the store has counted."""


@dataclass(slots=True)
class Sums:
    """What one entity has gained by the log."""

    totals: Measures = field(default_factory=Measures)
    late: int = 0
    first_ms: int = 0
    last_ms: int = 0
    buckets: dict[Step, dict[int, Measures]] = field(default_factory=lambda: {step: {} for step in STEP_MS})
    """Step, bucket start (ms): the bucket."""

    def add(self, delta: Delta) -> None:
        """Add a run's."""
        self.totals.add(delta.totals)
        self.late += delta.late
        self.first_ms = min(self.first_ms, delta.first_ms)
        self.last_ms = max(self.last_ms, delta.last_ms)
        for step, buckets in delta.buckets.items():
            _add_buckets(self.buckets[step], buckets)


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
        self.whole: dict[str, Sums] = {}
        """Every review in every bucket."""
        self.fresh: dict[str, Sums] = {}
        """Buckets without the reviews whose time there is over, or nearly."""
        self._tenured: dict[tuple[str, int, int], Measures] = {}
        """(tenant, partition, offset that a tenure begins with) to what its model counted."""
        self._spreading = Spreading()
        self._leeway: dict[tuple[str, Step | None, int], Leeway] = {}
        """(entity, step, start) of a bucket to what reviews at the border may change there; (entity, None, 0) of
        totals."""
        self._tenured_leeway: dict[tuple[str, int, int], Leeway] = {}
        """The same, as :attr:`_tenured`."""
        self.at_border: dict[str, int] = {}
        """Tenant to its reviews at the border between good and bad."""
        self.begins: dict[int, Beginning | None] = {}
        """Partition read to where it begins; None for one that is whole."""
        self.newest_ms: dict[tuple[str, int], int] = {}
        """Tenant and partition to when the log took the newest review that the store has counted of them, or later;
        only of use for partitions that the log has nothing left of."""
        self.compared: dict[str, int] = {}
        """Totals and buckets compared, an entity."""
        self.left_out: dict[str, int] = {}
        """Buckets left out, an entity, because they may hold a review that the log has dropped."""
        self.ended: dict[str, int] = {}
        """Buckets left out, an entity, because their life in the store is over, or nearly."""

    def add(self, processed: Processed, tenures: Mapping[str, Tenure] = MappingProxyType({})) -> None:
        """Fold one run; runs of a partition come in log order.

        Args:
            processed: the run.
            tenures: tenant to the one that the run is of; later beginning ones do not count it.
        """
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
        counting = {tenant: tenure for tenant, tenure in tenures.items() if tenure.first <= processed.run.first}
        increments = fold(mine, lambda _: NO_TEXT, 0)
        for tenant, delta in increments.tenants.items():
            if (tenure := counting.get(tenant)) is not None:
                self._tenured.setdefault((tenant, tenure.partition, tenure.first), Measures()).add(delta.totals)
        self._spreading.add(increments, mine, processed.models)
        self._note_border((scored for scored in mine if near(scored.p_good)), counting)
        _absorb(self.whole, increments)
        _absorb(self.fresh, fold(mine, lambda _: NO_TEXT, self._now_ms + MARGIN_MS))

    def _note_border(self, reviews: Iterable[Scored], counting: Mapping[str, Tenure]) -> None:
        for event, p_good, *_ in reviews:
            tenant = event.tenant
            self.at_border[tenant] = self.at_border.get(tenant, 0) + 1
            for name in (entity(tenant, event.product_id), tenant):
                places: list[tuple[str, Step | None, int]] = [(name, None, 0)]
                places += [(name, step, bucket_start(event.occurred_ms, step)) for step in STEP_MS]
                for place in places:
                    self._leeway.setdefault(place, Leeway()).add(p_good, event.rating)
            if (tenure := counting.get(tenant)) is not None:
                tenured = self._tenured_leeway.setdefault((tenant, tenure.partition, tenure.first), Leeway())
                tenured.add(p_good, event.rating)

    def _after_beginning(self, partition: int) -> Undecided | None:
        begin = self.begins.get(partition)
        return None if begin is None else self._undecided.setdefault(partition, Undecided(begin.at_ms))

    def _doubt(self, reviews: Iterable[Scored]) -> None:
        for event, *_ in reviews:
            for name in (entity(event.tenant, event.product_id), event.tenant):
                self._unsure.update((name, step, bucket_start(event.occurred_ms, step)) for step in STEP_MS)

    def compare(self, found: EntitySnapshot, inside: Callable[[int], bool] | None) -> Iterator[Difference]:
        """What does not agree about one entity; ``inside`` limits it to buckets whose start it accepts."""
        whole, fresh = self.whole.get(found.name, Sums()), self.fresh.get(found.name, Sums())
        provable_ms = self._provable_ms(found.name)
        compared, left_out, ended = 0, 0, 0
        proven_hours: dict[int, Measures] = {}
        if inside is None and provable_ms is None:
            compared += 1
            log = (*whole.totals.as_list(), whole.late, whole.first_ms, whole.last_ms)
            if not _close(log, found.totals, self._leeway.get((found.name, None, 0), NO_LEEWAY)):
                yield Difference.of(self._shard, found.name, log, found.totals)
            yield from self._compare_tenures(found)
            compared += len(found.tenures)
        if inside is None and found.tenured < found.named:
            yield Difference.of(self._shard, found.name, (found.named,), (found.tenured,), tenure=ALL_MODELS)
        for step, buckets in whole.buckets.items():
            there = found.buckets[step]
            for start in sorted(buckets.keys() | there.keys()):
                expected = buckets.get(start, Measures())
                if inside is not None and not inside(start):
                    continue
                if expected != fresh.buckets[step].get(start, Measures()):
                    ended += 1
                    continue
                if provable_ms is not None and (start < provable_ms or (found.name, step, start) in self._unsure):
                    left_out += 1
                    continue
                compared += 1
                stored = there.get(start, Measures())
                if step == "1h":
                    proven_hours[start] = stored
                log, store = tuple(expected.as_list()), tuple(stored.as_list())
                if not _close(log, store, self._leeway.get((found.name, step, start), NO_LEEWAY)):
                    yield Difference.of(self._shard, found.name, log, store, step, start)
        for model, start, of_log, of_store in self._spreading.compare(found.name, found.spreads, proven_hours):
            log, store = tuple(of_log.as_list()), tuple(of_store.as_list())
            yield Difference.of(self._shard, found.name, log, store, "1h", start, spread_of=model)
        self.compared[found.name], self.left_out[found.name], self.ended[found.name] = compared, left_out, ended

    def _compare_tenures(self, found: EntitySnapshot) -> Iterator[Difference]:
        """Of a log that is whole."""
        for tenure in found.tenures:
            place = found.name, tenure.partition, tenure.first
            log = tuple(self._tenured.get(place, Measures()).as_list())
            store = tuple(tenure.totals.as_list())
            if not _close(log, store, self._tenured_leeway.get(place, NO_LEEWAY)):
                yield Difference.of(self._shard, found.name, log, store, tenure=str(tenure))

    def _provable_ms(self, name: str) -> int | None:
        """Start of the earliest bucket that can hold no review which the log has dropped; None for a log that is whole.

        A review is at most :data:`MAX_FUTURE_MS` ahead of the time the log took it. And for up to one and a half
        horizons a review may be a copy of a dropped one, which Redis knew of and the audit does not; of what follows
        such a copy later on, :mod:`stream.undecided` tells.
        """
        tenant = name.partition("/")[0]
        horizon_ms = self._horizon_ms(tenant)
        until = list[int]()
        for partition, begin in self.begins.items():
            if begin is None:
                continue
            if begin.emptied and horizon_ms:
                # Without an id that is remembered of it, the tenant never had a review there.
                until += [self.newest_ms[place] for place in [(tenant, partition)] if place in self.newest_ms]
            else:
                until.append(begin.at_ms)
        return max(until) + MAX_FUTURE_MS + 1 + horizon_ms * 3 // 2 if until else None


def _absorb(into: dict[str, Sums], increments: Increments) -> None:
    named = [(entity(tenant, product), delta) for (tenant, product), delta in increments.products.items()]
    named += list(increments.tenants.items())
    for name, delta in named:
        mine = into.get(name)
        if mine is None:
            mine = into[name] = Sums(first_ms=delta.first_ms)
        mine.add(delta)


def _add_buckets(into: dict[int, Measures], buckets: dict[int, Measures]) -> None:
    for start, measures in buckets.items():
        if start in into:
            into[start].add(measures)
        else:
            into[start] = measures


def _close(log: tuple[int, ...], store: tuple[int, ...], leeway: Leeway) -> bool:
    """Equal but for the last bit of probabilities, and for what reviews at the border may change."""
    if len(log) != len(store):
        return False
    reviews, good, p_good, *same, agree = log[: len(_MEASURES)]
    reviews_there, good_there, p_good_there, *same_there, agree_there = store[: len(_MEASURES)]
    if (reviews, same, log[len(_MEASURES) :]) != (reviews_there, same_there, store[len(_MEASURES) :]):
        return False
    return abs(p_good - p_good_there) <= P_TOLERANCE * reviews and leeway.allows(good_there - good, agree_there - agree)
