"""Whether the reviews of a period still look, to a tenant's classifier, like those before. Pure.

Three questions, each of the reviews that one model scored, for scores of two models do not compare:

- Are the *scores* spread otherwise? The population stability index (PSI) says how much, a chi-squared test whether it
  may be chance, and both must speak before drift is called so: of a million reviews the smallest change is
  "significant", of fifty a large one may be none.
- Does the classifier know fewer of the *words*? It drops those that its vocabulary has not, and guesses from the rest.
- *When* did the scores change last? ADWIN, over the hours in order.

Drift is no verdict on anybody: customers may have turned, or the reviews may come from elsewhere, in another language,
or cut off; what follows from it is to look. Rated reviews tell whether the classifier is right (live accuracy).
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import log, sqrt
from typing import Final

import numpy as np
from scipy.special import chdtrc, chdtri, chndtrinc, stdtrit

from stream.adwin import Adwin
from stream.drift_terms import DriftWindow, Level, Period, Reference, period
from stream.measures import P_SCALE
from stream.spread import BINS, Spread

__all__ = [
    "Change", "DriftWindow", "Examined", "Hours", "Level", "Period", "Reference", "Side", "Verdict", "examine", "judge",
    "last_change", "period",
]  # fmt: skip

MODERATE: Final = 0.10
MAJOR: Final = 0.25
"""Of the PSI. Below 0.10 nothing of note has moved, above 0.25 the population is another: the limits customary since
E. Lewis, "An Introduction to Credit Scoring" (1994); N. Siddiqi, "Credit Risk Scorecards" (2006)."""

ALPHA: Final = 0.01
"""Of the chi-squared test. The question is asked every few minutes, not once."""

POWER: Final = 0.80
"""With which drift of :attr:`Verdict.detectable_psi` is found; Cohen's convention (1988)."""

LEAST_EXPECTED: Final = 5.0
"""Reviews expected in a bin of the smaller side; sparser ones are joined with a neighbour, or the chi-squared
distribution does not hold (W. Cochran, Biometrics 10 (1954), 417-451)."""

UNKNOWN_MODERATE: Final = 0.03
UNKNOWN_MAJOR: Final = 0.10
"""Rise of the share of unknown words. Of the shipped classifiers' own test parts 1.2, 2.2 and 3.5 % are unknown, and
the tenths of these in time are at most 2.1 points above; of other trades' reviews it is 1.7 to 18.6 points more."""

VALUES: Final = 32
"""Scores an hour that ADWIN is shown at most: so that a busy hour counts no more than what its window can hold."""

Hours = Sequence[tuple[int, Spread]]
"""Hours with reviews as (start in ms, spread), oldest first: what :meth:`stream.store.reader.Store.spreads` reads."""

Change = Callable[[Hours], int | None]
"""Hours to the start of the one (ms) since which scores are spread as they are at the end."""


@dataclass(frozen=True, slots=True)
class Side:
    """A window, or its reference."""

    reviews: int
    shares: tuple[float, ...]
    """Of the reviews in each of ten bins of P(good); empty without reviews."""
    mean_p_good: float | None
    words: int
    unknown_rate: float | None
    """Share of the words that the model does not know."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a window differs from its reference."""

    level: Level
    """That of the scores, or that of the words where drift of these is worse."""
    scores: Level
    words: Level
    current: Side
    reference: Side
    psi: float | None
    """None where a side has no reviews."""
    p_value: float | None
    """Of the chi-squared test that both sides are spread alike."""
    detectable_psi: float | None
    """Drift as large as this would be found with a probability of 80 %."""
    unknown_change: float | None
    """Rate of unknown words in the window less that of the reference."""
    unknown_interval: tuple[float, float] | None
    """95 % interval of that; None with fewer than two hours on a side."""
    changed_ms: int | None
    """Start of the hour since which the scores are as they are now, if they changed in either period."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The verdict on the reviews of one model, and what it leaves out."""

    model: str | None
    """The one that scored most of the window's reviews, or without any, of the reference's; None where no model did."""
    verdict: Verdict
    others: Mapping[str, tuple[int, int]]
    """Model to the reviews of the window and of the reference that it scored instead. With any, the model changed."""

    @property
    def model_changed(self) -> bool:
        """Whether other models scored some of the reviews of either period."""
        return bool(self.others)


def examine(found: Mapping[str, Hours], over: Period, *, change: Change | None = None) -> Examined:
    """Judge a tenant's reviews, those of the model that scores now.

    Args:
        found: model to the hours of both periods (:meth:`stream.store.reader.Store.spreads` from
            ``over.reference_ms`` to ``over.to_ms``).
        over: the two periods (:func:`period`).
        change: finds the time; :func:`last_change` where none is given.
    """
    parts = {model: _parted(hours, over) for model, hours in found.items()}
    counts = {model: (_reviews(current), _reviews(before)) for model, (current, before) in parts.items()}
    model = max(sorted(counts), key=lambda name: counts[name], default=None)
    verdict = judge(*(parts[model] if model is not None else ((), ())), change=change)
    others = {name: count for name, count in counts.items() if name != model and any(count)}
    return Examined(model, verdict, others)


def judge(current: Hours, reference: Hours, *, change: Change | None = None) -> Verdict:
    """How the hours of ``current`` differ from those of ``reference``, all scored by one model.

    *Scores*: with a and e the shares of ten bins of P(good) in window and reference, PSI = sum (a - e) ln(a / e). Each
    side is first given one more review, spread as both sides together are, so that no bin that one of them has is
    empty in the other. The level is ``moderate`` from 0.10 and ``major`` from 0.25 on, if Pearson's test of homogeneity
    says p <= 0.01 too. Without a change, PSI is about (1/n + 1/m) times a chi-squared variable with as many degrees of
    freedom as there are bins less one, so that of 50 reviews a PSI of 0.2 is nothing (B. Yurdakul, J. Naranjo,
    "Statistical properties of the population stability index", Journal of Risk Model Validation 14 (2020)). With a
    change, it is a non-central one, whose parameter is PSI / (1/n + 1/m) to first order: hence the PSI that would be
    found with a probability of 80 %. Where that is above 0.25 and nothing was found, the level is ``too_few``.

    *Words*: the difference of the shares of unknown words. Words of a review, and reviews of an hour, depend on each
    other; so its variance is that between hours, of a ratio of two sums over clusters (W. Cochran, "Sampling
    Techniques" (1977), 6.3), with Student's t for the few hours that there may be. ``moderate`` from a rise of 0.03 and
    ``major`` from 0.10 on, if the interval is above 0; fewer unknown words are no drift.

    *Time*: see :func:`last_change`; another way to find it may be given as ``change``.
    """
    now, before = _sum(current), _sum(reference)
    psi, p_value, detectable = _scores(now.bins, before.bins)
    rise, interval = _unknown(current, reference)
    scores = _level_of_scores(psi, p_value, detectable)
    words = _level_of_words(rise, interval)
    return Verdict(
        level=max(scores, words, key=_ORDER.index) if words in ("moderate", "major") else scores,
        scores=scores,
        words=words,
        current=_side(now),
        reference=_side(before),
        psi=psi,
        p_value=p_value,
        detectable_psi=detectable,
        unknown_change=rise,
        unknown_interval=interval,
        changed_ms=(change or last_change)([*reference, *current]),
    )


def last_change(hours: Hours) -> int | None:
    """Start of the hour (ms) since which scores are spread as they are at the end; None where no change is found.

    ADWIN keeps a window of what it was shown last and drops the older part whenever two parts of it have means that
    differ by more than a bound which such values pass with a probability of :data:`stream.adwin.DELTA` at most
    (:mod:`stream.adwin` names the source). It drops no more than it must, and so says that there was a change sooner
    than when: the hour is where the values that it held divide best by least squares (D. Hinkley, Biometrika 57 (1970),
    1-17). It is shown up to :data:`VALUES` scores of each hour, the quantiles of its histogram, and not the hour's
    mean: its bound takes the scatter of single reviews for the noise, and 24 means are too few for any cut.
    """
    detector = Adwin()
    starts, values = list[int](), list[float]()
    changed = None
    for start, spread in hours:
        for value in _quantiles(spread.bins):
            held = detector.width
            drifted = detector.update(value)
            starts.append(start)
            values.append(value)
            if drifted:
                changed = starts[_split(values, len(values) - held - 1)]
    return changed


def _split(values: Sequence[float], first: int) -> int:
    """Where to cut ``values`` from ``first`` on so that the two parts lie furthest apart, by least squares."""
    held = np.asarray(values[first:])
    sums, counts = np.cumsum(held)[:-1], np.arange(1, len(held))
    apart = (sums - held.mean() * counts) ** 2 / (counts * (len(held) - counts))
    return first + int(apart.argmax()) + 1


_ORDER: Final[tuple[Level, ...]] = ("stable", "too_few", "moderate", "major")


def _parted(hours: Hours, over: Period) -> tuple[Hours, Hours]:
    current = [(start, spread) for start, spread in hours if over.from_ms <= start < over.to_ms]
    return current, [(start, spread) for start, spread in hours if over.reference_ms <= start < over.from_ms]


def _reviews(hours: Hours) -> int:
    return sum(spread.reviews for _, spread in hours)


def _sum(hours: Hours) -> Spread:
    total = Spread()
    for _, spread in hours:
        total.add(spread)
    return total


def _side(spread: Spread) -> Side:
    n = spread.reviews
    return Side(
        reviews=n,
        shares=tuple(count / n for count in spread.bins) if n else (),
        mean_p_good=spread.p_good / (n * P_SCALE) if n else None,
        words=spread.words,
        unknown_rate=spread.unknown / spread.words if spread.words else None,
    )


def _scores(now: Sequence[int], before: Sequence[int]) -> tuple[float | None, float | None, float | None]:
    """PSI, p-value and the PSI that would be found."""
    n, m = sum(now), sum(before)
    if not n or not m:
        return None, None, None
    psi = 0.0
    for a, e in zip(now, before, strict=True):
        if both := (a + e) / (n + m):
            share, share_before = (a + both) / (n + 1), (e + both) / (m + 1)
            psi += (share - share_before) * log(share / share_before)
    statistic, freedom = _homogeneity(now, before)
    p_value = float(chdtrc(freedom, statistic)) if freedom else 1.0
    # Of all bins, had every one enough reviews: what a test with fewer finds of a change among those it joined is less.
    critical = chdtri(BINS - 1, ALPHA)
    return psi, p_value, float(chndtrinc(critical, BINS - 1, 1 - POWER)) * (1 / n + 1 / m)


def _homogeneity(now: Sequence[int], before: Sequence[int]) -> tuple[float, int]:
    """Pearson's statistic of two rows of counts, and its degrees of freedom."""
    n, m = sum(now), sum(before)
    least = min(n, m) / (n + m)
    joined: list[list[int]] = []
    for a, e in zip(now, before, strict=True):
        if joined and sum(joined[-1]) * least < LEAST_EXPECTED:
            joined[-1][0] += a
            joined[-1][1] += e
        else:
            joined.append([a, e])
    if len(joined) > 1 and sum(joined[-1]) * least < LEAST_EXPECTED:
        a, e = joined.pop()
        joined[-1][0] += a
        joined[-1][1] += e
    statistic = 0.0
    for a, e in joined:
        for count, of in ((a, n), (e, m)):
            expected = (a + e) * of / (n + m)
            statistic += (count - expected) ** 2 / expected
    return statistic, len(joined) - 1


def _unknown(current: Hours, reference: Hours) -> tuple[float | None, tuple[float, float] | None]:
    """Change of the share of unknown words, and its interval."""
    now, before = _ratio(current), _ratio(reference)
    if now is None or before is None:
        return None, None
    change = now[0] - before[0]
    if now[1] is None or before[1] is None:
        return change, None
    variance = now[1] + before[1]
    if not variance:
        return change, (change, change)
    # Welch and Satterthwaite's degrees of freedom.
    freedom = variance**2 / sum(v**2 / (k - 1) for _, v, k in (now, before) if v)
    half = float(stdtrit(freedom, 0.975)) * sqrt(variance)
    return change, (max(-1.0, change - half), min(1.0, change + half))


def _ratio(hours: Hours) -> tuple[float, float | None, int] | None:
    """Share of unknown words, its variance, and how many hours it is from; None without words."""
    pairs = [(spread.unknown, spread.words) for _, spread in hours if spread.words]
    words, k = sum(count for _, count in pairs), len(pairs)
    if not words:
        return None
    rate = sum(unknown for unknown, _ in pairs) / words
    if k < 2:
        return rate, None, k
    return rate, k / (k - 1) * sum((unknown - rate * count) ** 2 for unknown, count in pairs) / words**2, k


def _level_of_scores(psi: float | None, p_value: float | None, detectable: float | None) -> Level:
    if psi is None or p_value is None or detectable is None:
        return "too_few"
    if psi >= MODERATE and p_value <= ALPHA:
        return "major" if psi >= MAJOR else "moderate"
    return "stable" if detectable <= MAJOR else "too_few"


def _level_of_words(change: float | None, interval: tuple[float, float] | None) -> Level:
    if change is None or interval is None:
        return "too_few"
    if change >= UNKNOWN_MODERATE and interval[0] > 0:
        return "major" if change >= UNKNOWN_MAJOR else "moderate"
    return "stable" if interval[1] < UNKNOWN_MAJOR else "too_few"


def _quantiles(bins: Sequence[int]) -> list[float]:
    """Up to :data:`VALUES` scores that are spread as the bins are, each the middle of its bin."""
    ends = list(accumulate(bins))
    reviews = ends[-1]
    count = min(reviews, VALUES)
    places = (bisect_right(ends, (rank + 0.5) * reviews / count) for rank in _order(count))
    return [(place + 0.5) / BINS for place in places]


@cache
def _order(count: int) -> tuple[int, ...]:
    """Ranks in an order any stretch of which is spread evenly, for ADWIN may cut anywhere.

    By the fractional parts of the multiples of the golden section (H. Weyl, Mathematische Annalen 77 (1916), 313-352).
    """
    return tuple(sorted(range(count), key=lambda rank: rank * (sqrt(5) - 1) / 2 % 1))
