"""Tests of two shares: figures in print, scipy's, and what corrections promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, fisher_exact

from stream.statistics.two_samples import Sample, benjamini_hochberg, difference_interval, fisher, holm

samples = st.integers(1, 300).flatmap(lambda n: st.builds(Sample, st.integers(0, n), st.just(n)))
p_lists = st.lists(st.floats(0, 1), max_size=40)


@pytest.mark.parametrize(
    ("of", "to", "low", "high"),
    [
        # Newcombe (1998), table II, method 10.
        (Sample(56, 70), Sample(48, 80), 0.0524, 0.3339),
        (Sample(9, 10), Sample(3, 10), 0.1705, 0.8090),
        (Sample(0, 10), Sample(0, 20), -0.1611, 0.2775),
        (Sample(10, 10), Sample(0, 20), 0.6791, 1.0),
        (Sample(10, 10), Sample(0, 10), 0.6075, 1.0),
    ],
)
def test_intervals_of_differences_are_those_in_print(of: Sample, to: Sample, low: float, high: float) -> None:
    assert difference_interval(of, to) == pytest.approx((low, high), abs=5e-5)


@given(samples, samples)
def test_an_interval_lies_around_its_difference_and_turns_with_it(of: Sample, to: Sample) -> None:
    low, high = difference_interval(of, to) or (2.0, -2.0)
    assert -1 <= low <= of.good / of.n - to.good / to.n <= high <= 1
    assert difference_interval(to, of) == pytest.approx((-high, -low))


def test_of_nothing_there_is_no_difference() -> None:
    assert difference_interval(Sample(0, 0), Sample(1, 2)) is None
    assert fisher(Sample(0, 0), Sample(1, 2)) == 1.0


@given(samples, samples)
def test_the_exact_test_is_twice_the_smaller_tail_of_scipys(of: Sample, to: Sample) -> None:
    table = [[of.good, of.n - of.good], [to.good, to.n - to.good]]
    tails = [fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
    assert fisher(of, to) == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-8)
    assert fisher(of, to) == pytest.approx(fisher(to, of), rel=1e-8)


def test_far_tails_are_exact_where_the_chi_squared_approximation_is_off_by_hundreds() -> None:
    assert fisher(Sample(8, 30), Sample(50, 1_000)) == pytest.approx(2.75e-4, rel=0.01)


def test_two_reviews_prove_nothing() -> None:
    assert fisher(Sample(2, 2), Sample(0, 2)) == pytest.approx(1 / 3)


def test_millions_of_reviews_are_no_trouble() -> None:
    assert fisher(Sample(700_000, 1_000_000), Sample(701_000, 1_000_000)) == pytest.approx(0.1230, abs=1e-4)
    assert fisher(Sample(10**6, 10**6), Sample(0, 10**6)) == 0.0


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_where_nothing_changed_a_p_value_below_a_level_is_no_likelier_than_that(share: float) -> None:
    random = np.random.default_rng(3)
    counts = random.binomial((7, 20), share, (4_000, 2)).tolist()
    p_values = np.array([fisher(Sample(first, 7), Sample(second, 20)) for first, second in counts])
    for level in (0.01, 0.05, 0.2):
        assert np.mean(p_values <= level) <= level + 3 * (level * (1 - level) / 4_000) ** 0.5


@given(p_lists)
def test_the_correction_of_benjamini_and_hochberg_is_scipys(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values).tolist() if p_values else [])


def test_holms_correction_is_the_one_worked_out_by_hand() -> None:
    # Sorted .01 .02 .03 .5: times 4, 3, 2, 1, each at least the one before.
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([]) == []
