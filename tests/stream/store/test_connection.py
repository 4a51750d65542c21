"""Opening a store in real Redis servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stream.store.connection import Client, StoreEvicts, connect, open_store
from tests.services import start_redis

ROOM = 64 * 1024 * 1024


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Client]:
    """A Redis whose configuration the test may change."""
    with start_redis(tmp_path) as url:
        client = connect(url)
        yield client
        await client.aclose()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_redis_that_may_throw_counts_away_is_refused(redis: Client, policy: str) -> None:
    await redis.config_set("maxmemory-policy", policy)
    assert await open_store(redis, 1) == 1, "without a limit nothing is evicted"
    await redis.config_set("maxmemory", ROOM)
    with pytest.raises(StoreEvicts, match=f"{policy}.*noeviction"):
        await open_store(redis, 1)
    await redis.config_set("maxmemory-policy", "noeviction")
    assert await open_store(redis, 1) == 1


async def test_a_user_who_may_not_ask_for_the_policy_opens_the_store(tmp_path: Path) -> None:
    with start_redis(tmp_path) as url:
        admin = connect(url)
        await admin.config_set("maxmemory-policy", "allkeys-lru")
        await admin.config_set("maxmemory", ROOM)
        await admin.acl_setuser("aura", enabled=True, passwords="+secret", keys="*", commands=["+@all", "-info"])
        client = connect(url.replace("redis://", "redis://aura:secret@"))
        assert await open_store(client, 1) == 1
        await client.aclose()
        await admin.aclose()
