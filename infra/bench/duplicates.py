"""``aura bench duplicates``: what it costs to count an event once that a producer publishes twice."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.progress import Progress

from infra.bench.filling import taken
from infra.bench.machine import machine
from infra.bench.servers import BenchRedis
from infra.bench.texts import TENANT, events
from stream.duplicates import claims, identities
from stream.event import ReviewEvent
from stream.fold import Keep, Scored, fold
from stream.measures import DAY_MS, P_SCALE
from stream.store import keys
from stream.store.connection import Client, connect, open_store
from stream.store.writer import StoreWriter

KEEP: Final = Keep(50, 7 * DAY_MS)
HORIZON_MS: Final = 3_600_000
NOON_MS: Final = 1_750_161_600_000
"""2025-06-17 12:00 UTC: where a slot begins."""

FILL_MS: Final = 2 * HORIZON_MS
"""Log time that is filled: four slots, of which the first, with too few sets, is forgotten and three are weighed."""

ROWS: Final = 20_000
"""Different reviews, in turn under new ids."""

MEASURED: Final = 50_000
"""Reviews of which Redis' time is taken: a second or so of it."""


def measure(*, rates: Sequence[int], batch: int) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Args:
        rates: reviews an hour of one tenant in one partition.
        batch: reviews that are applied at once.

    Raises:
        CommandError: the server does not start, or does not take a batch.
    """
    about = machine()
    rows = list(events(None, ROWS))
    results = []
    for rate in rates:
        with tempfile.TemporaryDirectory(prefix="aura-bench-") as folder, BenchRedis(Path(folder)) as redis:
            results.append(asyncio.run(_measure(redis.url, rows, rate, batch)))
    return {
        "benchmark": "duplicates",
        "horizon_seconds": HORIZON_MS // 1_000,
        "batch": batch,
        "rates": results,
        "python_microseconds_a_review": _hashing(rows),
        "machine": about,
    }


async def _measure(url: str, rows: list[ReviewEvent], rate: int, batch: int) -> dict[str, Any]:
    client = connect(url, timeout=30.0)
    writer = StoreWriter(client, await open_store(client, 1))
    count, began_ms = rate * FILL_MS // HORIZON_MS, NOON_MS
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{rate:,} an hour", total=count)
        for offset, reviews in _batches(rows, count, began_ms, FILL_MS / count, batch):
            found, _ = claims(reviews, lambda _: HORIZON_MS)
            packed = writer.pack(fold([], lambda _: KEEP, 0), {}, 0, found)
            taken(await writer.apply("bench", 0, {0: (offset - 1, offset + len(reviews) - 1, packed)}, 0))
            progress.advance(task, len(reviews))
    remembered = used = 0
    async for key in client.scan_iter(f"{keys.prefix(0)}x:*", count=1_000):
        remembered += await client.scard(key)
        used += await client.memory_usage(key, samples=0) or 0
    gap_ms = FILL_MS / count
    now_ms = began_ms + FILL_MS
    with_ids = await _redis_time(client, writer, rows, (0, count), (now_ms, gap_ms), batch, HORIZON_MS)
    without = await _redis_time(client, writer, rows, (1, 0), (now_ms, gap_ms), batch, 0)
    await client.aclose()
    return {
        "reviews_an_hour": rate,
        "ids_remembered": remembered,
        "redis_mib": round(used / 2**20, 2),
        "bytes_an_id": round(used / remembered, 1),
        "redis_microseconds_a_review": round(with_ids, 2),
        "redis_microseconds_a_review_without": round(without, 2),
    }


async def _redis_time(
    client: Client,
    writer: StoreWriter,
    rows: list[ReviewEvent],
    place: tuple[int, int],
    clock: tuple[int, float],
    batch: int,
    horizon_ms: int,
) -> float:
    """Microseconds of Redis' processor time a review, from ``place`` (partition, offset) on."""
    (partition, start), (now_ms, gap_ms) = place, clock
    before = await _cpu(client)
    for offset, reviews in _batches(rows, MEASURED, now_ms, gap_ms, batch, start):
        found, _ = claims(reviews, lambda _: horizon_ms)
        packed = writer.pack(fold(reviews, lambda _: KEEP, now_ms), {TENANT: KEEP}, now_ms, found)
        last = offset + len(reviews) - 1
        taken(await writer.apply("bench", partition, {0: (offset - 1, last, packed)}, now_ms))
    return (await _cpu(client) - before) / MEASURED * 1e6


def _batches(
    rows: list[ReviewEvent], count: int, began_ms: int, gap_ms: float, batch: int, start: int = 0
) -> Iterator[tuple[int, list[Scored]]]:
    """(offset, reviews) of ``count`` reviews from offset ``start`` on, taken by the log every ``gap_ms``."""
    source = cycle(rows)
    for offset in range(start, start + count, batch):
        size = min(batch, start + count - offset)
        yield (
            offset,
            [
                Scored(
                    msgspec.structs.replace(row, event_id=f"bench-{offset + i}"),
                    P_SCALE // 2,
                    began_ms + int((offset - start + i) * gap_ms),
                )
                for i, row in enumerate(islice(source, size))
            ],
        )


async def _cpu(client: Client) -> float:
    """Seconds of processor time, of all threads: busy neighbours do not show in it."""
    spent = await client.info("cpu")
    return float(spent["used_cpu_user"] + spent["used_cpu_sys"])


def _hashing(rows: list[ReviewEvent]) -> float:
    started = time.perf_counter()
    identities(rows)
    return round((time.perf_counter() - started) / len(rows) * 1e6, 2)
