"""Spreads as the log says, against those of a store."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.fold import Keep, Scored, fold
from stream.measures import HOUR_MS, P_SCALE, Measures
from stream.spread import BINS, WIDTH, Spread
from stream.spreading import Spreading
from tests.stream.samples import NOON_MS, scored

HOUR = NOON_MS - NOON_MS % HOUR_MS
MODEL = "films@1"


def review(p_good: int, **changes: Any) -> Scored:
    return scored()._replace(p_good=p_good, words=5, unknown=1)._replace(**changes)


def spread_of(*reviews: Scored) -> Spread:
    spread = Spread()
    for one in reviews:
        spread.take(one.p_good, one.words, one.unknown)
    return spread


def differences(log: list[Scored], stored: dict[str, dict[int, Spread]], reviews: int | None = None) -> list[str]:
    """Models of which something does not agree, where the store has counted ``reviews`` in the hour."""
    spreading = Spreading()
    for one in log:
        spreading.add(fold([one], lambda _: Keep(0, 0), 0), [one], {"shop": MODEL})
    hours = {HOUR: Measures(len(log) if reviews is None else reviews)}
    return [model for model, *_ in spreading.compare("shop", stored, hours)]


@given(st.lists(st.integers(0, P_SCALE), max_size=20))
def test_what_the_log_says_is_equal_to_itself(answers: list[int]) -> None:
    log = [review(p_good) for p_good in answers]
    assert differences(log, {MODEL: {HOUR: spread_of(*log)}} if log else {}) == []


@given(st.lists(st.integers(1, P_SCALE - 1), min_size=1, max_size=20), st.data())
def test_an_answer_may_differ_in_its_last_digit_even_where_that_is_another_bin(
    answers: list[int], data: st.DataObject
) -> None:
    edges = [*range(WIDTH, P_SCALE, WIDTH)]
    answers = [data.draw(st.sampled_from([answer, *(e + d for e in edges for d in (-1, 0))])) for answer in answers]
    log = [review(p_good) for p_good in answers]
    there = [review(p_good + data.draw(st.integers(-1, 1))) for p_good in answers]
    assert differences(log, {MODEL: {HOUR: spread_of(*there)}}) == []


@pytest.mark.parametrize(
    "there",
    [
        review(WIDTH - 2),
        review(WIDTH + 5 * WIDTH),
        review(WIDTH, words=6),
        review(WIDTH, unknown=0),
        review(WIDTH + 2),
    ],
)
def test_more_than_that_is_a_difference(there: Scored) -> None:
    assert differences([review(WIDTH)], {MODEL: {HOUR: spread_of(there)}}) == [MODEL]


def test_no_review_but_those_at_an_edge_may_be_in_another_bin() -> None:
    log, there = review(WIDTH + 500), Spread([1] + [0] * (BINS - 1), WIDTH + 500, 5, 1)
    assert differences([log], {MODEL: {HOUR: there}}) == [MODEL]


def test_a_review_that_another_model_has_scored_is_a_difference_of_both() -> None:
    one = review(700_000)
    assert differences([one], {"films@2": {HOUR: spread_of(one)}}) == [MODEL, "films@2"]


def test_an_hour_of_which_an_older_version_counted_a_part_is_not_compared() -> None:
    one = review(700_000)
    assert differences([one, one], {MODEL: {HOUR: spread_of(one)}}) == []
    assert differences([one, one], {}) == []
    assert differences([one], {MODEL: {HOUR: spread_of(one, one)}}) == [MODEL], "more than there are is one"
