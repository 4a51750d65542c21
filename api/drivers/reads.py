"""Drivers out of the store: samples and the numbers of reviews that they stand for."""

import asyncio
from dataclasses import dataclass
from typing import Final

from api.access.turns import Turns
from api.cache import SharedReads
from api.drivers import shapes as driver_shapes
from api.drivers.log_odds import Background, Tally
from api.drivers.views import Question, Sides, answer
from api.http.problems import NOT_FOUND, Problem, invalid
from stream.drivers.sample import Entry, joined, mark_of, read_signed
from stream.measures import DAY_MS, STEP_MS, WINDOWS, Measures, Window, bucket_start, window_bounds
from stream.store.reader import Store
from stream.tenants import Tenant

SHARED_SECONDS: Final = 5.0
"""How old a tenant's sample may be: a few thousand reviews take some 0.1 s to tally, and words change in hours."""

MAX_SAMPLES: Final = 64
"""Tenants' samples held at once: of 30 days, one takes some 10 MB."""


@dataclass(frozen=True, slots=True)
class _Sampled:
    """The sample of a product or tenant over a window, and its counts."""

    bad: list[Entry]
    good: list[Entry]
    counts: Measures


@dataclass(frozen=True, slots=True)
class _Whole:
    """A tenant's sample, tallied."""

    sampled: _Sampled
    bad: Tally
    good: Tally

    @property
    def background(self) -> Background:
        counts = self.sampled.counts
        return Background([(self.bad, counts.bad), (self.good, counts.good)])


class DriverReads:
    """Answers out of one store."""

    def __init__(self, store: Store, turns: Turns) -> None:
        self._store = store
        self._turns = turns
        self._whole = SharedReads[tuple[str, Window, int], _Whole](SHARED_SECONDS, MAX_SAMPLES)

    async def find(self, tenant: Tenant, asked: Question) -> driver_shapes.Drivers:
        """The drivers of a product or tenant.

        Raises:
            Problem: the tenant keeps no texts, or not for as long as the window is, or asks for too much at once.
        """
        check_kept(tenant, asked.window)
        bucket = bucket_start(asked.at_ms, WINDOWS[asked.window][0])
        whole = await self._whole.get(
            (tenant.id, asked.window, bucket), lambda: self._tally(tenant.id, asked.window, asked.at_ms)
        )
        async with self._turns.turn(tenant.id):
            product = whole.sampled
            if asked.product_id is not None:
                product = await self._sampled(tenant.id, asked.product_id, asked.window, asked.at_ms)
            # Off the event loop: thousands of reviews, and hundreds of tests.
            return await asyncio.to_thread(_answer, asked, product, whole)

    async def _tally(self, tenant_id: str, window: Window, at_ms: int) -> _Whole:
        async with self._turns.turn(tenant_id):
            sampled = await self._sampled(tenant_id, None, window, at_ms)
            return await asyncio.to_thread(_tallied, sampled)

    async def _sampled(self, tenant_id: str, product_id: str | None, window: Window, at_ms: int) -> _Sampled:
        _, start, end = window_bounds(window, at_ms)
        (counts, _), (bad, good) = await asyncio.gather(
            self._store.window(tenant_id, product_id, window, at_ms),
            self._store.samples(tenant_id, product_id, start, end),
        )
        return _Sampled(joined(bad, start, end), joined(good, start, end), counts)


def check_kept(tenant: Tenant, window: Window) -> None:
    """Return if the tenant keeps terms for as long as the window is.

    Raises:
        Problem: it does not; says why.
    """
    if not tenant.recent_reviews:
        raise Problem(NOT_FOUND, "This tenant keeps no texts (recent_reviews = 0), and drivers rest on them.")
    step, count = WINDOWS[window]
    days = tenant.recent_days
    if count * STEP_MS[step] > days * DAY_MS:
        raise invalid("window", f"expected at most {days} day{'s' * (days > 1)}: this tenant keeps texts no longer")


def _tallied(sampled: _Sampled) -> _Whole:
    bad, good = (
        Tally.of(read_signed(entry.content)[1] for entry in entries) for entries in (sampled.bad, sampled.good)
    )
    return _Whole(sampled, bad, good)


def _answer(asked: Question, mine: _Sampled, whole: _Whole) -> driver_shapes.Drivers:
    if asked.product_id is None:
        bad, good = whole.bad, whole.good
    else:
        bad, good = (Tally.of(entry.content for entry in entries) for entries in (mine.bad, mine.good))
    if asked.against == "good":
        reference = good, mine.counts.good
    else:
        reference = _others(asked.product_id or "", whole), whole.sampled.counts.bad - mine.counts.bad
    return answer(asked, Sides((bad, mine.counts.bad), reference, whole.background))


def _others(product_id: str, whole: _Whole) -> Tally:
    """The tenant's bad reviews but for one product's."""
    mark = mark_of(product_id)
    pairs = (read_signed(entry.content) for entry in whole.sampled.bad)
    return Tally.of(content for found, content in pairs if found != mark)
