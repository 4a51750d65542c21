"""Which products lead the list of those that changed."""

import numpy as np
import pytest

from api.insight.movers import examine, ordered
from api.shapes import Direction
from stream.store.state import ProductRow
from tests.api.insight.test_listing import row

ROWS = [
    row("two", 2, 2, 2, 0),
    row("sure-down", 1_000, 700, 1_000, 900),
    row("few-up", 12, 12, 12, 2),
    row("still", 500, 400, 500, 401),
    row("new", 300, 10),
]


def ids(rows: list[ProductRow]) -> list[str | None]:
    return [one.state.product_id for one in rows]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("any", ["few-up", "sure-down", "two", "still"]),
        ("up", ["few-up", "two"]),
        ("down", ["sure-down", "still"]),
    ],
)
def test_the_surely_changed_lead_and_two_reviews_do_not(direction: Direction, expected: list[str]) -> None:
    found = ordered(examine(ROWS, 1), direction, 0.05)
    assert ids([mover.row for mover in found]) == expected
    assert [mover.q <= 0.05 for mover in found] == [name in ("few-up", "sure-down") for name in expected]


def test_a_product_needs_enough_reviews_in_both_windows() -> None:
    assert ids([mover.row for mover in examine(ROWS, 5)]) == ["sure-down", "few-up", "still"]
    assert examine([], 5) == []


def test_what_changed_at_least_is_the_end_of_the_interval_nearer_to_nothing() -> None:
    down, up, still = examine(ROWS, 5)
    assert down.change == pytest.approx(-0.2)
    assert down.at_least == -down.interval[1]
    assert up.at_least == pytest.approx(up.interval[0])
    assert still.at_least == 0.0
    assert down.at_least == pytest.approx(0.166, abs=0.001)


def test_of_thousands_of_products_that_did_not_change_hardly_one_is_listed() -> None:
    """At p <= 0.05 alone, tens of them would be."""
    random = np.random.default_rng(11)
    sizes = random.integers(5, 60, (3_000, 2)).tolist()
    rows = [
        row(f"P{i}", n, int(random.binomial(n, 0.7)), before, int(random.binomial(before, 0.7)))
        for i, (n, before) in enumerate(sizes)
    ]
    found = examine(rows, 5)
    assert sum(mover.p <= 0.05 for mover in found) >= 20
    assert sum(mover.q <= 0.05 for mover in found) <= 1


def test_products_that_changed_are_found_among_those_that_did_not() -> None:
    random = np.random.default_rng(12)
    still = [row(f"S{i}", 50, int(random.binomial(50, 0.8)), 50, int(random.binomial(50, 0.8))) for i in range(1_000)]
    turned = [row(f"T{i}", 50, int(random.binomial(50, 0.3)), 50, int(random.binomial(50, 0.8))) for i in range(50)]
    listed = [mover.row.state.product_id or "" for mover in examine(still + turned, 5) if mover.q <= 0.05]
    false = sum(name.startswith("S") for name in listed)
    assert len(listed) - false >= 40
    assert false <= 0.15 * len(listed)
