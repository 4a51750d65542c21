"""The connection to Redis, and the store's own record in it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from stream.store.keys import LAYOUT_VERSION, MAX_SHARDS, STORE_KEY
from stream.store.state import StoreUnavailable

DEFAULT_TIMEOUT: Final = 2.0
"""Seconds a command may take. A healthy Redis answers in milliseconds; one that does not is taken as away."""

_PASSING: Final = (ClusterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError)
"""Refusals that redis-py knows; it takes their code out of the message."""

_PASSING_CODES: Final = re.compile(r"""(^|caused error: \(['"])(BUSY|MISCONF|NOREPLICAS) """)
"""Refusals that it does not know: a script that runs for too long, a full disk, replicas away. Their code begins the
message, but in a pipeline redis-py writes before it which command was refused."""

Client: TypeAlias = Redis
"""A client that answers in bytes."""


class StoreMismatch(Exception):
    """The store in this Redis was created by another layout, or with another number of shards."""


class StoreEvicts(Exception):
    """This Redis throws keys away when its memory is full: totals would shrink without a word.

    Attributes:
        policy: its ``maxmemory-policy``.
    """

    def __init__(self, policy: str) -> None:
        super().__init__(
            f"this Redis evicts keys when its memory is full (maxmemory-policy {policy}), and counts with them; "
            "set maxmemory-policy noeviction: workers then hold reviews back until there is room"
        )
        self.policy = policy


def connect(url: str, *, timeout: float = DEFAULT_TIMEOUT, max_connections: int = 64) -> Client:
    """A client that fails fast: retrying is left to the callers, who know what they hold back meanwhile.

    More than ``max_connections`` commands at once wait for each other, up to ``timeout``, instead of failing.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        max_connections=max_connections,
        timeout=timeout,
        health_check_interval=0,
    )
    return Redis.from_pool(pool)


@asynccontextmanager
async def unavailable() -> AsyncIterator[None]:
    """Turn every way in which Redis fails to answer into :class:`StoreUnavailable`."""
    try:
        yield
    except StoreUnavailable:
        raise
    except (RedisError, OSError, TimeoutError) as error:
        if isinstance(error, ResponseError) and not _passes(error):
            raise
        raise StoreUnavailable(f"Redis did not answer: {type(error).__name__}: {error}") from error


def _passes(error: ResponseError) -> bool:
    """Whether a refusal is about the state of Redis, which an operator changes, and not about the command."""
    return isinstance(error, _PASSING) or _PASSING_CODES.search(str(error)) is not None


async def open_store(client: Client, shards: int) -> int:
    """Create the store's record, or check the one that is there.

    Returns:
        The number of shards of the store.

    Raises:
        StoreMismatch: the store was made with another layout or number of shards.
        StoreEvicts: this Redis may throw keys away.
        StoreUnavailable: Redis did not answer.
    """
    if not 1 <= shards <= MAX_SHARDS:
        raise StoreMismatch(f"a store has 1 to {MAX_SHARDS} shards, not {shards}")
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        record_store(pipe, shards)
        pipe.hmget(STORE_KEY, ["layout", "shards"])
        layout, stored = (await pipe.execute())[-1]
    check_record(layout, stored, shards)
    await _refuse_eviction(client)
    return shards


def check_record(layout: bytes | None, stored: bytes | None, shards: int) -> None:
    """Compare the store's record, its layout and its number of shards, with what this Aura is set to.

    Raises:
        StoreMismatch: they differ.
    """
    if layout != LAYOUT_VERSION.encode():
        raise _other_layout(layout)
    if int(stored or 0) != shards:
        raise StoreMismatch(
            f"this store was created with {int(stored or 0)} shards, the settings say {shards}; "
            "a store keeps its number of shards: set AURA_STORE_SHARDS back, or rebuild into an empty Redis"
        )


async def _refuse_eviction(client: Client) -> None:
    """``volatile-*`` policies are refused as well: buckets have a time to live."""
    async with unavailable():
        try:
            memory = await client.info("memory")
        except NoPermissionError:
            return  # a user without INFO: whoever set that up has to know
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if int(memory.get("maxmemory", 0)) and policy != "noeviction":
        raise StoreEvicts(policy)


def record_store(pipe: Pipeline, shards: int) -> None:
    """Queue the store's record, where there is none."""
    pipe.hsetnx(STORE_KEY, "layout", LAYOUT_VERSION)
    pipe.hsetnx(STORE_KEY, "shards", str(shards))


async def stored_shards(client: Client) -> int | None:
    """The number of shards recorded in the store; None when no worker has created it yet.

    Raises:
        StoreUnavailable: Redis did not answer, or what it holds is of another layout.
    """
    async with unavailable():
        layout, stored = cast(list[bytes | None], await client.hmget(STORE_KEY, ["layout", "shards"]))
    if layout not in (None, LAYOUT_VERSION.encode()):
        raise StoreUnavailable(str(_other_layout(layout)))
    return int(stored) if stored else None


def _other_layout(layout: bytes | None) -> StoreMismatch:
    return StoreMismatch(
        f"this Redis holds a store of layout {layout.decode() if layout else 'unknown'}, this Aura reads and writes "
        f"layout {LAYOUT_VERSION}; let workers count the log again into an empty Redis"
    )
