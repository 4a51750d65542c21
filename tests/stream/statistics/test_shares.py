"""Intervals and ratios: figures worked out by hand, and what must hold for all counts."""

from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.statistics.shares import Z_95, of_mean, ratio, sentiment, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # z^2 = 3.841459: centre (.5 + 3.841459/20)/(1 + .3841459) = .5, half .263406.
        (5, 10, 0.236593, 0.763407),
        # 1 of 1: low = 1/(1 + z^2).
        (1, 1, 0.206549, 1.0),
        # 0 of 10: high = (z^2/10)/(1 + z^2/10) = .3841459/1.3841459.
        (0, 10, 0.0, 0.277533),
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81 of 263 and 15 of 148.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
    ],
)
def test_intervals_are_those_worked_out_by_hand_and_in_print(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


counts = st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_an_interval_lies_in_0_to_1_around_its_ratio(count: tuple[int, int]) -> None:
    successes, trials = count
    interval = wilson(successes, trials)
    assert interval is not None
    low, high = interval
    assert 0 <= low <= successes / trials <= high <= 1
    assert low < high


@given(counts)
def test_bounds_solve_the_score_equation(count: tuple[int, int]) -> None:
    """Wilson's interval holds the shares p with |share - p| <= z sqrt(p(1-p)/n); its ends meet this exactly."""
    successes, trials = count
    share = successes / trials
    for bound in wilson(successes, trials) or ():
        if 0 < bound < 1:
            assert isclose((share - bound) ** 2, Z_95**2 * bound * (1 - bound) / trials, rel_tol=1e-5, abs_tol=1e-15)


@given(counts)
def test_good_and_bad_mirror_each_other(count: tuple[int, int]) -> None:
    successes, trials = count
    low, high = wilson(successes, trials) or (0, 0)
    assert wilson(trials - successes, trials) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(counts, st.integers(2, 1000))
def test_more_of_the_same_reviews_narrow_the_interval(count: tuple[int, int], times: int) -> None:
    low, high = wilson(*count) or (0, 0)
    low_more, high_more = wilson(count[0] * times, count[1] * times) or (0, 0)
    assert high_more - low_more < high - low


@pytest.mark.parametrize(("a", "b"), [(8.0, 2.0), (0.3, 0.1), (0.05, 1.0), (50.0, 50.0)])
@pytest.mark.parametrize("n", [5, 15, 150])
def test_the_interval_of_a_mean_holds_the_share_of_all_reviews(a: float, b: float, n: int) -> None:
    """2,000 products whose P(good) are beta-distributed and right: from unsure (50, 50) to nearly labels (.3, .1).

    Of 150 reviews it holds the true share among themselves as well. 95 % less three standard errors is 93.5 %.
    """
    random = np.random.default_rng(7)
    p = random.beta(a, b, (2_000, n))
    bounds = np.array([of_mean(total, n) for total in p.sum(axis=1)])
    labels = random.random(p.shape) < p
    for share in [np.full(2_000, a / (a + b))] + ([labels.mean(axis=1)] if n == 150 else []):
        assert np.mean((bounds[:, 0] <= share) & (share <= bounds[:, 1])) >= 0.935


def test_probabilities_that_are_sure_are_counted_labels() -> None:
    assert of_mean(81.0, 263) == wilson(81, 263)


def test_nothing_is_said_of_no_reviews() -> None:
    assert (wilson(0, 0), of_mean(0.0, 0), ratio(0, 0), sentiment(None)) == (None,) * 4


@pytest.mark.parametrize(("mean", "expected"), [(0.0, -1.0), (0.5, 0.0), (1.0, 1.0), (0.887, 0.774)])
def test_sentiment_runs_from_surely_bad_to_surely_good(mean: float, expected: float) -> None:
    assert sentiment(mean) == pytest.approx(expected)
