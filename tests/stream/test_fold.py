import random
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.fold import LATE_AFTER_MS, RECENT_TEXT_CHARS, Delta, Keep, Scored, fold, recent_review
from stream.measures import DAY_MS, HOUR_MS, MINUTE_MS, RETENTION_MS, Measures
from stream.spread import Spread
from stream.store.state import Profile
from tests.stream.samples import NOON_MS, scored

KEEP = Keep(50, 7 * DAY_MS)


def keep(_: str) -> Keep:
    return KEEP


reviews = st.builds(
    scored,
    number=st.integers(0, 10**6),
    p_good=st.floats(0, 1),
    logged_ms=st.integers(NOON_MS, NOON_MS + 10 * DAY_MS),
    tenant=st.sampled_from(["shop", "bank"]),
    product_id=st.sampled_from(["kettle", "loan"]),
    occurred_at=st.integers(NOON_MS - 3 * DAY_MS, NOON_MS),
    rating=st.none() | st.integers(1, 5),
    product_name=st.none() | st.sampled_from(["Kettle", "Loan"]),
)


def without_recent(delta: Delta) -> dict[str, object]:
    found = asdict(replace(delta, named=None, recent=[]))
    return found | {"profile": delta.profile, "profile_ms": delta.profile_ms}


@given(batch=st.lists(reviews, max_size=30), seed=st.integers())
def test_the_order_of_arrival_changes_no_count(batch: list[Scored], seed: int) -> None:
    shuffled = list(batch)
    random.Random(seed).shuffle(shuffled)
    first, second = fold(batch, keep, NOON_MS), fold(shuffled, keep, NOON_MS)
    for key, delta in first.products.items():
        assert without_recent(second.products[key]) == without_recent(delta)
    for tenant, delta in first.tenants.items():
        assert without_recent(second.tenants[tenant]) == without_recent(delta)


@given(batch=st.lists(reviews, min_size=1, max_size=30))
def test_buckets_of_every_step_and_products_of_a_tenant_add_up_to_the_total(batch: list[Scored]) -> None:
    increments = fold(batch, keep, NOON_MS)
    assert sum(delta.totals.reviews for delta in increments.tenants.values()) == len(batch)
    for tenant, whole in increments.tenants.items():
        products = [delta for (owner, _), delta in increments.products.items() if owner == tenant]
        for delta in [whole, *products]:
            for buckets in delta.buckets.values():
                total = Measures()
                for measures in buckets.values():
                    total.add(measures)
                assert total == delta.totals
        total = Measures()
        for delta in products:
            total.add(delta.totals)
        assert total == whole.totals
        assert whole.late == sum(delta.late for delta in products)
        assert whole.first_ms == min(delta.first_ms for delta in products)
        assert whole.last_ms == max(delta.last_ms for delta in products)


def test_one_review_is_counted_with_its_class_rating_and_agreement() -> None:
    delta = fold(
        [scored(p_good=0.25, rating=2), scored(p_good=0.75, rating=3), scored(p_good=0.5)], keep, NOON_MS
    ).tenants["shop"]
    assert delta.totals == Measures(reviews=3, good=2, p_good=1_500_000, rated=2, rating_sum=5, rated_bad=2, agree=1)


def test_a_review_goes_to_the_buckets_of_its_own_time() -> None:
    at = NOON_MS + 3 * HOUR_MS + 7 * MINUTE_MS + 5
    delta = fold([scored(occurred_at=at)], keep, NOON_MS).products["shop", "kettle"]
    assert {step: list(buckets) for step, buckets in delta.buckets.items()} == {
        "1m": [NOON_MS + 3 * HOUR_MS + 7 * MINUTE_MS],
        "1h": [NOON_MS + 3 * HOUR_MS],
        "1d": [NOON_MS - NOON_MS % DAY_MS],
    }


def test_a_review_older_than_a_minute_bucket_lives_is_late_and_still_counted() -> None:
    delta = fold(
        [scored(logged_ms=NOON_MS + LATE_AFTER_MS + 1), scored(logged_ms=NOON_MS + LATE_AFTER_MS)], keep, NOON_MS
    )
    assert delta.tenants["shop"].late == 1
    assert delta.tenants["shop"].totals.reviews == 2


@pytest.mark.parametrize(
    ("age", "steps"), [(0, 3), (RETENTION_MS["1m"], 2), (RETENTION_MS["1h"], 1), (RETENTION_MS["1d"], 0)]
)
def test_a_review_that_the_log_took_longer_ago_than_a_bucket_lives_adds_to_totals_alone(age: int, steps: int) -> None:
    delta = fold([scored()], keep, NOON_MS + age).products["shop", "kettle"]
    assert delta.totals.reviews == 1
    assert sum(bool(buckets) for buckets in delta.buckets.values()) == steps


def test_the_newest_event_names_the_product() -> None:
    batch = [
        scored(occurred_at=NOON_MS + 2, product_name="New name", brand="B"),
        scored(occurred_at=NOON_MS + 3),
        scored(occurred_at=NOON_MS + 1, product_name="Old name"),
    ]
    assert fold(batch, keep, NOON_MS).products["shop", "kettle"].profile == Profile("New name", "B")


def test_recent_reviews_are_the_last_of_the_log_and_are_cut() -> None:
    batch = [scored(i, logged_ms=NOON_MS + i, text="x" * (RECENT_TEXT_CHARS + 1)) for i in range(120)]
    delta = fold(batch, lambda _: Keep(10, DAY_MS), NOON_MS).products["shop", "kettle"]
    assert [review.event.event_id for review in delta.recent][-10:] == [f"e{i}" for i in range(110, 120)]
    assert len(delta.recent) <= 40
    shown = list(map(recent_review, delta.recent))
    assert all(review.truncated and len(review.text) == RECENT_TEXT_CHARS for review in shown)


def test_a_tenant_that_keeps_no_text_has_none_in_the_increments() -> None:
    assert fold([scored()], lambda _: Keep(0, 0), NOON_MS).products["shop", "kettle"].recent == []


@given(batch=st.lists(reviews, max_size=30))
def test_the_spread_of_a_tenants_hours_holds_each_review_once(batch: list[Scored]) -> None:
    read = [review._replace(words=7, unknown=index % 3) for index, review in enumerate(batch)]
    increments = fold(read, keep, NOON_MS)
    for tenant, delta in increments.tenants.items():
        assert sorted(delta.spreads) == sorted(delta.buckets["1h"])
        for start, spread in delta.spreads.items():
            mine = [r for r in read if r.event.tenant == tenant and r.event.occurred_ms // HOUR_MS * HOUR_MS == start]
            taken = Spread()
            for review in mine:
                taken.take(review.p_good, review.words, review.unknown)
            assert spread == taken
            hour = delta.buckets["1h"][start]
            assert (spread.reviews, spread.p_good) == (hour.reviews, hour.p_good)
    assert not any(delta.spreads for delta in increments.products.values())


def test_a_review_logged_longer_ago_than_an_hour_lives_adds_to_no_spread() -> None:
    delta = fold([scored()], keep, NOON_MS + RETENTION_MS["1h"]).tenants["shop"]
    assert (delta.totals.reviews, delta.spreads) == (1, {})
