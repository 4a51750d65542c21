"""Shares and their errors, worked out by hand."""

import numpy as np
import pytest

from models.evaluation.intervals import Figure
from models.evaluation.shares import BIGGEST, Shares, by_product

PRODUCT = ["lamp", "kettle", "lamp", "", "lamp", "kettle", "hose", "lamp"]
BAD = np.array([True, False, False, True, False, True, False, False])
P_BAD = np.array([0.9, 0.1, 0.2, 0.9, 0.6, 0.3, 0.5, 0.1])
"""Lamp .9 .2 .6 .1 for one bad of four, kettle .1 .3 for one bad of two, hose .5 for a good one."""


def shares(*estimates: tuple[str, np.ndarray], resamples: int = 50) -> Shares:
    found = by_product(PRODUCT, BAD, estimates or [("ours", P_BAD)], seed=1, resamples=resamples)
    assert found is not None
    return found


def test_shares_of_each_product_the_biggest_first() -> None:
    found = shares()
    assert found.products == 3
    assert [(each.product, each.reviews) for each in found.biggest] == [("lamp", 4), ("kettle", 2), ("hose", 1)]
    assert [each.bad for each in found.biggest] == [0.25, 0.5, 0]
    # One half is good, as the stream counts it.
    assert [each.labelled_bad for each in found.biggest] == [0.5, 0, 0]
    assert [each.p_bad for each in found.biggest] == pytest.approx([0.45, 0.2, 0.5])


def test_errors_are_means_over_the_products_each_counting_the_same() -> None:
    [error] = shares().errors
    assert error.name == "ours"
    assert error.labelled_bad.value == pytest.approx((0.25 + 0.5 + 0) / 3)
    assert error.p_bad.value == pytest.approx((0.2 + 0.3 + 0.5) / 3)
    scatter = [(0.09 + 0.16 + 0.24 + 0.09) ** 0.5 / 4, (0.09 + 0.21) ** 0.5 / 2, 0.25**0.5]
    assert error.p_bad_by_chance == pytest.approx((2 / np.pi) ** 0.5 * sum(scatter) / 3)


def test_every_classifier_has_its_errors_and_the_first_one_the_table() -> None:
    sure = BAD.astype(np.float64)
    found = shares(("sure", sure), ("ours", P_BAD))
    first, second = found.errors
    assert (first.name, first.labelled_bad.value, first.p_bad.value, first.p_bad_by_chance) == ("sure", 0, 0, 0)
    assert (second,) == shares().errors
    assert [each.p_bad for each in found.biggest] == [each.bad for each in found.biggest]


def test_ten_products_at_most_and_of_equals_the_first_by_id() -> None:
    product = [f"p{number:02}" for number in range(12) for _ in range(1 + (number == 11))]
    bad = np.zeros(len(product), np.bool_)
    p_bad = np.array([1.0 if name == "p10" else 0.25 for name in product])
    found = by_product(product, bad, [("ours", p_bad)], seed=1, resamples=10)
    assert found is not None
    assert found.products == 12
    assert [each.product for each in found.biggest] == ["p11", *(f"p{number:02}" for number in range(BIGGEST - 1))]
    assert found.errors[0].p_bad.value == 0.25  # p10 is not among them


@pytest.mark.parametrize("product", [[], ["", " "]])
def test_without_a_product_there_is_nothing(product: list[str]) -> None:
    rows = len(product)
    assert by_product(product, np.ones(rows, np.bool_), [("ours", np.ones(rows))], seed=1) is None


def test_one_review_is_enough() -> None:
    found = by_product(["lamp"], np.array([True]), [("ours", np.array([0.25]))], seed=1, resamples=20)
    assert found is not None
    assert found.errors[0].p_bad == Figure(value=0.75, low=0.75, high=0.75)


def test_products_that_resamples_lose_have_no_interval() -> None:
    [error] = shares().errors
    assert error.p_bad.value is not None
    assert (error.p_bad.low, error.p_bad.high, error.labelled_bad.low) == (None, None, None)


def test_intervals_hold_the_true_error_as_often_as_they_say() -> None:
    sets, products, reviews, off = 60, 4, 100, 0.1
    product = [f"p{number}" for number in range(products) for _ in range(reviews)]
    random, held = np.random.default_rng(1), 0
    for number in range(sets):
        p_bad = random.uniform(0.2, 0.6, len(product))
        bad = random.random(len(product)) < p_bad + off
        found = by_product(product, bad, [("ours", p_bad)], seed=number, resamples=200)
        assert found is not None
        error = found.errors[0].p_bad
        assert error.low is not None
        assert error.high is not None
        held += error.low <= off <= error.high
        assert 0.05 < error.high - error.low < 0.15
    # Were 95 % right, fewer than 51 of 60 sets would hold the truth in one run of a thousand.
    assert held >= 51
