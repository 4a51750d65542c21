"""Opening a store in real Redis servers."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from redis.exceptions import ResponseError

from stream.store.connection import Client, StoreEvicts, StoreMismatch, connect, open_store, unavailable
from stream.store.keys import LAYOUT_VERSION, STORE_KEY
from stream.store.reader import Store
from stream.store.state import StoreUnavailable
from tests.faults.servers import RedisProcess
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


async def test_a_store_of_another_layout_is_neither_written_nor_read(redis: Client) -> None:
    await open_store(redis, 1)
    await redis.hset(STORE_KEY, "layout", "1")
    with pytest.raises(StoreMismatch, match=f"layout 1, this Aura reads and writes layout {LAYOUT_VERSION}"):
        await open_store(redis, 1)
    with pytest.raises(StoreUnavailable, match="layout 1"):
        await Store(redis).product("shop", "kettle", None)


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


async def write(client: Client) -> None:
    async with unavailable():
        await client.set("key", "value")


async def write_in_a_pipeline(client: Client) -> None:
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        pipe.get("key")
        pipe.set("key", "value")
        await pipe.execute()


WRITES = [write, write_in_a_pipeline]


@pytest.mark.parametrize("way", WRITES)
@pytest.mark.parametrize(("setting", "value"), [("maxmemory", 1), ("min-replicas-to-write", 1), ("replicaof", "")])
async def test_a_redis_that_refuses_writes_for_now_is_unavailable(
    redis: Client, setting: str, value: str | int, way: Callable[[Client], Awaitable[None]]
) -> None:
    await way(redis)
    if setting == "replicaof":
        await cast(Any, redis).replicaof("127.0.0.1", "1")
    else:
        await redis.config_set(setting, value)
    with pytest.raises(StoreUnavailable):
        await way(redis)


@pytest.mark.parametrize("way", WRITES)
async def test_a_redis_whose_disk_is_full_is_unavailable_until_there_is_room(
    tmp_path: Path, way: Callable[[Client], Awaitable[None]]
) -> None:
    with RedisProcess(tmp_path) as server:
        client = connect(server.url)
        with server.disk_full():
            await way(client)  # it notices after this one
            with pytest.raises(StoreUnavailable, match="MISCONF"):
                await retried(way, client, until_it_works=False)
        await retried(way, client, until_it_works=True)
        await client.aclose()


async def retried(way: Callable[[Client], Awaitable[None]], client: Client, *, until_it_works: bool) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            await way(client)
        except StoreUnavailable:
            if not until_it_works:
                raise
        else:
            if until_it_works:
                return
    raise AssertionError("it did not change its mind")


@pytest.mark.parametrize("way", WRITES)
async def test_a_wrong_command_is_not_waited_out(redis: Client, way: Callable[[Client], Awaitable[None]]) -> None:
    async with unavailable():
        await redis.acl_setuser("default", enabled=True, nopass=True, keys="*", commands=["+@all", "-set"])
    with pytest.raises(ResponseError):
        await way(redis)
