"""Ending live streams, whatever they are waiting for."""

import asyncio

from api.live.hub import Hub
from api.metrics import ApiMetrics
from api.reads import Reads
from api.services import live
from api.shapes import LiveSummary
from stream.alerts.book import Book
from stream.store.connection import connect
from stream.store.reader import Store
from stream.tenants import Tenant

SHOP = Tenant("shop", "Corner Shop")


async def test_closing_ends_a_stream_in_whatever_step_of_a_read_it_is(redis_url: str) -> None:
    """redis-py sends through Python 3.11's wait_for, which swallows a cancellation that comes while it sends."""

    async def watch_and_close(steps: int) -> list[bytes]:
        client = connect(redis_url)
        store = Store(client)
        reads = Reads(store)

        async def summary(tenant: str, rate: float) -> LiveSummary:
            return live(await reads.summary(SHOP, None), rate)

        async def watch() -> list[bytes]:
            return [frame async for frame in hub.stream("shop", None, lambda: True)]

        hub = Hub(store, Book(client), summary, ApiMetrics())
        watching = asyncio.create_task(watch())
        for _ in range(steps):
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await hub.close()
            frames = await watching
        await store.close()
        return frames

    seen = await asyncio.gather(*(watch_and_close(steps) for steps in range(40)))
    assert len(seen) == 40


async def test_a_closed_hub_opens_no_stream(redis_url: str) -> None:
    async def summary(tenant: str, rate: float) -> None:
        return None

    client = connect(redis_url)
    store = Store(client)
    hub = Hub(store, Book(client), summary, ApiMetrics())
    await hub.close()
    assert [frame async for frame in hub.stream("shop", None, lambda: True)] == []
    await store.close()
