"""Reads of the store that many viewers share."""

import asyncio
from typing import Final

from api import kept, shapes, views
from api.access.turns import Turns
from api.cache import SharedReads
from api.clock import now_ms
from api.insight.listing import Listing
from api.insight.movers import Mover, examine
from api.shapes import ListWindow
from stream import drift
from stream.drift import Examined, Period
from stream.measures import WINDOWS, Measures, Window, bucket_start
from stream.store.reader import Store
from stream.store.state import WorkerStatus
from stream.tenants import Tenant

SHARED_SECONDS: Final = 1.0
"""How old a shared answer may be, unless it took long. The page asks every second or two."""

MAX_LISTINGS: Final = 16
"""Listings held at once: one of 10,000 products takes some 30 MB for that second."""


class Reads:
    """Answers out of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._listings = SharedReads[tuple[str, ListWindow, int], Listing](SHARED_SECONDS, MAX_LISTINGS)
        self._movers = SharedReads[tuple[str, Window, int, int], list[Mover]](SHARED_SECONDS, MAX_LISTINGS)
        self._drift = SharedReads[tuple[str, Period], Examined](SHARED_SECONDS, 1_000)
        self._workers = SharedReads[None, list[WorkerStatus]](SHARED_SECONDS, 1)
        self._counts = SharedReads[str, int](SHARED_SECONDS, 1_000)
        self.turns = Turns()
        """Of all reads that take long."""

    async def summary(self, tenant: Tenant, at: int | None) -> shapes.Summary:
        """A tenant at a glance, at ``at`` (ms; None: now)."""
        at_ms = await self.at(tenant, at)
        state, found, products, workers = await asyncio.gather(
            self.store.entity(tenant.id, None),
            self.store.windows(tenant.id, None, at_ms),
            self._counts.get(tenant.id, lambda: self._count(tenant.id)),
            self.workers(),
        )
        return views.summary(tenant, at_ms, state, await self.kept(tenant, found, at), products, workers)

    async def listing(self, tenant: Tenant, window: ListWindow, at_ms: int) -> Listing:
        """The tenant's products over the window that ends with the bucket of ``at_ms``; shared."""
        step = "1d" if window == "all" else WINDOWS[window][0]
        key = (tenant.id, window, bucket_start(at_ms, step))
        return await self._listings.get(key, lambda: self._list(tenant.id, window, at_ms))

    async def movers(self, tenant: Tenant, window: Window, at_ms: int, min_reviews: int) -> list[Mover]:
        """The tenant's products, tested for a change since the window before; shared."""
        key = (tenant.id, window, bucket_start(at_ms, WINDOWS[window][0]), min_reviews)
        return await self._movers.get(key, lambda: self._test(tenant, window, at_ms, min_reviews))

    async def drift(self, tenant: Tenant, over: Period) -> Examined:
        """Whether the tenant's reviews of a window look as those before; shared."""
        return await self._drift.get((tenant.id, over), lambda: self._examine(tenant.id, over))

    async def workers(self) -> list[WorkerStatus]:
        """The workers that live; shared for a second."""
        return await self._workers.get(None, self.store.workers)

    async def at(self, tenant: Tenant, at: int | None) -> int:
        """The instant that a request means: its own, or the tenant's now (ms)."""
        return at if at is not None else await self.store.now(tenant.id)

    async def window_at(self, tenant: Tenant, window: ListWindow, at: int | None) -> int:
        """As :meth:`at`, of one window.

        Raises:
            Problem: the request names a time of which the window is no longer kept.
        """
        if at is not None and window != "all":
            await kept.check(self.store, tenant.id, window, at, now_ms())
        return await self.at(tenant, at)

    async def kept(self, tenant: Tenant, windows: dict[Window, Measures], at: int | None) -> dict[Window, Measures]:
        """Those of all windows at ``at`` that are kept still; of now (None) all are."""
        if at is None:
            return windows
        clock = now_ms()
        gone = await asyncio.gather(*(kept.forgotten(self.store, tenant.id, one, at, clock) for one in windows))
        return {window: windows[window] for window, lacks in zip(windows, gone, strict=True) if not lacks}

    async def _count(self, tenant_id: str) -> int:
        return len(await self.store.product_ids(tenant_id))

    async def _test(self, tenant: Tenant, window: Window, at_ms: int, min_reviews: int) -> list[Mover]:
        listing = await self.listing(tenant, window, at_ms)
        async with self.turns.turn(tenant.id):
            # Off the event loop: 10,000 products take some 0.15 s.
            return await asyncio.to_thread(examine, listing.rows, min_reviews)

    async def _examine(self, tenant_id: str, over: Period) -> Examined:
        async with self.turns.turn(tenant_id):
            found = await self.store.spreads(tenant_id, over.reference_ms, over.to_ms)
            # Off the event loop: two thousand busy hours take a tenth of a second.
            return await asyncio.to_thread(drift.examine, found, over)

    async def _list(self, tenant_id: str, window: ListWindow, at_ms: int) -> Listing:
        async with self.turns.turn(tenant_id):
            if window == "all":
                return Listing(await self.store.products(tenant_id, None, at_ms), keep_empty=True)
            return Listing(await self.store.products(tenant_id, window, at_ms), keep_empty=False)
