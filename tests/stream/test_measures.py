from hypothesis import given
from hypothesis import strategies as st

from stream.measures import STEP_MS, WINDOWS, Measures, Window, bucket_start, window_bounds
from tests.stream.samples import NOON_MS

times = st.integers(100_000_000_000, 5_000_000_000_000)
counters = st.lists(st.integers(0, 1_000), min_size=7, max_size=7)


@given(at=times, window=st.sampled_from(list(WINDOWS)))
def test_a_window_is_whole_buckets_and_the_last_holds_its_time(at: int, window: Window) -> None:
    step, start, end = window_bounds(window, at)
    assert (end - start) == WINDOWS[window][1] * STEP_MS[step]
    assert bucket_start(start, step) == start
    assert end - STEP_MS[step] <= at < end


def test_five_minutes_at_noon_are_the_buckets_from_1156_to_1200() -> None:
    assert window_bounds("5m", NOON_MS + 30_000) == ("1m", NOON_MS - 4 * 60_000, NOON_MS + 60_000)


@given(first=counters, second=counters)
def test_adding_adds_every_counter(first: list[int], second: list[int]) -> None:
    total = Measures(*first)
    total.add(Measures(*second))
    assert total.as_list() == [a + b for a, b in zip(first, second, strict=True)]
    assert Measures.from_list(total.as_list()) == total


def test_counters_that_an_older_layout_did_not_keep_are_zero() -> None:
    assert Measures.from_list([5, 3]) == Measures(reviews=5, good=3)
