"""Ranking and pages of products."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.problems import Problem
from api.insight.listing import Cursor, Listing, change, decode_cursor
from api.shapes import Order, Sort
from stream.measures import Measures
from stream.statistics.shares import wilson
from stream.store.state import EntityState, ProductRow, Profile


def row(product_id: str, reviews: int, good: int, before: int = 0, good_before: int = 0) -> ProductRow:
    current = Measures(reviews, good, good * 800_000)
    state = EntityState("shop", product_id, Profile(), current, 0, 1, 2)
    return ProductRow(state, current, Measures(before, good_before), [])


def ids(rows: list[ProductRow]) -> list[str]:
    return [row.state.product_id or "" for row in rows]


ROWS = [row("a", 10, 9), row("b", 20, 5, 10, 9), row("c", 30, 30, 10, 10), row("d", 10, 1, 4, 0), row("e", 0, 0, 5, 5)]


@pytest.mark.parametrize(
    ("sort", "order", "expected"),
    [
        ("reviews", "desc", ["c", "b", "a", "d"]),
        ("reviews", "asc", ["a", "d", "b", "c"]),
        ("good_ratio", "desc", ["c", "a", "b", "d"]),
        ("bad_ratio", "desc", ["d", "b", "a", "c"]),
        ("good_lower", "desc", ["c", "a", "b", "d"]),
        ("bad_lower", "desc", ["d", "b", "a", "c"]),
        ("mean_p_good_lower", "desc", ["c", "a", "b", "d"]),
        ("mean_p_bad_lower", "desc", ["d", "b", "a", "c"]),
        ("change", "asc", ["b", "c", "d", "a"]),
        ("change", "desc", ["d", "c", "b", "a"]),
    ],
)
def test_products_are_ranked_with_the_undefined_last_and_equal_ones_by_id(
    sort: Sort, order: Order, expected: list[str]
) -> None:
    rows, after = Listing(ROWS, keep_empty=False).page(sort, order, None, 10)
    assert (ids(rows), after) == (expected, None)


def test_products_without_reviews_in_the_window_are_left_out_unless_all_are_asked_for() -> None:
    assert ids(Listing(ROWS, keep_empty=True).page("reviews", "asc", None, 1)[0]) == ["e"]
    assert "e" not in ids(Listing(ROWS, keep_empty=False).rows)


@pytest.mark.parametrize(("sort", "ratio_sort"), [("good_lower", "good_ratio"), ("bad_lower", "bad_ratio")])
def test_a_single_review_leads_by_ratio_but_not_by_lower_bound(sort: Sort, ratio_sort: Sort) -> None:
    many = 95 if sort == "good_lower" else 5
    listing = Listing([row("once", 1, many > 50), row("often", 100, many)], keep_empty=False)
    assert ids(listing.page(ratio_sort, "desc", None, 9)[0]) == ["once", "often"]
    assert ids(listing.page(sort, "desc", None, 9)[0]) == ["often", "once"]


def test_change_needs_reviews_in_both_windows() -> None:
    assert [change(r) for r in ROWS] == [None, pytest.approx(-0.65), 0.0, pytest.approx(0.1), None]


product_rows = st.lists(
    st.tuples(st.text(min_size=1, max_size=4), st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)),
    max_size=30,
    unique_by=lambda values: values[0],
).map(lambda many: [row(i, n, min(g, n), b, b) for i, n, g, b in many])
sorts = st.sampled_from(get_args(Sort))
orders = st.sampled_from(["asc", "desc"])


@given(product_rows, sorts, orders, st.integers(1, 7))
def test_pages_together_are_the_whole_ranking(rows: list[ProductRow], sort: Sort, order: Order, limit: int) -> None:
    listing = Listing(rows, keep_empty=True)
    whole, _ = listing.page(sort, order, None, len(rows) + 1)
    paged: list[ProductRow] = []
    after = None
    while True:
        page, last = listing.page(sort, order, after, limit)
        paged += page
        if last is None:
            break
        after = decode_cursor(Cursor("1h", sort, order, 5, last).encode(), "1h", sort, order).place
    assert paged == whole
    assert sorted(ids(whole)) == sorted(ids(rows))


@given(product_rows, sorts, orders, st.integers(1, 7))
def test_a_product_that_vanishes_does_not_shift_the_next_page(
    rows: list[ProductRow], sort: Sort, order: Order, limit: int
) -> None:
    whole, _ = Listing(rows, keep_empty=True).page(sort, order, None, len(rows) + 1)
    page, last = Listing(rows, keep_empty=True).page(sort, order, None, limit)
    if last is None:
        return
    rest = Listing([r for r in rows if r is not page[-1]], keep_empty=True)
    assert rest.page(sort, order, last, len(rows))[0] == whole[limit:]


@pytest.mark.parametrize("text", ["", "x", "!!!", "W10", "bnVsbA", "é", "W1sxXV0", "A" * 1001])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="Take `next_cursor`"):
        decode_cursor(text, "24h", "reviews", "desc")


def test_a_cursor_of_another_question_is_refused() -> None:
    cursor = Cursor("24h", "reviews", "desc", 5, (False, -3.0, "a")).encode()
    assert decode_cursor(cursor, "24h", "reviews", "desc").place == (False, -3.0, "a")
    with pytest.raises(Problem, match="goes on with window=24h, sort=reviews, order=desc"):
        decode_cursor(cursor, "24h", "reviews", "asc")


@given(product_rows)
def test_the_surely_worst_are_those_of_the_lowest_upper_bound(rows: list[ProductRow]) -> None:
    ranked, _ = Listing(rows, keep_empty=False).page("bad_lower", "desc", None, len(rows) + 1)
    uppers = [(wilson(r.current.good, r.current.reviews) or (0.0, 0.0))[1] for r in ranked]
    assert uppers == pytest.approx(sorted(uppers))
