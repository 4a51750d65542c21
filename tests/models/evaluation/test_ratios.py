import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.ratios import at_random, by_product, measure
from stream.statistics.shares import of_mean, wilson

INTERVALS = (wilson, of_mean)


def test_errors_bias_and_coverage_are_those_worked_out_by_hand() -> None:
    good = np.array([True, True, False, False, True, True, True, True])
    p_good = np.array([0.9, 0.8, 0.6, 0.1, 0.9, 0.9, 0.9, 0.4])
    found = measure([np.arange(4), np.arange(4, 8)], good, p_good, INTERVALS)
    counted, mean = found.errors
    # Counted: 3 of 4 where 2 are good, 3 of 4 where all are. Means: .6 and .775.
    assert (counted.ratio, counted.error, counted.bias) == ("good_ratio", 0.25, 0.0)
    assert mean.ratio == "mean_p_good"
    assert mean.error == pytest.approx((0.1 + 0.225) / 2)
    assert mean.bias == pytest.approx((0.1 - 0.225) / 2)
    assert (counted.held, mean.held) == (1, 1), "3 of 4 ends at 0.954, 3.1 of 4 at 0.964"
    assert (found.groups, found.reviews, found.typical) == (2, 8, 4.0)


def test_what_reviews_that_are_as_good_as_they_are_called_give_is_held_more_often_than_promised() -> None:
    chance = np.random.default_rng(1)
    p_good = chance.beta(2, 1, 20_000)
    good = chance.random(20_000) < p_good
    found = measure(at_random(20_000, 100, seed=1), good, p_good, INTERVALS)
    assert found.errors[1].held / found.groups >= 0.95
    assert abs(found.errors[1].bias) < 0.01
    assert found.errors[0].bias > 0.05, "labels call too many good where most are"


@given(st.lists(st.sampled_from(["a", "b", "c", " "]), max_size=40), st.integers(1, 5))
def test_products_with_enough_reviews_are_groups(product: list[str], least: int) -> None:
    groups = by_product(product, least)
    names = [product[group[0]] for group in groups]
    assert names == [name for name in "abc" if product.count(name) >= least]
    assert [list(group) for group in groups] == [[i for i, p in enumerate(product) if p == name] for name in names]


@given(st.integers(0, 50), st.integers(1, 9), st.integers(0, 5))
def test_groups_at_random_are_of_one_size_and_have_no_row_in_common(rows: int, size: int, seed: int) -> None:
    groups = at_random(rows, size, seed=seed)
    assert len(groups) == rows // size
    drawn = [int(row) for group in groups for row in group]
    assert len(set(drawn)) == len(drawn) == len(groups) * size


def test_no_group_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="one group or more"):
        measure([], np.array([True]), np.array([0.5]), INTERVALS)
