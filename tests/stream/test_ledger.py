"""The audit's own count: the log folded again."""

import random
from collections.abc import Sequence
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.fold import Scored
from stream.ledger import Ledger
from stream.measures import Measures
from stream.record import Run, TopicPartition
from stream.scoring import Processed
from stream.store.snapshot import EntitySnapshot
from stream.store.tenures import Tenure
from tests.stream.samples import NOON_MS, TP, FakeRecord, scored
from tests.stream.test_fold import reviews


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


Counted = tuple[int, int | None]
"""P(good) in millionths and rating."""


def folded(*reviews: Counted) -> Ledger:
    """Reviews of one product and minute, counted by one model."""
    ledger = Ledger(0, 1, NOON_MS, lambda _: 0)
    records = [FakeRecord(offset, b"") for offset in range(len(reviews))]
    processed = Processed(Run.of(TP, 1, records))
    processed.scored = [
        (number, scored(number, rating=rating)._replace(p_good=p_good))
        for number, (p_good, rating) in enumerate(reviews)
    ]
    ledger.add(processed, {"shop": Tenure(TP.topic, TP.partition, 0, "films", 0, 0, Measures())})
    return ledger


def differences(log: Sequence[Counted], store: Sequence[Counted]) -> int:
    """How many there are where the store has counted the log's reviews with other answers."""
    ledger, there = folded(*log), folded(*store)
    found = 0
    for name, delta in there.whole.items():
        totals = (*delta.totals.as_list(), delta.late, delta.first_ms, delta.last_ms)
        tenure = Tenure(TP.topic, TP.partition, 0, "films", 0, 0, delta.totals)
        snapshot = EntitySnapshot(name, totals, delta.buckets, (tenure,) if name == "shop" else ())
        found += len(list(ledger.compare(snapshot, None)))
    return found


ALL = 2 * (1 + 3) + 1
"""Totals, minute, hour and day of the product and of the tenant, and its tenure."""


@pytest.mark.parametrize("rating", [None, 1, 5])
def test_a_review_at_the_border_may_have_been_labelled_otherwise(rating: int | None) -> None:
    clear: list[Counted] = [(900_000, 5), (100_000, 5)]
    assert folded((499_999, rating), (500_000, rating), *clear).at_border == {"shop": 2}
    assert differences([(499_999, rating), *clear], [(500_000, rating), *clear]) == 0
    assert differences([(500_000, rating), *clear], [(499_999, rating), *clear]) == 0


@pytest.mark.parametrize(("log", "store"), [(500_001, 499_999), (499_998, 500_000)])
def test_a_review_that_is_not_at_the_border_may_not(log: int, store: int) -> None:
    # Sums of probabilities are equal but for a millionth a review: it is the label that differs.
    assert folded((log, 5)).at_border == {}
    assert differences([(log, 5), (900_000, None)], [(store, 5), (900_000, None)]) == ALL


def test_no_more_labels_may_differ_than_reviews_lie_at_the_border_and_none_the_other_way() -> None:
    border: Counted = (499_999, None)
    log, store = [border, (499_998, None), (900_000, None)], [(500_000, None), (500_000, None), (899_999, None)]
    assert differences(log, store) == ALL
    assert differences([border, (500_001, None)], [border, (499_999, None)]) == ALL, "it was bad, and is bad still"
    assert differences([border, (400_000, 1)], [border, (400_000, 5)]) == ALL, "what is no answer's must be equal"


def test_only_rated_reviews_at_the_border_may_change_how_many_agree() -> None:
    ledger, there = folded((500_000, None), (900_000, 5)), folded((500_000, None), (900_000, 5))
    there.whole["shop"].totals.agree -= 1
    totals = (*there.whole["shop"].totals.as_list(), 0, NOON_MS, NOON_MS)
    (difference,) = ledger.compare(EntitySnapshot("shop", totals, there.whole["shop"].buckets), None)
    assert (difference.log[6], difference.store[6]) == (1, 0)
