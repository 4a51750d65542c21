"""The audit's own count, without servers."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.audit import Auditor, LogTooShort, TenantAdded
from stream.event import MAX_FUTURE_MS
from stream.fold import Scored
from stream.ledger import Beginning, Difference, Ledger
from stream.logreader import Bounds, LogExpired
from stream.measures import HOUR_MS, Measures
from stream.record import Run
from stream.scoring import Processed
from stream.store.snapshot import EntitySnapshot
from stream.store.tenures import Tenures
from tests.stream.samples import NOON_MS, TP, FakeRecord, scored

HORIZON_MS = HOUR_MS


class Log:
    """Partition 0, whose oldest reviews may have been dropped."""

    def __init__(
        self, reviews: Sequence[Scored], dropped: int, *, horizon_ms: int = HORIZON_MS, stamped_by_log: bool = True
    ) -> None:
        self.reviews = reviews
        self.horizon_ms = horizon_ms
        self.dropped = dropped
        self.stamped_by_log = stamped_by_log

    def rewind(self) -> None:
        """Begin anew."""
        self.next = self.dropped

    def oldest(self, partition: int) -> int:
        return self.dropped if partition == TP.partition else 0

    def read(self, partition: int, last: int) -> Iterator[Run]:
        offsets = range(self.next, last + 1)
        self.next = last + 1
        if offsets:
            yield Run.of(TP, 0, [FakeRecord(o, b"", self.reviews[o].logged_ms) for o in offsets])

    def score(self, runs: Sequence[Run], models: Mapping[str, str] = MappingProxyType({})) -> list[Processed]:
        return [
            Processed(run, [(record.offset, self.reviews[record.offset]) for record in run.records]) for run in runs
        ]


class Store:
    """What Redis holds of the whole log."""

    shard, shards = 0, 1

    def __init__(self, log: Log) -> None:
        whole = Log(log.reviews, 0)
        ledger = Ledger(0, 1, 0, lambda _: log.horizon_ms)
        whole.rewind()
        for run in whole.read(0, len(log.reviews) - 1):
            (processed,) = whole.score([run])
            ledger.add(processed)
        self.entities = {
            name: EntitySnapshot(
                name, (*delta.totals.as_list(), delta.late, delta.first_ms, delta.last_ms), delta.buckets
            )
            for name, delta in ledger.whole.items()
        }
        self._fences = {0: len(log.reviews) - 1}
        self.newest = {("shop", 0): log.reviews[-1].logged_ms}

    def fences(self) -> dict[int, int]:
        return self._fences

    def read(self, judges: Callable[[str], bool]) -> Iterator[tuple[dict[int, int], list[EntitySnapshot]]]:
        if judged := [state for name, state in self.entities.items() if judges(name.partition("/")[0])]:
            yield self._fences, judged

    def tenures(self, tenants: Collection[str]) -> Tenures:
        return Tenures({}, TP.topic)

    def newest_ms(self) -> dict[tuple[str, int], int]:
        return self.newest

    def one(self, name: str) -> tuple[dict[int, int], EntitySnapshot]:
        nothing = EntitySnapshot(name, (0,) * 10, {"1m": {}, "1h": {}, "1d": {}})
        return self._fences, self.entities.get(name, nothing)


class Recount:
    """Scores a log of one tenant."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.tenants: Collection[str] = ("shop",)

    def judges(self, tenant: str) -> bool:
        return tenant in self.tenants

    def horizon_ms(self, tenant: str) -> int:
        return self.log.horizon_ms

    def learn(self) -> None:
        pass

    def score(self, runs: Sequence[Run], models: Mapping[str, str]) -> list[Processed]:
        return self.log.score(runs, models)


def audited(
    log: Any, store: Any, now_ms: int = 0, progress: Callable[[int], None] = lambda _: None, recount: Any = None
) -> tuple[Auditor, list[Difference]]:
    auditor = Auditor(log, recount or Recount(log), now_ms)
    return auditor, auditor.shard(store, None, progress)


def logged(*at_ms: int, ahead_ms: int = 0) -> list[Scored]:
    """Reviews of two products as the log took them."""
    return [
        scored(number, logged_ms=at, occurred_at=at + ahead_ms, product_id=f"p{number % 2}")
        for number, at in enumerate(at_ms)
    ]


arrivals = st.lists(
    st.tuples(
        st.integers(0, 40 * 60_000),  # after the one before
        st.one_of(st.integers(0, MAX_FUTURE_MS), st.integers(-3 * HOUR_MS, 0)),  # the event's own time
        st.integers(0, 8),  # a copy or another
        st.booleans(),  # whether a copy says what the first one said, its time included
    ),
    min_size=2,
    max_size=40,
)


@given(arrivals, st.data())
def test_whatever_the_log_has_dropped_what_is_left_of_it_agrees_with_the_store(
    steps: list[tuple[int, int, int, bool]], data: st.DataObject
) -> None:
    at, log = NOON_MS, list[Scored]()
    for after, ahead, number, faithful in steps:
        at += after
        same = faithful and next((review for review in log if review.event.event_id == f"e{number}"), None)
        occurred = same.event.occurred_at if same else at + ahead
        log.append(scored(number, logged_ms=at, occurred_at=occurred, product_id=f"p{number % 2}"))
    held = Log(log, data.draw(st.integers(0, len(log))), horizon_ms=data.draw(st.sampled_from([0, HORIZON_MS])))
    assert audited(held, Store(held), at)[1] == []


def test_an_event_repeated_on_and_on_under_new_times_is_compared_again_once_it_has_paused() -> None:
    """The store and what is left of the log count other ones of its copies, until none has come for a while."""
    at = [NOON_MS + int(hour * HOUR_MS) for hour in (0, 0.9, 1.7, 2.6, 3.4, 4.3, 8, 9.7, 9.8)]
    log = Log([scored(1, logged_ms=ms, occurred_at=ms, product_id="p1") for ms in at], 1)
    store = Store(log)
    auditor, differences = audited(log, store)
    assert differences == []
    # Compared are the two that count after the pause: minutes and hours of product and tenant.
    assert auditor.compared == 2 * (2 + 2)
    (bucket,) = [measures for start, measures in store.entities["shop"].buckets["1m"].items() if start == at[-2]]
    bucket.reviews += 1
    assert [(found.step, found.start_ms) for found in audited(log, store)[1]] == [("1m", at[-2])]


def test_a_log_without_its_beginning_says_where_it_begins_and_how_much_it_leaves_out() -> None:
    hours = [NOON_MS + hour * HOUR_MS for hour in range(10)]
    log = Log(logged(*hours), 4)
    store = Store(log)
    auditor, differences = audited(log, store)
    assert differences == []
    assert auditor.begins == {0: Beginning(4, hours[4])}
    # Of the hours 0-9, provable is what begins after hour 4, ten minutes and one and a half horizons: 6-9, and no day.
    assert auditor.compared == 2 * (4 + 4)
    assert auditor.left_out == 2 * (6 + 6) + 1 + 2
    (bucket,) = [measures for start, measures in store.entities["shop/p1"].buckets["1h"].items() if start == hours[7]]
    bucket.reviews += 1
    (difference,) = audited(log, store)[1]
    assert (difference.product_id, difference.step, difference.start_ms) == ("p1", "1h", hours[7])


def test_a_dropped_review_that_was_ahead_of_the_log_s_clock_is_not_missed() -> None:
    reviews = logged(NOON_MS, NOON_MS, NOON_MS + HOUR_MS, ahead_ms=MAX_FUTURE_MS)
    log = Log(reviews, 1, horizon_ms=0)
    auditor, differences = audited(log, Store(log))
    assert differences == []
    assert auditor.compared


def test_a_copy_of_a_dropped_review_is_not_missed_though_it_says_another_time() -> None:
    at = NOON_MS + HOUR_MS
    copy = scored(0, logged_ms=at, occurred_at=at, product_id="p0")
    log = Log([*logged(NOON_MS, NOON_MS + 1), copy, *logged(*range(at, at + 12 * HOUR_MS, HOUR_MS))[1:]], 1)
    auditor, differences = audited(log, Store(log))
    assert differences == []
    assert auditor.compared


def test_a_whole_log_leaves_nothing_out_and_compares_totals() -> None:
    log = Log(logged(NOON_MS, NOON_MS + HOUR_MS), 0)
    auditor, differences = audited(log, Store(log))
    assert (differences, auditor.begins, auditor.left_out) == ([], {}, 0)
    assert auditor.compared == 2 * (1 + 3) + (1 + 5)


def test_a_shard_that_has_lost_all_its_products_but_not_its_fences_differs() -> None:
    log = Log(logged(NOON_MS, NOON_MS + HOUR_MS), 0)
    store = Store(log)
    store.entities = {}
    auditor, differences = audited(log, store)
    assert auditor.records == 2
    assert {(found.product_id, found.log[0], found.store[0]) for found in differences if found.step is None} == {
        (None, 2, 0), ("p0", 1, 0), ("p1", 1, 0),
    }  # fmt: skip


def test_a_log_that_holds_nothing_any_more_proves_nothing() -> None:
    log = Log(logged(NOON_MS, NOON_MS + HOUR_MS), 2)
    auditor, differences = audited(log, Store(log), now_ms=NOON_MS + 5 * HOUR_MS)
    assert (differences, auditor.compared) == ([], 0)
    assert auditor.begins == {0: Beginning(2, NOON_MS + 5 * HOUR_MS, emptied=True)}


def test_a_log_with_its_producers_times_does_not_tell_what_it_has_dropped() -> None:
    log = Log(logged(NOON_MS, NOON_MS + HOUR_MS), 1, stamped_by_log=False)
    with pytest.raises(LogTooShort, match=r"partition 0 begins at offset 1, and .*CreateTime"):
        audited(log, Store(log))


IDLE = 1


class BesideIdle(Log):
    """The same beside a partition of which nothing is left."""

    def oldest(self, partition: int) -> int:
        return 5 if partition == IDLE else super().oldest(partition)

    def read(self, partition: int, last: int) -> Iterator[Run]:
        return iter(()) if partition == IDLE else super().read(partition, last)


def beside_idle(horizon_ms: int) -> tuple[BesideIdle, Store]:
    """Twenty hours; of the first, the idle partition had a review of product p0 too."""
    log = BesideIdle(logged(*range(NOON_MS, NOON_MS + 20 * HOUR_MS, HOUR_MS)), 0, horizon_ms=horizon_ms)
    store = Store(log)
    store._fences[IDLE] = 4
    store.newest["shop", IDLE] = NOON_MS + HOUR_MS
    for name in ("shop", "shop/p0"):
        state = store.entities[name]
        for buckets in state.buckets.values():
            buckets[min(buckets)].reviews += 1
        store.entities[name] = replace(state, totals=(state.totals[0] + 1, *state.totals[1:]))
    return log, store


def test_a_partition_that_has_long_been_idle_hides_only_what_it_may_have_held() -> None:
    log, store = beside_idle(HORIZON_MS)
    auditor, differences = audited(log, store, NOON_MS + 21 * HOUR_MS)
    assert differences == []
    # Provable begins one and a half horizons and ten minutes after the idle partition's last: with hour 3, and a day.
    assert auditor.compared == 2 * (17 + 17) + 3
    store.entities["shop/p1"].buckets["1h"][NOON_MS + 9 * HOUR_MS] = Measures()
    (difference,) = audited(log, store, NOON_MS + 21 * HOUR_MS)[1]
    assert (difference.product_id, difference.step, difference.start_ms) == ("p1", "1h", NOON_MS + 9 * HOUR_MS)


def test_a_tenant_that_never_had_a_review_in_an_idle_partition_is_compared_as_a_whole() -> None:
    log, store = beside_idle(HORIZON_MS)
    del store.newest["shop", IDLE]
    assert len([found for found in audited(log, store, NOON_MS + 21 * HOUR_MS)[1] if found.step is None]) == 2


def test_without_a_horizon_nothing_tells_what_an_idle_partition_held() -> None:
    log, store = beside_idle(0)
    auditor, differences = audited(log, store, NOON_MS + 21 * HOUR_MS)
    assert (differences, auditor.compared) == ([], 0)


class Shrinking(Log):
    """Drops records in the middle of a reading, some times."""

    times = 1

    def read(self, partition: int, last: int) -> Iterator[Run]:
        if self.times and self.next == self.dropped:
            first = next(iter(super().read(partition, self.next)))
            self.times, self.dropped = self.times - 1, self.dropped + 2
            yield first
            raise LogExpired("gone")
        yield from super().read(partition, last)


def test_a_log_that_drops_records_while_it_is_read_is_folded_again_from_where_it_begins_now() -> None:
    hours = [NOON_MS + hour * HOUR_MS for hour in range(10)]
    log = Shrinking(logged(*hours), 2)
    auditor, differences = audited(log, Store(log))
    assert differences == []
    assert auditor.begins == {0: Beginning(4, hours[4])}
    assert (auditor.records, auditor.entities, auditor.compared) == (6, 3, 2 * (4 + 4)), "each counted once"


def test_a_log_that_goes_on_dropping_records_ends_the_audit() -> None:
    log = Shrinking(logged(*range(NOON_MS, NOON_MS + 9)), 0)
    log.times = 2
    with pytest.raises(LogExpired):
        audited(log, Store(log))


def test_records_past_the_fences_are_told_and_so_is_each_run_as_it_is_read() -> None:
    log = Log(logged(*range(NOON_MS, NOON_MS + 20)), 0)
    store = Store(log)
    read = list[int]()
    auditor, differences = audited(log, store, progress=read.append)
    assert differences == []
    assert read == [20]
    assert auditor.beyond({0: Bounds(0, 20)}) == 0
    assert auditor.beyond({0: Bounds(0, 25), 1: Bounds(3, 10)}) == 5 + 7
    assert auditor.beyond({0: Bounds(22, 25)}) == 3, "what the log has dropped is not there to be judged"


def test_buckets_whose_life_is_over_or_nearly_are_counted() -> None:
    log = Log(logged(NOON_MS), 0)
    auditor, differences = audited(log, Store(log), NOON_MS + 47 * HOUR_MS)
    assert differences == []
    assert (auditor.compared, auditor.ended) == (2 * (1 + 2), 2)


class Failing(Recount):
    """Finds with the third review that it cannot score the tenant's reviews."""

    def score(self, runs: Sequence[Run], models: Mapping[str, str]) -> list[Processed]:
        if runs[0].last >= 2:
            self.tenants = ()
            return [Processed(run) for run in runs]
        return super().score(runs, models)


def test_a_tenant_that_can_no_longer_be_scored_is_not_compared_from_then_on() -> None:
    log = Log(logged(NOON_MS, NOON_MS + 1, NOON_MS + 2), 0)
    store = Store(log)
    assert audited(log, store, recount=Failing(log))[1] == []
    # Found only as an entity is looked at again, for which the log is read on.
    store.fences = lambda: {0: 1}  # type: ignore[method-assign]
    store.read = lambda judges: iter([({0: 1}, list(store.entities.values()))])  # type: ignore[method-assign]
    assert audited(log, store, recount=Failing(log))[1] == []


class Late(Recount):
    """Knows the tenant only once it has turned up in the store."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.tenants = ()

    def judges(self, tenant: str) -> bool:
        if tenant not in self.tenants:
            self.tenants = (tenant,)
            raise TenantAdded(tenant)
        return True

    def score(self, runs: Sequence[Run], models: Mapping[str, str]) -> list[Processed]:
        return super().score(runs, models) if self.tenants else [Processed(run) for run in runs]


def test_the_log_is_folded_again_with_a_tenant_that_was_added_while_it_was_read() -> None:
    log = Log(logged(NOON_MS, NOON_MS + HOUR_MS), 0)
    auditor, differences = audited(log, Store(log), recount=Late(log))
    assert (differences, auditor.records, auditor.entities) == ([], 2, 3)
