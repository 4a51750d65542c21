"""A product in one round trip is what its state, the tenant's time and its windows are in three."""

import time

import pytest

from stream.event import ReviewEvent
from stream.fold import Keep, Scored, fold
from stream.measures import DAY_MS, HOUR_MS
from stream.store.connection import connect, open_store
from stream.store.keys import shard_of
from stream.store.reader import Store
from stream.store.writer import StoreWriter

KEEP = Keep(50, 7 * DAY_MS)


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("days_ago", [0, 400], ids=["live", "replayed"])
@pytest.mark.parametrize("asked", [None, 3 * DAY_MS], ids=["now", "before"])
async def test_all_of_a_product_at_once(redis_url: str, shards: int, days_ago: int, asked: int | None) -> None:
    client = connect(redis_url)
    writer = StoreWriter(client, await open_store(client, shards))
    now = time.time_ns() // 1_000_000
    newest = now - days_ago * DAY_MS
    reviews = [
        Scored(ReviewEvent(f"e{i}", "shop", f"P{i % 4}", "It works.", newest - i * HOUR_MS, rating=4), 700_000, now)
        for i in range(100)
    ]
    runs = {}
    for shard in range(shards):
        here = [one for one in reviews if shard_of("shop", one.event.product_id, shards) == shard]
        runs[shard] = (-1, 99, writer.pack(fold(here, lambda _: KEEP, now), {"shop": KEEP}, now))
    await writer.apply("aura.reviews", 0, runs, now)
    store = Store(client)
    at = None if asked is None else newest - asked
    found = await store.product("shop", "P1", at)
    assert found is not None
    state, moment, windows = found
    assert state == await store.entity("shop", "P1")
    if asked is not None:
        assert moment == at
    elif days_ago:
        assert moment == newest
    else:
        assert now <= moment <= time.time_ns() // 1_000_000
    assert windows == await store.windows("shop", "P1", moment)
    assert sum(counts.reviews for counts in windows.values()) > 0
    assert await store.product("shop", "NONE", at) is None
    await client.aclose()
