"""Scored reviews to increments: a pure function of its input, whatever its order.

Counts are gathered per tenant, product and minute first; hours, days, totals and the tenant's own sums are then rolled
up from those cells, so that a review costs one look-up and a few additions.
"""

from collections.abc import Callable, Iterable, Mapping
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


def fold(reviews: Iterable[Scored], keep: Callable[[str], Keep], now_ms: int) -> Increments:
    """Fold scored reviews into increments.

    Args:
        reviews: scored, of any tenants, in log order.
        keep: tenant to how much of its review texts may be kept.
        now_ms: the clock. A review that the log took longer ago than a bucket's life adds to no such bucket, so that
            reading an old log again does not fill Redis with buckets that have expired once already.
    """
    products: dict[tuple[str, str], _Gathered] = {}
    spreads: dict[tuple[int, str], list[int]] = {}
    spread: list[int] = []
    of = (-1, "")
    kept, most, before = Keep(0, 0), 0, ""
    for scored in reviews:
        event, p_good, logged_ms, words, unknown = scored
        tenant, at = event.tenant, event.occurred_ms
        gathered = products.get((tenant, event.product_id))
        if gathered is None:
            gathered = products[tenant, event.product_id] = _Gathered(
                Delta(first_ms=at, last_ms=at, last_logged_ms=logged_ms, logged_ms=logged_ms)
            )
        good = 1 if p_good * 2 >= P_SCALE else 0  # is_good(), without a call a review
        age = now_ms - logged_ms
        finest = 0 if age < FINEST[0] else 1 if age < FINEST[1] else 2 if age < FINEST[2] else 3
        cell = gathered.cells.get((at // MINUTE_MS, finest))
        if cell is None:
            cell = gathered.cells[at // MINUTE_MS, finest] = [0, 0, 0, 0, 0, 0, 0]
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
        delta = gathered.delta
        if at >= gathered.named_ms and (event.product_name is not None or event.brand is not None or event.categories):
            gathered.name(event, at)
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
        if tenant != before:
            before, kept = tenant, keep(tenant)
            most = max(kept.reviews, LIVE_SAMPLE)
        if kept.reviews:
            recent = gathered.recent
            recent.append(scored)
            if len(recent) > 2 * most:
                del recent[:-most]
    result = Increments()
    for (tenant, product_id), gathered in products.items():
        result.products[tenant, product_id] = delta = gathered.delta
        gathered.close()
        whole = result.tenants.get(tenant)
        if whole is None:
            whole = result.tenants[tenant] = Delta(first_ms=delta.first_ms)
        _roll_up(gathered.cells, delta, whole)
    for (hour, tenant), (*bins, last, p_sum, words, unknown) in spreads.items():
        bins[-1] += last
        result.tenants[tenant].spreads[hour * HOUR_MS] = Spread(bins, p_sum, words, unknown)
    return result


class _Gathered:
    """What is known of one product while its reviews are looked at."""

    __slots__ = ("cells", "delta", "named", "named_ms", "recent")

    def __init__(self, delta: Delta) -> None:
        self.delta = delta
        self.cells: dict[tuple[int, int], list[int]] = {}
        """Minute and index of the finest step that it counts in: the counters of :class:`Measures`."""
        self.named: ReviewEvent | None = None
        """The newest event that has names; of equally new ones that with the greater, so that order plays no part."""
        self.named_ms = 0
        self.recent: list[Scored] = []
        """The last reviews, in log order."""

    def name(self, event: ReviewEvent, at: int) -> None:
        """Take the names of an event that is not older than :attr:`named_ms`."""
        if (
            self.named is None
            or at > self.named_ms
            or encode_profile(_profile(event)) > encode_profile(_profile(self.named))
        ):
            self.named, self.named_ms = event, at

    def close(self) -> None:
        """Note in the delta what only the last of its reviews decide."""
        if self.named is not None:
            self.delta.profile, self.delta.profile_ms = _profile(self.named), self.named_ms
        self.delta.recent = [(scored.logged_ms, _recent(scored)) for scored in self.recent]


def _profile(event: ReviewEvent) -> Profile:
    return Profile(event.product_name, event.brand, event.categories or ())


def _roll_up(cells: Mapping[tuple[int, int], list[int]], delta: Delta, whole: Delta) -> None:
    """Add a product's cells to its buckets and its tenant's, and its times to the tenant's."""
    whole.late += delta.late
    whole.first_ms = min(whole.first_ms, delta.first_ms)
    newest = max((whole.last_ms, whole.last_logged_ms), (delta.last_ms, delta.last_logged_ms))
    whole.last_ms, whole.last_logged_ms = newest
    whole.logged_ms = max(whole.logged_ms, delta.logged_ms)
    for (minute, finest), cell in cells.items():
        at = minute * MINUTE_MS
        gain = Measures(*cell)
        for gaining in (delta, whole):
            gaining.totals.add(gain)
            for step in STEPS[finest:]:
                buckets, start = gaining.buckets[step], at - at % STEP_MS[step]
                bucket = buckets.get(start)
                if bucket is None:
                    buckets[start] = Measures(*cell)
                else:
                    bucket.add(gain)


def encode_profile(profile: Profile) -> bytes:
    """The stored form; also the order between names of equally new events."""
    return _encoder.encode(profile)


def _recent(scored: Scored) -> RecentReview:
    event, text = scored.event, scored.event.text
    return RecentReview(
        event_id=event.event_id,
        product_id=event.product_id,
        text=text[:RECENT_TEXT_CHARS],
        occurred_ms=event.occurred_ms,
        p_good=scored.p_good / P_SCALE,
        title=event.title,
        rating=event.rating,
        product_name=event.product_name,
        language=event.language,
        source=event.source,
        truncated=len(text) > RECENT_TEXT_CHARS,
    )
