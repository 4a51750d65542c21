"""Drift of scores and words, on hours of made-up reviews."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from stream.drift import MAJOR, Hours, examine, judge, last_change
from stream.drift_terms import LENGTH_MS, Reference, period
from stream.measures import HOUR_MS, P_SCALE
from stream.spread import BINS, Spread
from tests.stream.samples import NOON_MS

PLEASED = (0.02, 0.02, 0.02, 0.03, 0.03, 0.04, 0.06, 0.1, 0.2, 0.48)
CROSS = tuple(reversed(PLEASED))


def hours(
    count: int, reviews: int, shares: Sequence[float], *, first: int = 0, unknown: float = 0.03, seed: int = 1
) -> list[tuple[int, Spread]]:
    """Hours with the same number of reviews each, of 20 words, whose scores are drawn from ``shares`` of bins."""
    chance = random.Random(seed)
    made = []
    for hour in range(first, first + count):
        spread = Spread()
        for place in chance.choices(range(BINS), shares, k=reviews):
            p_good = int((place + chance.random()) * P_SCALE / BINS)
            spread.take(p_good, 20, sum(chance.random() < unknown for _ in range(20)))
        made.append((hour * HOUR_MS, spread))
    return made


def test_reviews_like_those_before_are_no_drift() -> None:
    found = judge(hours(24, 20, PLEASED, first=200, seed=2), hours(200, 20, PLEASED))
    assert (found.level, found.scores, found.words, found.changed_ms) == ("stable", "stable", "stable", None)
    assert found.psi is not None
    assert found.psi < 0.1
    assert found.current.reviews == 480
    assert found.reference.reviews == 4_000


def test_scores_that_turn_are_major_drift_with_the_hour_in_which_they_did() -> None:
    found = judge(hours(24, 20, CROSS, first=200), hours(200, 20, PLEASED))
    assert (found.level, found.scores, found.words) == ("major", "major", "stable")
    assert found.changed_ms is not None
    assert abs(found.changed_ms - 200 * HOUR_MS) <= 2 * HOUR_MS
    assert found.current.mean_p_good is not None
    assert found.reference.mean_p_good is not None
    assert found.current.mean_p_good < 0.3 < 0.7 < found.reference.mean_p_good


def test_words_that_the_model_does_not_know_are_drift_though_scores_stay() -> None:
    found = judge(hours(24, 20, PLEASED, first=200, unknown=0.3), hours(200, 20, PLEASED))
    assert (found.level, found.scores, found.words) == ("major", "stable", "major")
    assert found.unknown_change == pytest.approx(0.27, abs=0.03)
    assert found.unknown_interval is not None
    assert found.unknown_interval[0] < 0.27 < found.unknown_interval[1]


def test_fewer_unknown_words_are_no_drift() -> None:
    found = judge(hours(24, 20, PLEASED, first=200, unknown=0.0), hours(200, 20, PLEASED, unknown=0.3))
    assert (found.level, found.words) == ("stable", "stable")


def test_a_change_too_small_to_matter_is_none_however_many_reviews_show_it() -> None:
    slightly = (0.03, 0.02, 0.02, 0.03, 0.03, 0.04, 0.06, 0.1, 0.2, 0.47)
    found = judge(hours(24, 3_000, slightly, first=200), hours(200, 1_000, PLEASED))
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert found.scores == "stable"


def test_a_handful_of_reviews_is_too_few_to_say_that_nothing_changed() -> None:
    found = judge(hours(5, 2, PLEASED, first=200), hours(200, 20, PLEASED))
    assert found.level == "too_few"
    assert found.detectable_psi is not None
    assert found.detectable_psi > MAJOR


def test_a_side_without_reviews_has_no_drift_and_says_so() -> None:
    for current, reference in (((), hours(9, 9, PLEASED)), (hours(9, 9, PLEASED), ()), ((), ())):
        found = judge(current, reference)
        assert (found.level, found.psi, found.p_value, found.unknown_change) == ("too_few", None, None, None)


def test_drift_as_large_as_the_detectable_one_is_found_four_times_of_five() -> None:
    """Scores at random between a spread and one that differs from it by just that index."""
    reference = hours(100, 40, (0.1,) * BINS)
    found = judge(hours(24, 10, (0.1,) * BINS, first=100), reference)
    assert found.detectable_psi is not None
    # (1 + d) / 10 and (1 - d) / 10 by turns: the index of that against 1 / 10 is d ln((1 + d) / (1 - d)) / 2.
    steps = [step / 1000 for step in range(1, 999)]
    d = min(steps, key=lambda d: abs(_index(d) - (found.detectable_psi or 0)))
    shares = [(1 + d) / 10, (1 - d) / 10] * 5
    seen = [judge(hours(24, 10, shares, first=100, seed=seed), reference).p_value or 0 for seed in range(60)]
    assert 40 <= sum(p <= 0.01 for p in seen) <= 58


def _index(d: float) -> float:
    from math import log

    return d / 2 * log((1 + d) / (1 - d))


counts = st.lists(st.integers(0, 400), min_size=BINS, max_size=BINS)


@given(now=counts, before=counts)
@settings(max_examples=60, deadline=None)
def test_the_index_is_none_between_likes_and_the_same_both_ways(now: list[int], before: list[int]) -> None:
    one, other = [(0, Spread(now))], [(HOUR_MS, Spread(before))]
    found = judge(one, other)
    if not sum(now) or not sum(before):
        assert found.psi is None
        return
    assert found.psi is not None
    assert found.psi >= 0
    assert judge(other, one).psi == pytest.approx(found.psi)
    assert judge(one, [(HOUR_MS, Spread(now))]).psi == 0
    assert 0 <= (found.p_value or 0) <= 1


@given(
    now=st.lists(st.integers(20, 400), min_size=BINS, max_size=BINS),
    before=st.lists(st.integers(20, 400), min_size=BINS, max_size=BINS),
)
@settings(max_examples=40, deadline=None)
def test_the_test_is_pearsons_where_no_bin_is_sparse(now: list[int], before: list[int]) -> None:
    found = judge([(0, Spread(now))], [(HOUR_MS, Spread(before))])
    assert found.p_value == pytest.approx(chi2_contingency([now, before], correction=False).pvalue, abs=1e-12)


def test_without_a_change_the_interval_of_the_unknown_words_holds_zero_most_of_the_time() -> None:
    held = 0
    for seed in range(60):
        found = judge(hours(12, 10, PLEASED, seed=seed), hours(40, 10, PLEASED, seed=1_000 + seed))
        assert found.unknown_interval is not None
        held += found.unknown_interval[0] <= 0 <= found.unknown_interval[1]
    assert held >= 52  # 57 expected; fewer than 52 has a probability of 1 %


def test_a_series_that_does_not_change_has_no_change() -> None:
    assert all(last_change(hours(300, 10, PLEASED, seed=seed)) is None for seed in range(10))


def test_of_two_changes_the_last_is_told() -> None:
    series = [
        *hours(100, 15, PLEASED),
        *hours(100, 15, CROSS, first=100),
        *hours(100, 15, PLEASED, first=200),
    ]
    changed = last_change(series)
    assert changed is not None
    assert abs(changed - 200 * HOUR_MS) <= 4 * HOUR_MS


def test_reviews_of_another_model_are_left_out_and_named() -> None:
    over = period("24h", "7d", NOON_MS)
    first = over.reference_ms // HOUR_MS
    old: Hours = hours(100, 20, CROSS, first=first)
    new: Hours = [*hours(68, 20, PLEASED, first=first + 100), *hours(24, 20, PLEASED, first=first + 168, seed=3)]
    found = examine({"films@1": old, "films@2": new}, over)
    assert (found.model, found.model_changed, found.others) == ("films@2", True, {"films@1": (0, 2_000)})
    assert (found.verdict.level, found.verdict.reference.reviews) == ("stable", 68 * 20)


def test_a_tenant_without_reviews_has_no_model_and_no_verdict() -> None:
    found = examine({}, period("7d", "30d", NOON_MS))
    assert (found.model, found.model_changed, found.verdict.level) == (None, False, "too_few")


@pytest.mark.parametrize("reference", ["7d", "30d", "60d"])
def test_the_reference_ends_where_the_window_begins_and_both_are_whole_hours(reference: Reference) -> None:
    over = period("24h", reference, NOON_MS + 5)
    assert (over.to_ms - over.from_ms, over.from_ms - over.reference_ms) == (24 * HOUR_MS, LENGTH_MS[reference])
    assert over.to_ms == NOON_MS - NOON_MS % HOUR_MS + HOUR_MS
