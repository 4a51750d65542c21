"""The rule by which copies are told, without a store."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stream.duplicates import Memory, Seen, claims, identities
from tests.stream.samples import NOON_MS, TP, event, scored

HORIZON_MS = 3_600_000
WIDTH_MS = HORIZON_MS // 2


def counted(*times: int) -> list[bool]:
    """Whether each copy of one event counts, by the time (ms) that the log took it."""
    seen = Seen()
    return [seen.take(at // WIDTH_MS, 7) for at in times]


@given(st.lists(st.integers(0, 4 * HORIZON_MS), min_size=2).map(sorted))
def test_a_copy_is_always_found_within_the_horizon_and_never_after_one_and_a_half(times: list[int]) -> None:
    takes = counted(*times)
    counting = [at for at, counts in zip(times, takes, strict=True) if counts]
    assert all(second - first > HORIZON_MS for first, second in pairwise(counting))
    for at, counts in zip(times, takes, strict=True):
        if not counts:
            assert min(at - before for before in counting if before <= at) < 1.5 * HORIZON_MS


def test_a_copy_that_is_left_out_renews_nothing() -> None:
    assert counted(0, HORIZON_MS, 2 * HORIZON_MS) == [True, False, True]


def test_a_clock_that_steps_back_opens_no_old_slot_again() -> None:
    assert counted(NOON_MS, NOON_MS - HORIZON_MS, NOON_MS + HORIZON_MS) == [True, False, False]


def test_a_time_far_ahead_does_not_hold_its_slot_open() -> None:
    year = 365 * 24 * HORIZON_MS
    seen = Seen()
    assert seen.take((NOON_MS + year) // WIDTH_MS, 1)
    assert seen.take(NOON_MS // WIDTH_MS, 2)
    assert not seen.take(NOON_MS // WIDTH_MS, 2)
    assert seen.take((NOON_MS + 2 * HORIZON_MS) // WIDTH_MS, 2), "forgotten in time, not kept for a year"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), max_size=60))
def test_no_more_than_three_slots_are_remembered(takes: list[tuple[int, int]]) -> None:
    seen = Seen()
    for slot, identity in takes:
        seen.take(slot, identity)
        assert len(seen._slots) <= 3


def test_an_event_is_known_by_product_and_id() -> None:
    told = [
        event(event_id="1", product_id="a"),
        event(event_id="1", product_id="b"),
        event(event_id="b/1", product_id="a"),
        event(event_id="1 ", product_id="a"),
    ]
    assert len(set(identities(told))) == 4
    (again,) = identities([event(event_id="1", product_id="a", text="Corrected spelling.", rating=4)])
    assert again == identities(told)[0] == -4605485883706212430, "a store remembers it so"
    assert all(-(2**63) <= identity < 2**63 for identity in identities(event(i) for i in range(100)))


def test_claims_tell_slots_in_log_order_and_which_review_each_id_is_of() -> None:
    reviews = [
        scored(1, logged_ms=NOON_MS),
        scored(2, logged_ms=NOON_MS, tenant="bank"),
        scored(3, logged_ms=NOON_MS, tenant="club"),
        scored(4, logged_ms=NOON_MS + 5),
        scored(5, logged_ms=NOON_MS + WIDTH_MS),
        scored(6, logged_ms=NOON_MS),
    ]
    found, order = claims(reviews, {"shop": HORIZON_MS, "bank": 10_000, "club": 0}.__getitem__)
    assert [(claim.tenant, claim.width_ms) for claim in found] == [("shop", WIDTH_MS), ("bank", 5_000)]
    noon = NOON_MS // WIDTH_MS
    assert [(slot, len(ids)) for slot, ids in found[0].spans] == [(noon, 2), (noon + 1, 1), (noon, 1)]
    assert order == [0, 3, 4, 5, 1]


def test_tenants_and_partitions_have_memories_of_their_own() -> None:
    memory = Memory()
    shop, _ = claims([scored(1), scored(1)], lambda _: HORIZON_MS)
    bank, _ = claims([scored(1, tenant="bank")], lambda _: HORIZON_MS)
    assert memory.take(TP, [*bank, *shop]) == [2]
    assert memory.take(TP, [*shop, *bank]) == [0, 1, 2]
    assert memory.take(TP._replace(partition=1), shop) == [1]
