"""Scored reviews to increments: a pure function of its input, whatever its order.

Counts are gathered per tenant, product and minute first; hours, days, totals and the tenant's own sums are then rolled
up from those cells, so that a review costs one look-up and a few additions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from stream.drivers.sample import Offer
from stream.event import ReviewEvent
from stream.measures import HOUR_MS, MINUTE_MS, P_SCALE, RETENTION_MS, STEP_MS, Measures, Step
from stream.spread import BINS, WIDTH, Spread
from stream.store.state import Profile, RecentReview

_encoder = msgspec.json.Encoder()

RECENT_TEXT_CHARS: Final = 500
"""Kept text is cut here: 50 whole reviews of 20,000 characters would make one product cost a megabyte."""

LIVE_SAMPLE: Final = 20
"""Reviews a live update carries at most: more than a person can follow, and a bound on its size."""

LATE_AFTER_MS: Final = RETENTION_MS["1m"]
"""An event that is older than a minute bucket's life when the log takes it is counted as late."""


STEPS: Final[tuple[Step, ...]] = ("1m", "1h", "1d")
_SPREAD: Final = BINS + 4
"""Bins, one for a P(good) of 1, sums of P(good), of words and of unknown ones."""
FINEST: Final = tuple(RETENTION_MS[step] for step in STEPS)


class Scored(NamedTuple):
    """A review with its class and the time the log took it (ms)."""

    event: ReviewEvent
    p_good: int
    """Calibrated P(good) in millionths."""
    logged_ms: int
    words: int = 0
    """As the classifier read it; 0 of one that counts none."""
    unknown: int = 0
    """Those of the words that it does not know."""


class Keep(NamedTuple):
    """How much review text a tenant allows to be kept."""

    reviews: int
    """Recent reviews a product; 0 keeps no text at all."""
    ms: int
    """How long after the log took them."""


@dataclass(slots=True)
class Delta:
    """What one entity (a product, or a tenant as a whole) gains."""

    totals: Measures = field(default_factory=Measures)
    late: int = 0
    first_ms: int = 0
    last_ms: int = 0
    last_logged_ms: int = 0
    """Time the log took the newest event (``last_ms``), the later where several are newest."""
    logged_ms: int = 0
    """Latest time the log took one of these."""
    profile: Profile | None = None
    profile_ms: int = 0
    buckets: dict[Step, dict[int, Measures]] = field(default_factory=lambda: {"1m": {}, "1h": {}, "1d": {}})
    """Step, bucket start (ms): what the bucket gains."""
    spreads: dict[int, Spread] = field(default_factory=dict)
    """Of a tenant as a whole: start of an hour (ms) to what its spread gains."""
    recent: list[tuple[int, RecentReview]] = field(default_factory=list)
    """(time logged, review), oldest first."""


@dataclass(slots=True)
class Increments:
    """What a run of records adds to one shard of the store."""

    products: dict[tuple[str, str], Delta] = field(default_factory=dict)
    tenants: dict[str, Delta] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    """To samples of these products and tenants, from :class:`stream.drivers.sampler.Sampler`."""

    def __bool__(self) -> bool:
        return bool(self.tenants)


def fold(scored: Iterable[Scored], keep: Callable[[str], Keep], now_ms: int) -> Increments:
    """Fold scored reviews into increments.

    Args:
        scored: reviews of any tenants, in log order.
        keep: tenant to how much of its review texts may be kept.
        now_ms: the clock. A review that the log took longer ago than a bucket's life adds to no such bucket, so that
            reading an old log again does not fill Redis with buckets that have expired once already.
    """
    cells: dict[tuple[str, str, int, int], list[int]] = {}
    spreads: dict[tuple[int, str], list[int]] = {}
    spread: list[int] = []
    of = (-1, "")
    result = Increments()
    products = result.products
    kept: dict[str, Keep] = {}
    for event, p_good, logged_ms, words, unknown in scored:
        tenant, product_id, at = event.tenant, event.product_id, event.occurred_ms
        good = 1 if p_good * 2 >= P_SCALE else 0  # is_good(), without a call a review
        age = now_ms - logged_ms
        finest = 0 if age < FINEST[0] else 1 if age < FINEST[1] else 2 if age < FINEST[2] else 3
        cell = cells.get((tenant, product_id, at // MINUTE_MS, finest))
        if cell is None:
            cell = cells[tenant, product_id, at // MINUTE_MS, finest] = [0, 0, 0, 0, 0, 0, 0]
        cell[0] += 1
        cell[1] += good
        cell[2] += p_good
        rating = event.rating
        if rating is not None:
            rated_bad = 1 if rating < 4 else 0
            cell[3] += 1
            cell[4] += rating
            cell[5] += rated_bad
            cell[6] += good != rated_bad
        if finest < 2:
            if (at // HOUR_MS, tenant) != of:  # most often it is that of the review before
                of = at // HOUR_MS, tenant
                spread = spreads.setdefault(of, [0] * _SPREAD)
            spread[p_good // WIDTH] += 1
            spread[-3] += p_good
            spread[-2] += words
            spread[-1] += unknown
        delta = products.get((tenant, product_id))
        if delta is None:
            delta = products[tenant, product_id] = Delta(
                first_ms=at, last_ms=at, last_logged_ms=logged_ms, logged_ms=logged_ms
            )
        if at >= delta.profile_ms:
            _name(delta, event, at)
        if at < delta.first_ms:
            delta.first_ms = at
        elif at > delta.last_ms:
            delta.last_ms, delta.last_logged_ms = at, logged_ms
        elif at == delta.last_ms and logged_ms > delta.last_logged_ms:
            delta.last_logged_ms = logged_ms
        if logged_ms > delta.logged_ms:
            delta.logged_ms = logged_ms
        if logged_ms - at > LATE_AFTER_MS:
            delta.late += 1
        if tenant not in kept:
            kept[tenant] = keep(tenant)
        if kept[tenant].reviews:
            recent = delta.recent
            recent.append((logged_ms, _recent(event, p_good, at)))
            most = max(kept[tenant].reviews, LIVE_SAMPLE)
            if len(recent) > 2 * most:
                del recent[:-most]
    _roll_up(cells, result)
    for (hour, tenant), (*bins, whole, p_sum, words, unknown) in spreads.items():
        bins[-1] += whole
        result.tenants[tenant].spreads[hour * HOUR_MS] = Spread(bins, p_sum, words, unknown)
    return result


def _roll_up(cells: dict[tuple[str, str, int, int], list[int]], result: Increments) -> None:
    for (tenant, _), delta in result.products.items():
        whole = result.tenants.get(tenant)
        if whole is None:
            whole = result.tenants[tenant] = Delta(first_ms=delta.first_ms)
        whole.late += delta.late
        whole.first_ms = min(whole.first_ms, delta.first_ms)
        newest = max((whole.last_ms, whole.last_logged_ms), (delta.last_ms, delta.last_logged_ms))
        whole.last_ms, whole.last_logged_ms = newest
        whole.logged_ms = max(whole.logged_ms, delta.logged_ms)
    for (tenant, product_id, minute, finest), cell in cells.items():
        at = minute * MINUTE_MS
        gain = Measures(*cell)
        for delta in (result.products[tenant, product_id], result.tenants[tenant]):
            delta.totals.add(gain)
            for step in STEPS[finest:]:
                buckets, start = delta.buckets[step], at - at % STEP_MS[step]
                bucket = buckets.get(start)
                if bucket is None:
                    buckets[start] = Measures(*cell)
                else:
                    bucket.add(gain)


def _name(delta: Delta, event: ReviewEvent, at: int) -> None:
    """Take the names of the newest event that has any; of equally new ones the greater, so that order plays no part."""
    if event.product_name is None and event.brand is None and not event.categories:
        return
    profile = Profile(event.product_name, event.brand, event.categories or ())
    if profile == delta.profile:
        delta.profile_ms = at
    elif delta.profile is None or at > delta.profile_ms or encode_profile(profile) > encode_profile(delta.profile):
        delta.profile, delta.profile_ms = profile, at


def encode_profile(profile: Profile) -> bytes:
    """The stored form; also the order between names of equally new events."""
    return _encoder.encode(profile)


def _recent(event: ReviewEvent, p_good: int, at: int) -> RecentReview:
    text = event.text
    return RecentReview(
        event_id=event.event_id,
        product_id=event.product_id,
        text=text[:RECENT_TEXT_CHARS],
        occurred_ms=at,
        p_good=p_good / P_SCALE,
        title=event.title,
        rating=event.rating,
        product_name=event.product_name,
        language=event.language,
        source=event.source,
        truncated=len(text) > RECENT_TEXT_CHARS,
    )
