"""Two models' answers, counted."""

from hypothesis import given
from hypothesis import strategies as st

from stream.comparison import SHOWN, compare
from stream.fold import RECENT_TEXT_CHARS
from stream.measures import P_SCALE
from tests.stream.samples import NOON_MS, scored

answers = st.tuples(st.integers(0, P_SCALE), st.integers(0, P_SCALE), st.sampled_from([None, 1, 3, 4, 5]))


@given(st.lists(answers, max_size=80))
def test_every_review_is_in_one_cell_of_each_table(found: list[tuple[int, int, int | None]]) -> None:
    reviews = [scored(n, p / P_SCALE, NOON_MS + n, rating=stars) for n, (p, _, stars) in enumerate(found)]
    tally, differing = compare(reviews, [shadow for _, shadow, _ in found])
    assert tally.scored == len(found)
    assert tally.both_good + tally.only_active_good + tally.only_shadow_good + tally.both_bad == len(found)
    rated = tally.both_right + tally.only_active_right + tally.only_shadow_right + tally.both_wrong
    assert rated == sum(stars is not None for *_, stars in found)
    assert tally.both_good + tally.only_active_good == sum(active * 2 >= P_SCALE for active, *_ in found)
    assert tally.both_good + tally.only_shadow_good == sum(shadow * 2 >= P_SCALE for _, shadow, _ in found)
    assert tally.difference == sum(shadow - active for active, shadow, _ in found)
    assert abs(tally.difference) <= tally.distance
    apart = [n for n, (active, shadow, _) in enumerate(found) if (active * 2 >= P_SCALE) != (shadow * 2 >= P_SCALE)]
    assert [at - NOON_MS for at, _ in differing] == apart[-SHOWN:]


def test_right_is_who_says_what_the_stars_say() -> None:
    reviews = [scored(n, p, rating=stars) for n, (p, stars) in enumerate([(0.9, 5), (0.9, 1), (0.2, 4), (0.2, 3)])]
    tally, _ = compare(reviews, [100_000, 100_000, 100_000, 500_000])
    assert (tally.both_right, tally.only_active_right, tally.only_shadow_right, tally.both_wrong) == (0, 2, 1, 1)


def test_only_the_beginning_of_a_long_text_is_kept() -> None:
    _, ((_, kept),) = compare([scored(text="x" * 600)], [0])
    assert (len(kept.text), kept.truncated, kept.p_good, kept.shadow_p_good) == (RECENT_TEXT_CHARS, True, 0.9, 0.0)
