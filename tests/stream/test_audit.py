"""The audit's own count, without servers."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.audit import Auditor, Beginning, Difference, Ledger, LogTooShort
from stream.event import MAX_FUTURE_MS
from stream.fold import Scored
from stream.measures import HOUR_MS
from stream.record import Run, TopicPartition
from stream.scoring import Processed
from stream.store.snapshot import EntitySnapshot
from tests.stream.samples import NOON_MS, TP, FakeRecord, scored
from tests.stream.test_fold import reviews

HORIZON_MS = HOUR_MS


def count(runs: Sequence[Sequence[Scored]]) -> tuple[dict[str, object], dict[str, object]]:
    """Totals, times and buckets of one shard, of runs of one partition."""
    ledger, offset = Ledger(0, 1, NOON_MS, lambda _: 0), 0
    for run in runs:
        records = [FakeRecord(offset + i, b"", review.logged_ms) for i, review in enumerate(run)]
        processed = Processed(Run.of(TopicPartition("aura.reviews", 0), 1, records))
        processed.scored = [(record.offset, review) for record, review in zip(records, run, strict=True)]
        ledger.add(processed)
        offset += len(run)
    return plain(ledger), {name: delta.buckets for name, delta in ledger.fresh.items()}


def plain(ledger: Ledger) -> dict[str, object]:
    """What is compared with the store."""
    wanted = ("totals", "late", "first_ms", "last_ms", "buckets")
    return {name: [asdict(delta)[part] for part in wanted] for name, delta in ledger.whole.items()}


@given(st.lists(reviews, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_log_folded_again_is_the_same_in_any_order_and_however_it_is_cut(
    log: list[Scored], chance: random.Random
) -> None:
    whole = count([log])
    shuffled = chance.sample(log, len(log))
    size = chance.randrange(1, len(log) + 1)
    assert count([shuffled[i : i + size] for i in range(0, len(log), size)]) == whole


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

    def score(self, runs: Sequence[Run]) -> list[Processed]:
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
            ledger.add(*whole.score([run]))
        self.entities = {
            name: EntitySnapshot(
                name, (*delta.totals.as_list(), delta.late, delta.first_ms, delta.last_ms), delta.buckets
            )
            for name, delta in ledger.whole.items()
        }
        self._fences = {0: len(log.reviews) - 1}

    def read(self) -> Iterator[tuple[dict[int, int], list[EntitySnapshot]]]:
        yield self._fences, list(self.entities.values())

    def one(self, name: str) -> tuple[dict[int, int], EntitySnapshot]:
        return self._fences, self.entities[name]


def audited(log: Any, store: Any, now_ms: int = 0) -> tuple[Auditor, list[Difference]]:
    auditor = Auditor(log, log.score, now_ms, lambda _: log.horizon_ms, lambda: None)
    return auditor, list(auditor.shard(store, None, None))


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
    assert [found.place for found in audited(log, store)[1]] == [f"1m {at[-2]}"]


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
    assert (difference.entity, difference.place) == ("shop/p1", f"1h {hours[7]}")


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


def test_a_log_that_holds_nothing_any_more_proves_nothing() -> None:
    log = Log(logged(NOON_MS, NOON_MS + HOUR_MS), 2)
    auditor, differences = audited(log, Store(log), now_ms=NOON_MS + 5 * HOUR_MS)
    assert (differences, auditor.compared) == ([], 0)
    assert auditor.begins == {0: Beginning(2, NOON_MS + 5 * HOUR_MS)}


def test_a_log_with_its_producers_times_does_not_tell_what_it_has_dropped() -> None:
    log = Log(logged(NOON_MS, NOON_MS + HOUR_MS), 1, stamped_by_log=False)
    with pytest.raises(LogTooShort, match=r"partition 0 begins at offset 1, and .*CreateTime"):
        audited(log, Store(log))
