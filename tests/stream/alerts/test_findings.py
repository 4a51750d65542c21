"""What figures say of a rule: chance raises nothing, and between two thresholds everything stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.alerts import findings
from stream.alerts.findings import FALSE_CHANGES, corrected
from stream.measures import HOUR_MS, P_SCALE, Measures
from stream.tenant_rules import AlertRule, Turn

LOW = AlertRule("low", "low", "1h", threshold=0.0, clear=0.2, min_reviews=1)
CHANGE = AlertRule("turn", "change", "1h", threshold=0.1, min_reviews=20)
SILENCE = AlertRule("quiet", "silence", "1h", min_reviews=10)


def counts(good: int, reviews: int) -> Measures:
    """As many reviews, each surely good or surely bad."""
    return Measures(reviews, good, good * P_SCALE)


def test_three_bad_reviews_of_three_are_no_low_sentiment_and_twenty_are() -> None:
    few, many = findings.low(LOW, counts(0, 3)), findings.low(LOW, counts(0, 20))
    assert (few.verdict, few.value, few.reviews) == ("hold", -1.0, 3)
    assert few.interval == pytest.approx((-1.0, 0.123), abs=0.001)
    assert (many.verdict, many.value) == ("raise", -1.0)
    assert "20 reviews in 1h is -1.00" in many.why


def test_a_low_sentiment_needs_its_number_of_reviews() -> None:
    rule = AlertRule("low", "low", "1h", threshold=0.0, min_reviews=50)
    assert findings.low(rule, counts(0, 49)).verdict == "hold"
    assert findings.low(rule, counts(0, 50)).verdict == "raise"
    assert findings.low(rule, counts(0, 24)).verdict == "clear"  # less than half of what it wants
    assert findings.low(rule, Measures()) == findings.Finding(
        "clear", None, None, 0, None, "0 reviews in 1h, too few to say anything: the rule wants 50"
    )


def test_between_threshold_and_clear_nothing_happens() -> None:
    # 1,000 reviews: the interval is some 0.06 wide on either side.
    verdicts = {share: findings.low(LOW, counts(share, 1_000)).verdict for share in (460, 480, 550, 599, 600, 700)}
    assert verdicts == {460: "raise", 480: "hold", 550: "hold", 599: "hold", 600: "clear", 700: "clear"}


@given(st.integers(0, 400), st.integers(1, 400), st.floats(-1, 1), st.floats(0, 1), st.integers(1, 60))
def test_what_raises_a_low_one_never_clears_it(good: int, n: int, threshold: float, gap: float, least: int) -> None:
    rule = AlertRule("a", "low", "1h", threshold=threshold, clear=min(1.0, threshold + gap), min_reviews=least)
    found = findings.low(rule, counts(min(good, n), n))
    if found.verdict == "raise":
        assert found.interval is not None
        assert found.interval[1] < rule.raise_at <= rule.clear_at
        assert n >= least


def judged(rule: AlertRule, now: Measures, before: Measures) -> findings.Finding:
    return findings.change(rule, now, before, corrected({None: findings.change_p(rule, now, before)})[None])


def test_a_fall_is_raised_and_a_rise_only_where_it_is_wanted() -> None:
    now, before = counts(20, 60), counts(50, 60)
    fell = judged(CHANGE, now, before)
    assert (fell.verdict, fell.value) == ("raise", -0.5)
    assert fell.p_value is not None
    assert fell.p_value < 1e-6
    assert judged(CHANGE, before, now).verdict == "clear"
    up = AlertRule("turn", "change", "1h", direction="up")
    either = AlertRule("turn", "change", "1h", direction="any")
    assert [judged(rule, before, now).verdict for rule in (up, either)] == ["raise", "raise"]
    assert [judged(rule, now, before).verdict for rule in (up, either)] == ["clear", "raise"]


def test_a_change_needs_size_reviews_and_significance() -> None:
    assert judged(CHANGE, counts(0, 19), counts(60, 60)).verdict == "hold"  # too few now
    assert judged(CHANGE, counts(0, 60), counts(19, 19)).verdict == "hold"  # too few before
    assert judged(CHANGE, counts(15, 30), counts(18, 30)).verdict == "hold"  # may be chance
    assert judged(CHANGE, counts(9_200, 10_000), counts(9_800, 10_000)).verdict == "hold"  # sure, and small
    assert judged(CHANGE, counts(9_200, 10_000), counts(9_600, 10_000)).verdict == "clear"
    assert judged(CHANGE, counts(0, 9), counts(60, 60)).verdict == "clear"
    assert judged(CHANGE, Measures(), counts(60, 60)).verdict == "clear"


def test_one_of_many_products_must_have_changed_more_surely_than_one_alone() -> None:
    now, before = counts(28, 60), counts(48, 60)
    p = findings.change_p(CHANGE, now, before)
    alone = corrected({"a": p})["a"]
    among = corrected({"a": p, **{f"p{number}": 0.9 for number in range(999)}})["a"]
    assert alone <= FALSE_CHANGES < among
    assert findings.change(CHANGE, now, before, alone).verdict == "raise"
    assert findings.change(CHANGE, now, before, among).verdict == "hold"


@given(*[st.integers(0, 300)] * 4, st.sampled_from(["down", "up", "any"]), st.floats(0.01, 1), st.floats(0, 1))
def test_what_raises_a_change_never_clears_it(
    good: int, n: int, good_before: int, before: int, direction: Turn, threshold: float, part: float
) -> None:
    rule = AlertRule(
        "a",
        "change",
        "1h",
        threshold=threshold,
        clear=threshold * part * 0.99,
        direction=direction,
        min_reviews=1,
    )
    found = judged(rule, counts(min(good, n), n), counts(min(good_before, before), before))
    if found.verdict == "raise":
        assert found.value is not None
        moved = {"down": -found.value, "up": found.value, "any": abs(found.value)}[direction]
        assert moved >= rule.raise_at > rule.clear_at


def test_a_silence_is_raised_after_the_window_where_there_had_been_reviews() -> None:
    verdicts = [
        findings.silence(SILENCE, silent, before).verdict
        for silent, before in ((HOUR_MS - 1, 50), (HOUR_MS, 50), (HOUR_MS, 10), (HOUR_MS, 9), (9 * HOUR_MS, 0))
    ]
    assert verdicts == ["clear", "raise", "raise", "hold", "hold"]
    assert findings.silence(SILENCE, 2 * HOUR_MS, 50).why.startswith("no review for 2 h, after 50 reviews in the 1h")
