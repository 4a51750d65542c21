"""The feeds of all tenants that somebody watches, and the stream of each who does."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from api import shapes
from api.access.held import Held
from api.live import frames
from api.live.feed import RETRY_SECONDS, Client, Feed
from api.metrics import ApiMetrics
from stream.alerts.book import Book
from stream.store.reader import Store
from stream.store.state import StoreUnavailable

HEARTBEAT_SECONDS: Final = 15.0
"""Proxies close what is silent for 30 to 60 s; two lost heart-beats still fit."""


class Hub:
    """Opens live streams, one feed a tenant, and ends them all when the server stops."""

    def __init__(
        self,
        store: Store,
        book: Book,
        read_summary: Callable[[str, float], Awaitable[shapes.LiveSummary | None]],
        metrics: ApiMetrics,
    ) -> None:
        """``read_summary`` is given a tenant's id and its reviews a second; None of one that is none any more."""
        self._store = store
        self._book = book
        self._read_summary = read_summary
        self._metrics = metrics
        self._feeds: dict[str, Feed] = {}
        self._open: dict[Feed, int] = {}
        self._streams = Held()
        self._closed = False

    async def stream(
        self, tenant_id: str, last_id: str | None, allowed: Callable[[], bool]
    ) -> AsyncGenerator[bytes, None]:
        """The frames of one client, from ``last_id`` on, for as long as ``allowed`` (a revoked key ends it)."""
        if self._closed:
            return
        feed = self._enter(tenant_id)
        client = Client()
        try:
            yield frames.OPENING
            while not self._closed:
                try:
                    opening = await feed.join(client, last_id)
                    break
                except StoreUnavailable:
                    yield frames.unavailable(f"/v1/tenants/{tenant_id}/live")
                    await asyncio.sleep(RETRY_SECONDS)
            else:
                return
            for frame in opening:
                yield frame
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        frame_or_end = await client.queue.get()
                except TimeoutError:
                    frame_or_end = frames.HEARTBEAT
                if frame_or_end is None or not allowed():
                    return
                yield frame_or_end
        finally:
            if client.dropped:
                self._metrics.live_dropped.inc()
            self._leave(tenant_id, feed, client)

    def open_streams(self, tenant_id: str) -> int:
        """How many streams of a tenant are open."""
        return self._streams.of(tenant_id)

    def count(self, tenant_id: str) -> Callable[[], None]:
        """Count a stream that is about to be opened; what is returned is called when it has ended."""
        return self._streams.take(tenant_id)

    async def close(self) -> None:
        """End all streams; new ones end at once."""
        self._closed = True
        feeds, self._feeds = list(self._feeds.values()), {}
        for feed in feeds:
            feed.stop()
        await asyncio.gather(*(feed.stopped() for feed in feeds))

    def _enter(self, tenant_id: str) -> Feed:
        feed = self._feeds.get(tenant_id)
        if feed is None or feed.ended:
            feed = Feed(self._store, self._book, tenant_id, lambda rate: self._read_summary(tenant_id, rate))
            self._feeds[tenant_id] = feed
        self._open[feed] = self._open.get(feed, 0) + 1
        self._metrics.live_clients.inc()
        return feed

    def _leave(self, tenant_id: str, feed: Feed, client: Client) -> None:
        self._metrics.live_clients.dec()
        feed.leave(client)
        self._open[feed] -= 1
        if self._open[feed] == 0:
            del self._open[feed]
            if self._feeds.get(tenant_id) is feed:
                del self._feeds[tenant_id]
            feed.stop()
