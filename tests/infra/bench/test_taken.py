"""Benchmarks that write to a store themselves look whether it took what they gave it."""

import time

import pytest

from infra.bench import duplicates, live
from infra.bench.filling import KEEP, TP, fill
from infra.bench.texts import TENANT, events
from infra.errors import CommandError
from stream.fold import Scored, fold
from stream.measures import P_SCALE
from stream.store.connection import connect, open_store
from stream.store.writer import StoreWriter

ROWS = list(events(None, 20))
NOW_MS = time.time_ns() // 1_000_000


@pytest.fixture
async def ahead(redis_url: str) -> StoreWriter:
    """Of a store that has much more of the partition than benchmarks will write: it takes none of it."""
    client = connect(redis_url, timeout=30.0)
    writer = StoreWriter(client, await open_store(client, 1))
    packed = writer.pack(fold([], lambda _: KEEP, NOW_MS), {TENANT: KEEP}, NOW_MS)
    applied = await writer.apply(*TP, {0: (-1, 10**9, packed)}, NOW_MS)
    assert applied[0].outcome == "applied"
    return writer


async def test_a_store_is_not_taken_for_filled(ahead: StoreWriter) -> None:
    with pytest.raises(CommandError, match="stale"):
        await fill(ahead, [Scored(row, P_SCALE, NOW_MS) for row in ROWS], NOW_MS, lambda _: None)


async def test_no_figure_of_duplicates_is_told(ahead: StoreWriter, redis_url: str) -> None:
    assert ahead.shards == 1
    with pytest.raises(CommandError, match="stale"):
        await duplicates._measure(redis_url, ROWS, 100, 50)


async def test_no_delay_of_the_live_stream_is_told(ahead: StoreWriter) -> None:
    with pytest.raises(CommandError, match="stale"):
        await live._write(ahead, 8, 1.0)
