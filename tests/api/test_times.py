"""Times and ranges of a request: what is understood, and what is said about the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.problems import Problem
from api.times import MAX_BUCKETS, MAX_INSTANT, Range, instant, span
from stream.measures import DAY_MS, HOUR_MS, MINUTE_MS, STEP_MS, Step

NOON = 1_716_206_400_000  # 2024-05-20T12:00:00Z
HALF_PAST = NOON + 30 * MINUTE_MS


@pytest.mark.parametrize(
    "text",
    [
        "1716206400000",
        "2024-05-20T12:00:00Z",
        "2024-05-20T12:00:00.000Z",
        "2024-05-20T14:00:00+02:00",
        "2024-05-20T06:30:00-05:30",
    ],
)
def test_a_time_is_rfc_3339_or_epoch_milliseconds(text: str) -> None:
    assert instant("at", text) == NOON


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("yesterday", "expected RFC 3339 with a zone"),
        ("", "expected RFC 3339 with a zone"),
        ("2024-05-20T12:00:00", "the zone is missing"),
        ("2024-05-20", "the zone is missing"),
        ("2024-05-20T14:00:00 02:00", "a + in a query is written %2B"),
        ("1969-12-31T23:59:59Z", "from 1970 to 9999"),
        ("-1", "expected RFC 3339"),
        ("253402300800000", "from 1970 to 9999"),
        ("9" * 40, "expected RFC 3339"),
        ("١٧١٦٢٠٦٤٠٠٠٠٠", "expected RFC 3339"),
    ],
)
def test_any_other_time_is_refused_with_what_was_expected(text: str, hint: str) -> None:
    with pytest.raises(Problem) as caught:
        instant("from", text)
    assert caught.value.detail.startswith("from: ")
    assert hint in caught.value.detail


@given(st.integers(0, MAX_INSTANT))
def test_every_allowed_millisecond_is_understood(ms: int) -> None:
    assert instant("at", str(ms)) == ms


def test_without_a_range_the_last_buckets_are_meant() -> None:
    assert span("1m", None, None, HALF_PAST, None) == Range("1m", HALF_PAST - 59 * MINUTE_MS, HALF_PAST + MINUTE_MS)
    assert span("1h", None, None, HALF_PAST, None) == Range("1h", NOON - 47 * HOUR_MS, NOON + HOUR_MS)
    assert span("1d", None, None, HALF_PAST, None).count == 30


def test_days_go_back_to_the_first_review_but_not_beyond_what_one_answer_holds() -> None:
    first = NOON - 4_000 * DAY_MS
    days = span("1d", None, None, NOON, first)
    assert days.start <= first < days.start + DAY_MS
    assert span("1d", None, None, NOON, NOON - DAY_MS).count == 30
    assert span("1d", None, None, NOON, 0).count == MAX_BUCKETS["1d"]


def test_a_range_is_widened_to_whole_buckets() -> None:
    assert span("1h", HALF_PAST, HALF_PAST + 1, 0, None) == Range("1h", NOON, NOON + HOUR_MS)
    assert span("1h", NOON, NOON + HOUR_MS, 0, None) == Range("1h", NOON, NOON + HOUR_MS)


@pytest.mark.parametrize("end", [NOON, NOON - HOUR_MS])
def test_an_empty_range_is_refused(end: int) -> None:
    with pytest.raises(Problem, match="expected a time after `from`"):
        span("1h", NOON, end, NOON, None)


@pytest.mark.parametrize("step", ["1m", "1h", "1d"])
def test_a_range_that_is_too_long_is_refused_with_what_is_allowed(step: Step) -> None:
    most, width = MAX_BUCKETS[step], STEP_MS[step]
    start = NOON - NOON % DAY_MS - 7_400 * DAY_MS
    assert span(step, start, start + most * width, NOON, None).count == most
    with pytest.raises(Problem, match=f"at most {most:,} are answered at once") as caught:
        span(step, start, start + most * width + 1, NOON, None)
    assert caught.value.extra == {"allowed": most}


@given(st.sampled_from(["1m", "1h", "1d"]), st.none() | st.integers(0, MAX_INSTANT), st.integers(0, MAX_INSTANT))
def test_a_range_without_a_start_always_has_one(step: Step, first: int | None, now: int) -> None:
    found = span(step, None, None, now, first)
    assert found.start >= 0
    assert found.start % STEP_MS[step] == found.end % STEP_MS[step] == 0
    assert 1 <= found.count <= MAX_BUCKETS[step]
    assert found.end - STEP_MS[step] <= now < found.end
