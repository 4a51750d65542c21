"""Scored reviews to increments: a pure function of its input, whatever its order.

Counts are gathered per tenant, product and minute; a tenant's own, hours, days and totals are rolled up from those
cells afterwards, so that a review costs one look-up and a few additions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from stream.drivers.sample import Offer
from stream.event import ReviewEvent
from stream.measures import HOUR_MS, MINUTE_MS, P_SCALE, RETENTION_MS, Measures, Step, bucket_start
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
FINEST: Final = tuple(RETENTION_MS[step] for step in STEPS)
_SPREAD: Final = BINS + 4
"""Bins, one for a P(good) of 1, sums of P(good), of words and of unknown ones."""

Cells = dict[tuple[int, int], list[int]]
"""Minute of the event, and index in :data:`STEPS` of the finest buckets it counts in, beyond the last for none; the
counters of :class:`~stream.measures.Measures`. Lists, for objects took two thirds of the time of a fold where every
review is of another product."""


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

    first_ms: int
    last_ms: int
    last_logged_ms: int
    """Time the log took the newest event (``last_ms``), the later where several are newest."""
    logged_ms: int
    """Latest time the log took one of these."""
    late: int = 0
    named: ReviewEvent | None = None
    """Of a product: the newest event that has names; of equally new ones that with the greater, so that order plays no
    part."""
    cells: Cells = field(default_factory=dict)
    recent: list[Scored] = field(default_factory=list)
    """Of a product: the last reviews whose text may be kept, in log order."""
    spreads: dict[int, Spread] = field(default_factory=dict)
    """Of a tenant as a whole: start of an hour (ms) to what its spread gains."""

    @property
    def profile(self) -> Profile | None:
        """What the product is called."""
        return None if self.named is None else _profile(self.named)

    @property
    def profile_ms(self) -> int:
        """Since when."""
        return 0 if self.named is None else self.named.occurred_ms

    @property
    def totals(self) -> Measures:
        """All that it gains."""
        return Measures(*total(self.cells))

    @property
    def buckets(self) -> dict[Step, dict[int, Measures]]:
        """Step, bucket start (ms): what the bucket gains."""
        found: dict[Step, dict[int, Measures]] = {step: {} for step in STEPS}
        for (minute, finest), cell in self.cells.items():
            for step in STEPS[finest:]:
                found[step].setdefault(bucket_start(minute * MINUTE_MS, step), Measures()).add(Measures(*cell))
        return found

    def take(self, cells: Cells) -> None:
        """Add others' cells to these."""
        for place, cell in cells.items():
            mine = self.cells.get(place)
            self.cells[place] = cell if mine is None else added(mine, cell)


def total(cells: Cells) -> list[int]:
    """The counters of all cells."""
    if len(cells) == 1:
        (counters,) = cells.values()
        return counters
    return list(map(sum, zip(*cells.values(), strict=True)))


def added(one: list[int], other: list[int]) -> list[int]:
    """The counters of two cells."""
    return [mine + others for mine, others in zip(one, other, strict=True)]


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
    products: dict[tuple[str, str], Delta] = {}
    spreads: dict[tuple[int, str], list[int]] = {}
    spread: list[int] = []
    of = (-1, "")
    kept, most, before = Keep(0, 0), 0, ""
    for scored in reviews:
        event, p_good, logged_ms, words, unknown = scored
        tenant, at = event.tenant, event.occurred_ms
        delta = products.get((tenant, event.product_id))
        if delta is None:
            delta = products[tenant, event.product_id] = Delta(at, at, logged_ms, logged_ms)
        good = 1 if p_good * 2 >= P_SCALE else 0  # is_good(), without a call a review
        age = now_ms - logged_ms
        finest = 0 if age < FINEST[0] else 1 if age < FINEST[1] else 2 if age < FINEST[2] else 3
        cell = delta.cells.get((at // MINUTE_MS, finest))
        if cell is None:
            cell = delta.cells[at // MINUTE_MS, finest] = [0, 0, 0, 0, 0, 0, 0]
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
        if event.product_name is not None or event.brand is not None or event.categories:
            named = delta.named
            if named is None or at >= named.occurred_ms:
                delta.named = event if named is None else _newer(event, named)
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
            recent = delta.recent
            recent.append(scored)
            if len(recent) > 2 * most:
                del recent[:-most]
    result = Increments(products)
    for (tenant, _), delta in products.items():
        whole = result.tenants.get(tenant)
        if whole is None:
            whole = result.tenants[tenant] = Delta(delta.first_ms, delta.last_ms, delta.last_logged_ms, delta.logged_ms)
        _roll_up(delta, whole)
    for (hour, tenant), (*bins, last, p_sum, words, unknown) in spreads.items():
        bins[-1] += last
        result.tenants[tenant].spreads[hour * HOUR_MS] = Spread(bins, p_sum, words, unknown)
    return result


def _newer(event: ReviewEvent, named: ReviewEvent) -> ReviewEvent:
    """Which of two events says what a product is called; the first is not older."""
    if event.occurred_ms > named.occurred_ms:
        return event
    return event if encode_profile(_profile(event)) > encode_profile(_profile(named)) else named


def _roll_up(delta: Delta, whole: Delta) -> None:
    """Add what a product gains to what its tenant does."""
    whole.late += delta.late
    if delta.first_ms < whole.first_ms:
        whole.first_ms = delta.first_ms
    if delta.last_ms > whole.last_ms:
        whole.last_ms, whole.last_logged_ms = delta.last_ms, delta.last_logged_ms
    elif delta.last_ms == whole.last_ms and delta.last_logged_ms > whole.last_logged_ms:
        whole.last_logged_ms = delta.last_logged_ms
    if delta.logged_ms > whole.logged_ms:
        whole.logged_ms = delta.logged_ms
    whole.take(delta.cells)


def _profile(event: ReviewEvent) -> Profile:
    return Profile(event.product_name, event.brand, event.categories or ())


def encode_profile(profile: Profile) -> bytes:
    """The stored form; also the order between names of equally new events."""
    return _encoder.encode(profile)


def recent_review(scored: Scored) -> RecentReview:
    """A review as it is shown."""
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
