"""What :mod:`stream.drift` says of a rule. Apart from :mod:`findings`, for it brings numpy and scipy along."""

from datetime import UTC, datetime
from typing import Final

from stream.alerts.findings import Finding, Verdict
from stream.alerts.wording import drift_of, too_few
from stream.drift import Examined
from stream.drift_terms import DriftWindow, Reference
from stream.tenant_rules import AlertRule

REFERENCE: Final[dict[DriftWindow, Reference]] = {"24h": "7d", "7d": "30d", "30d": "60d"}
"""What a window is compared with: the time right before it, a few times as long, in which weekdays even out."""

EVERY_SECONDS: Final = 300.0
"""Between two looks at drift: hours are what it is judged by, and ADWIN goes over all of them (half a second)."""

_DRIFTED: Final = ("moderate", "major")


def drift(rule: AlertRule, found: Examined) -> Finding:
    """Whether scores or words of the window are otherwise than before.

    Raised when there are ``rule.min_reviews`` and either the population stability index is at ``rule.raise_at`` and its
    test says that this is no chance, or clearly more words are unknown. Cleared when the index is at ``rule.clear_at``
    or less and the words are as before, or when there are no reviews.
    """
    verdict, n = found.verdict, found.verdict.current.reviews
    if verdict.psi is None:
        return Finding("clear", None, None, n, None, too_few(rule, n))
    words = verdict.words in _DRIFTED
    what: Verdict = "hold"
    if n >= rule.min_reviews and (words or (verdict.scores in _DRIFTED and verdict.psi >= rule.raise_at)):
        what = "raise"
    elif verdict.psi <= rule.clear_at and not words:
        what = "clear"
    why = drift_of(rule, verdict.psi, verdict.unknown_change, n, _since(verdict.changed_ms))
    return Finding(what, verdict.psi, None, n, verdict.p_value, why)


def _since(changed_ms: int | None) -> str:
    if changed_ms is None:
        return ""
    return f", since about {datetime.fromtimestamp(changed_ms / 1000, UTC).isoformat(timespec='minutes')}"
