from hypothesis import given
from hypothesis import strategies as st

from stream.measures import P_SCALE
from stream.spread import BINS, Spread

spreads = st.lists(st.tuples(st.integers(0, P_SCALE), st.integers(0, 50), st.integers(0, 50)), max_size=20)


def taken(reviews: list[tuple[int, int, int]]) -> Spread:
    spread = Spread()
    for review in reviews:
        spread.take(*review)
    return spread


@given(spreads, spreads)
def test_spreads_add_up(one: list[tuple[int, int, int]], other: list[tuple[int, int, int]]) -> None:
    both = taken(one)
    both.add(taken(other))
    assert both == taken(one + other)
    assert both.reviews == len(one) + len(other)


@given(spreads)
def test_a_spread_comes_back_from_its_stored_form_and_from_a_longer_one(reviews: list[tuple[int, int, int]]) -> None:
    spread = taken(reviews)
    assert Spread.from_list(spread.as_list()) == Spread.from_list([*spread.as_list(), 7]) == spread


def test_a_bin_ends_where_the_next_begins_and_the_last_holds_one() -> None:
    for p_good, place in ((0, 0), (99_999, 0), (100_000, 1), (899_999, 8), (900_000, 9), (P_SCALE, 9)):
        assert taken([(p_good, 0, 0)]).bins == [int(i == place) for i in range(BINS)]
