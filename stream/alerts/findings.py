"""What the figures of a window say of a rule. Pure.

A finding has three verdicts, not two: between where an alert is raised and where it is cleared, it stays as it is. That
hysteresis keeps figures which waver around the threshold from calling somebody every minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from stream.alerts.wording import ratio_change, sentiment_of, silence_of, too_few
from stream.measures import P_SCALE, STEP_MS, WINDOWS, Measures, Window
from stream.statistics.shares import of_mean
from stream.statistics.two_samples import Sample, benjamini_hochberg, difference_interval, fisher
from stream.tenant_rules import AlertRule

Verdict = Literal["raise", "hold", "clear"]

FALSE_CHANGES: Final = 0.001
"""Share of the products found changed that may have changed by chance; with a single subject, the level of the test.
Windows slide and are tested at every look, so chance gets many tries. A simulated subject with a review a minute, four
of five good, looked at every minute for 400 days with windows of an hour and a threshold of a tenth, was called changed
for the worse twice a day at 0.05, every 1.7 days at 0.01, and every 17 days at 0.001."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule makes of one subject, a product or the tenant as a whole, at one time."""

    verdict: Verdict
    value: float | None
    """Sentiment; change of the good share; seconds of silence. None where there are no reviews."""
    interval: tuple[float, float] | None
    """At 95 %, of ``value``; none of a silence."""
    reviews: int
    """In the window; of a silence, in the one that ended with its last review."""
    p_value: float | None
    """Of a change: corrected for all products that were tested beside it."""
    why: str
    """The finding in a sentence."""


def length_ms(window: Window) -> int:
    """How long a window is (ms)."""
    step, count = WINDOWS[window]
    return STEP_MS[step] * count


def low(rule: AlertRule, current: Measures) -> Finding:
    """Whether the sentiment is under the threshold, and not by the chance of a few reviews.

    Raised when the whole 95 % interval of the sentiment is under the threshold: three bad reviews of three leave the
    upper bound at 0.12. Cleared when the sentiment itself is at ``rule.clear_at`` or more, or when there are less than
    half of ``rule.min_reviews`` left to say anything.
    """
    n = current.reviews
    bounds = of_mean(current.p_good / P_SCALE, n)
    if bounds is None:
        return Finding("clear", None, None, 0, None, too_few(rule, 0))
    value = (2 * current.p_good - n * P_SCALE) / (n * P_SCALE)  # in whole numbers first: 600 of 1,000 is 0.2
    interval = _as_sentiment(bounds)
    verdict: Verdict = "hold"
    if n >= rule.min_reviews and interval[1] < rule.raise_at:
        verdict = "raise"
    elif value >= rule.clear_at:
        verdict = "clear"
    elif _gone(n, rule):
        return Finding("clear", value, interval, n, None, too_few(rule, n))
    return Finding(verdict, value, interval, n, None, sentiment_of(rule, value, interval, n))


def change_p(rule: AlertRule, current: Measures, previous: Measures) -> float:
    """The p-value of no change between both windows; 1 where either has too few reviews to be tested."""
    if min(current.reviews, previous.reviews) < rule.min_reviews:
        return 1.0
    return fisher(_sample(current), _sample(previous))


def corrected(p_values: Mapping[str | None, float]) -> dict[str | None, float]:
    """The p-values of all subjects of a rule, corrected for each other."""
    return dict(zip(p_values, benjamini_hochberg(list(p_values.values())), strict=True))


def change(rule: AlertRule, current: Measures, previous: Measures, q: float) -> Finding:
    """Whether the good share moved between the window and the same window right before it.

    Raised when it moved ``rule.direction`` by ``rule.raise_at`` or more, both windows have ``rule.min_reviews``, and
    the test says that this is no chance: ``q``, from :func:`corrected`, is at most :data:`FALSE_CHANGES`. Cleared when
    it is ``rule.clear_at`` or less, or when a window has less than half the reviews.
    """
    n, before = current.reviews, previous.reviews
    interval = difference_interval(_sample(current), _sample(previous))
    if interval is None:
        return Finding("clear", None, None, n, None, too_few(rule, min(n, before)))
    value = current.good / n - previous.good / before
    moved = {"down": -value, "up": value, "any": abs(value)}[rule.direction]
    verdict: Verdict = "hold"
    if min(n, before) >= rule.min_reviews and moved >= rule.raise_at and q <= FALSE_CHANGES:
        verdict = "raise"
    elif moved <= rule.clear_at:
        verdict = "clear"
    elif _gone(min(n, before), rule):
        return Finding("clear", value, interval, n, None, too_few(rule, min(n, before)))
    return Finding(verdict, value, interval, n, q, ratio_change(rule, value, interval, n, before))


def silence(rule: AlertRule, silent_ms: int, before: int) -> Finding:
    """Whether no review came for the length of the window.

    Args:
        rule: the rule.
        silent_ms: how long there was none.
        before: reviews in the window that ended with the last one. Where there were few, a silence says nothing: of a
            subject that has 3 reviews a window on average, every twentieth window is empty.
    """
    long = silent_ms >= length_ms(rule.window)
    verdict: Verdict = ("raise" if before >= rule.min_reviews else "hold") if long else "clear"
    seconds = silent_ms / 1000
    return Finding(verdict, seconds, None, before, None, silence_of(rule, seconds, before))


def _gone(n: int, rule: AlertRule) -> bool:
    """Whether too few are left to say that it lasts. Not below ``min_reviews`` itself: numbers of reviews waver too."""
    return 2 * n < rule.min_reviews


def _sample(counts: Measures) -> Sample:
    return Sample(counts.good, counts.reviews)


def _as_sentiment(bounds: tuple[float, float]) -> tuple[float, float]:
    """Bounds of a mean P(good) as bounds of the sentiment, 2 P(good) - 1."""
    return 2 * bounds[0] - 1, 2 * bounds[1] - 1
