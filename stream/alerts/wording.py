"""Findings as sentences, for whoever is called. Pure."""

from stream.tenant_rules import AlertRule


def sentiment_of(rule: AlertRule, value: float, interval: tuple[float, float], reviews: int) -> str:
    """Of a low sentiment."""
    return (
        f"the sentiment of {_reviews(reviews)} in {rule.window} is {value:+.2f} "
        f"(95 % interval {interval[0]:+.2f} to {interval[1]:+.2f}); raised under {rule.raise_at:+.2f}, "
        f"cleared from {rule.clear_at:+.2f} on"
    )


def ratio_change(rule: AlertRule, value: float, interval: tuple[float, float], reviews: int, before: int) -> str:
    """Of a change."""
    way = {"down": "a fall", "up": "a rise", "any": "a change"}[rule.direction]
    return (
        f"the good share changed by {100 * value:+.1f} points (95 % interval {100 * interval[0]:+.1f} to "
        f"{100 * interval[1]:+.1f}) between {_reviews(before)} of the {rule.window} before and {reviews:,} now; raised "
        f"at {way} of {100 * rule.raise_at:g} points, cleared at {100 * rule.clear_at:g}"
    )


def drift_of(rule: AlertRule, psi: float, words: float | None, reviews: int, changed: str) -> str:
    """Of a drift of scores or words."""
    unknown = "" if words is None else f", and {100 * words:+.1f} points of words that its model does not know"
    return (
        f"the scores of {_reviews(reviews)} in {rule.window} have a population stability index of {psi:.2f} against "
        f"the time before{unknown}{changed}; raised from {rule.raise_at:g} on, cleared at {rule.clear_at:g}"
    )


def silence_of(rule: AlertRule, seconds: float, before: int) -> str:
    """Of a silence."""
    return (
        f"no review for {duration(seconds)}, after {_reviews(before)} in the {rule.window} before; "
        f"raised after {rule.window}, where that many were {rule.min_reviews:,} or more"
    )


def too_few(rule: AlertRule, reviews: int) -> str:
    """Of a window that says nothing."""
    return f"{_reviews(reviews)} in {rule.window}, too few to say anything: the rule wants {rule.min_reviews:,}"


def duration(seconds: float) -> str:
    """``90 s``, ``25 min``, ``3.5 h`` or ``12 d``."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


def _reviews(count: int) -> str:
    return f"{count:,} review{'s' * (count != 1)}"
