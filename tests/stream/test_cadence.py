"""How often batches may begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.cadence import BATCH_SECONDS, LEAST, SHARE, Cadence


def test_before_anything_is_known_nothing_waits() -> None:
    assert Cadence(0.05).interval == 0


@given(
    st.floats(1e-4, 1e-2),
    st.floats(1e-6, 1e-4),
    st.lists(st.integers(1, 4096), min_size=5, max_size=60).filter(lambda sizes: len(set(sizes[-5:])) > 1),
)
def test_the_fixed_cost_is_found_among_batches_of_different_sizes(fixed: float, each: float, sizes: list[int]) -> None:
    cadence = Cadence(3600)
    for size in sizes:
        cadence.took(size, fixed + each * size)
    assert cadence.fixed == pytest.approx(fixed, rel=1e-3, abs=1e-6)
    assert cadence.interval * SHARE == pytest.approx(cadence.fixed)


def test_of_batches_of_one_size_all_is_taken_for_fixed() -> None:
    cadence = Cadence(3600)
    for _ in range(50):
        cadence.took(40, 0.008)
    assert cadence.fixed == pytest.approx(0.008)


def test_what_changes_is_noticed_within_a_hundred_batches() -> None:
    cadence = Cadence(3600)
    for cost in (0.5, 0.005):
        for number in range(100):
            cadence.took(number % 7, cost)
    assert cadence.fixed == pytest.approx(0.005, rel=0.7)


@given(st.lists(st.tuples(st.integers(0, 16_384), st.floats(0, 100)), max_size=30))
def test_nothing_waits_longer_than_allowed_whatever_was_measured(batches: list[tuple[int, float]]) -> None:
    cadence = Cadence(0.05)
    for batch in batches:
        cadence.took(*batch)
    assert 0 <= cadence.interval <= 0.05


@given(st.floats(1e-6, 1e-4), st.integers(300, 4096))
def test_a_batch_has_as_many_reviews_as_its_time_allows(each: float, size: int) -> None:
    cadence = Cadence(0.05)
    for _ in range(30):
        cadence.took(size, each * size)
    assert cadence.reviews == pytest.approx(BATCH_SECONDS / each, rel=1e-3)


def test_under_a_backlog_batches_grow_to_what_their_time_allows() -> None:
    cadence = Cadence(0.05)
    for _ in range(100):
        cadence.took(1, 0.005)  # idle: each review costs as much as a batch
    assert cadence.reviews == LEAST
    for _ in range(40):
        cadence.took(cadence.reviews, 0.005 + 30e-6 * cadence.reviews)
    assert cadence.reviews > 0.9 * BATCH_SECONDS / (30e-6 + 0.005 / cadence.reviews)


def test_dear_reviews_still_share_batches() -> None:
    cadence = Cadence(0.05)
    assert cadence.reviews == LEAST
    cadence.took(1, 60.0)
    assert cadence.reviews == LEAST
