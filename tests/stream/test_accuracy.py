import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.accuracy import LEAST_RATED, expected
from stream.measures import Measures

CARD = ((4538, 40), (203, 317))
"""Recall of good .991, of bad .610."""


def counted(good: int, bad: int, agree: int) -> Measures:
    return Measures(good + bad, 0, 0, good + bad, 0, bad, agree)


def test_what_is_expected_depends_on_how_many_reviews_are_bad() -> None:
    as_on_the_test, half_bad = expected(counted(898, 102, 950), CARD), expected(counted(500, 500, 800), CARD)
    assert as_on_the_test is not None
    assert half_bad is not None
    assert as_on_the_test.accuracy == pytest.approx(0.952, abs=0.001)
    assert half_bad.accuracy == pytest.approx(0.80, abs=0.002)
    assert not as_on_the_test.lower
    assert not half_bad.lower, "fewer right answers than on the test, and as many as such reviews let expect"


def test_a_model_that_has_become_worse_is_told_and_a_better_one_is_not() -> None:
    worse, better = expected(counted(500, 500, 700), CARD), expected(counted(500, 500, 900), CARD)
    assert worse is not None
    assert worse.lower
    assert worse.p_value < 1e-6
    assert better is not None
    assert better.p_value > 0.99


def test_of_few_rated_reviews_nothing_is_said() -> None:
    assert expected(counted(LEAST_RATED - 1, 0, 3), CARD) is None
    assert expected(Measures(1_000, 900), CARD) is None


@given(good=st.integers(0, 400), bad=st.integers(0, 400), share=st.floats(0, 1))
def test_the_fewer_are_right_the_smaller_is_p(good: int, bad: int, share: float) -> None:
    agree = int(share * (good + bad))
    found, fewer = expected(counted(good, bad, agree), CARD), expected(counted(good, bad, max(0, agree - 1)), CARD)
    if good + bad < LEAST_RATED:
        assert found is None
        return
    assert found is not None
    assert fewer is not None
    assert 0 <= fewer.p_value <= found.p_value <= 1
    assert 317 / 522 <= found.accuracy <= 0.992


@pytest.mark.parametrize(("good", "bad"), [(50, 0), (40, 20), (300, 60), (20, 200)])
def test_a_model_as_good_as_on_its_test_is_seldom_called_worse(good: int, bad: int) -> None:
    """In a hundredth of samples, card and live ones drawn from the same recalls; a few more where samples are small."""
    chance = random.Random(good)

    def right(count: int, recall: float) -> int:
        return sum(chance.random() < recall for _ in range(count))

    called = 0
    for _ in range(400):
        test_good, test_bad = right(400, 0.95), right(300, 0.7)
        found = expected(
            counted(good, bad, right(good, 0.95) + right(bad, 0.7)),
            ((test_good, 400 - test_good), (300 - test_bad, test_bad)),
        )
        called += found is not None and found.lower
    assert called <= 12
