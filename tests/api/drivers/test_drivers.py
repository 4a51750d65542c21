"""Log-odds with a prior, on counts whose answer is known and on words that were planted."""

import random
from collections import Counter
from math import isfinite, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.drivers.log_odds import MIN_COUNT, PRIOR_REVIEWS, Background, Driver, Tally, examine, leading, ordered
from stream.drivers.terms import entry_of

EVEN = Background([])


def tally(n: int, **counts: int) -> Tally:
    return Tally(n, {term.replace("_", " "): count for term, count in counts.items()})


def test_the_log_odds_are_those_of_the_formula() -> None:
    of, against = tally(50, battery=20), tally(80, battery=8)
    (found,) = examine(of, against, Background([(tally(99, battery=29), 500)]), 3)
    prior = PRIOR_REVIEWS * (29 + 20 + 8 + 0.5) / (99 + 50 + 80 + 1)
    first = log((20 + prior) / (50 + PRIOR_REVIEWS - 20 - prior))
    second = log((8 + prior) / (80 + PRIOR_REVIEWS - 8 - prior))
    assert found.log_odds == pytest.approx(first - second)
    assert found.z == pytest.approx((first - second) / sqrt(1 / (20 + prior) + 1 / (8 + prior)))


def test_the_background_weighs_each_sample_by_the_reviews_that_it_stands_for() -> None:
    background = Background([(tally(100, lamp=50), 1_000), (tally(100, lamp=0), 9_000)])
    assert background.share("lamp") == pytest.approx((0.05 * 200 + 0.5) / 201)
    assert 0 < background.share("unheard of") < 0.01
    assert background.share("lamp", [tally(10, lamp=5), tally(89)]) == pytest.approx((0.05 * 200 + 5 + 0.5) / 300)
    assert EVEN.share("lamp") == 0.5
    assert Background([(tally(0), 7), (tally(1, lamp=1), 7)]).share("lamp") == 0.75


counts = st.dictionaries(st.sampled_from(["a", "b", "c", "a b", "b c"]), st.integers(0, 30))


@settings(max_examples=50)
@given(counts, counts, st.integers(30, 60), st.integers(30, 60), st.integers(0, 10))
def test_both_sides_are_treated_alike(
    of: dict[str, int], against: dict[str, int], n: int, m: int, min_count: int
) -> None:
    background = Background([(Tally(n, of), 300), (Tally(m, against), 100)])
    one = {d.term: d for d in examine(Tally(n, of), Tally(m, against), background, min_count)}
    other = {d.term: d for d in examine(Tally(m, against), Tally(n, of), background, min_count)}
    assert set(one) == set(other)
    assert set(one) == {t for t in {*of, *against} if of.get(t, 0) + against.get(t, 0) >= max(min_count, MIN_COUNT)}
    for term, driver in one.items():
        assert driver.log_odds == pytest.approx(-other[term].log_odds)
        assert driver.z == pytest.approx(-other[term].z)
        assert driver.p == pytest.approx(other[term].p)
        assert isfinite(driver.z)
        assert driver.p <= driver.q * (1 + 1e-9)
        assert driver.q <= 1
    assert not examine(Tally(0, {}), Tally(m, against), background, 1)


@given(counts, counts)
def test_no_term_is_shown_that_fewer_than_three_reviews_of_its_side_have(
    of: dict[str, int], against: dict[str, int]
) -> None:
    drivers = examine(Tally(40, of), Tally(40, against), EVEN, 1)
    for leaning in ("bad", "reference", None):
        for one in ordered(drivers, leaning, 0.05):
            assert leading(one) >= MIN_COUNT
            assert leaning is None or (one.log_odds > 0) == (leaning == "bad")


def test_the_more_reviews_say_it_the_surer_it_is() -> None:
    sizes = [examine(tally(n, lamp=n // 5), tally(n, lamp=n // 20), EVEN, 3)[0].z for n in (40, 100, 400, 1_000)]
    assert sizes == sorted(sizes)
    assert sizes[0] > 0


def test_a_word_is_left_out_that_a_phrase_contains_with_the_same_counts() -> None:
    of = tally(60, battery=20, died=12, battery_died=12, dead=12)
    found = ordered(examine(of, tally(60, battery=5), EVEN, 3), "bad", 0.05)
    assert {one.term for one in found} == {"battery died", "dead", "battery"}


def test_what_is_shown_to_differ_stands_before_what_is_not() -> None:
    drivers = [Driver(term, 9, 1, 1.0, z, q, q) for term, z, q in (("a", 9.0, 0.2), ("b", 2.0, 0.01), ("c", 3.0, 0.04))]
    assert [one.term for one in ordered(drivers, None, 0.05)] == ["c", "b", "a"]


VOCABULARY = [f"{a}{b}ord" for a in "bcdfghjklmnp" for b in "aeiou"]
PLANTED = ("battery", "leaks", "squeaky")


def reviews(chance: random.Random, count: int, planted: float) -> Tally:
    """Reviews of 15 words that say nothing, and each planted word with a probability."""
    entries = []
    for _ in range(count):
        words = chance.choices(VOCABULARY, weights=range(1, 61), k=15)
        words += [word for word in PLANTED if chance.random() < planted]
        chance.shuffle(words)
        entries.append(entry_of(" ".join(words)))
    return Tally.of(entries)


def test_planted_words_are_found_and_few_others() -> None:
    chance = random.Random(8)
    found = Counter[str]()
    false, rounds = 0, 25
    for _ in range(rounds):
        bad, good = reviews(chance, 100, 0.20), reviews(chance, 150, 0.02)
        background = Background([(bad, 100), (good, 900)])
        significant = [one for one in examine(bad, good, background, 5) if one.q <= 0.05]
        listed = ordered(significant, "bad", 0.05)
        found.update(one.term for one in listed if one.term in PLANTED)
        false += any(not set(one.term.split()) & set(PLANTED) for one in listed)
        assert {one.term for one in listed[:3]} & set(PLANTED)
    assert all(found[word] >= 0.9 * rounds for word in PLANTED)  # power
    assert false <= 0.2 * rounds


def test_where_nothing_was_planted_hardly_anything_is_found() -> None:
    chance = random.Random(9)
    rounds, wrong = 60, 0
    for _ in range(rounds):
        bad, good = reviews(chance, 60, 0.1), reviews(chance, 90, 0.1)
        wrong += any(one.q <= 0.05 for one in examine(bad, good, Background([(bad, 60), (good, 90)]), 5))
    assert wrong <= 0.1 * rounds  # at most 5 in 100 were promised
