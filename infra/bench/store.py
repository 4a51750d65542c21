"""``aura bench store``: what a product costs in Redis, after 30 days of use."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from infra.bench.filling import fill, history
from infra.bench.machine import machine
from infra.bench.sampling import KINDS
from infra.bench.servers import BenchRedis
from infra.bench.texts import TENANT, events
from stream.measures import DAY_MS
from stream.store import keys
from stream.store.connection import connect, open_store
from stream.store.reader import Store
from stream.store.writer import StoreWriter

DAYS: Final = 30

OF_A_PRODUCT: Final = ("e", "m", "h", "d", "r", "w")
"""Kinds of keys that each product has (:data:`infra.bench.sampling.KINDS`)."""


def measure(*, products: int, reviews_a_day: int, texts: Path | None) -> dict[str, Any]:
    """Fill a store as ``products`` products with ``reviews_a_day`` reviews each would over 30 days, and weigh it."""
    with tempfile.TemporaryDirectory(prefix="aura-bench-") as folder, BenchRedis(Path(folder)) as redis:
        return asyncio.run(_measure(redis.url, products, reviews_a_day, texts))


async def _measure(url: str, products: int, reviews_a_day: int, texts: Path | None) -> dict[str, Any]:
    client = connect(url, timeout=30.0)
    writer = StoreWriter(client, await open_store(client, 1))
    empty = (await client.info("memory"))["used_memory"]
    count = products * reviews_a_day * DAYS
    now_ms = time.time_ns() // 1_000_000
    scored = history(list(events(texts, min(count, 20_000))), TENANT, products, count, now_ms, DAYS)
    started = time.monotonic()
    with Progress(transient=True) as progress:
        task = progress.add_task("Filling the store", total=count)
        await fill(writer, scored, now_ms, lambda more: progress.advance(task, more))
    seconds = time.monotonic() - started
    await client.connection_pool.disconnect()  # Redis holds a megabyte or two for whoever wrote so much at once
    used = (await client.info("memory"))["used_memory"] - empty
    kinds: Counter[str] = Counter()
    tenant = 0
    async for key in client.scan_iter("aura:{0}:*", count=1_000):
        weight = await client.memory_usage(key, samples=0) or 0
        if f":{TENANT}/".encode() in key:
            kinds[keys.kind(key)] += weight
        else:
            tenant += weight
    answer = {
        "benchmark": "store",
        "products": products,
        "reviews_a_product_a_day": reviews_a_day,
        "days": DAYS,
        "bytes_a_product": round((used - tenant) / products),
        "bytes_of_the_tenant_itself": tenant,
        "of_which": {KINDS[kind]: round(kinds[kind] / products) for kind in OF_A_PRODUCT},
        "writes_reviews_per_second": round(count / seconds),
        "reads_ms": await _reads(client, now_ms),
        "machine": machine(),
    }
    await client.aclose()
    return answer


async def _reads(client: Any, now_ms: int) -> dict[str, float]:
    store = Store(client)
    reads: dict[str, Callable[[], Awaitable[object]]] = {
        "product_windows": lambda: store.windows(TENANT, "product-0", now_ms),
        "products_24h": lambda: store.products(TENANT, "24h", now_ms),
        "timeline_30_days_by_hour": lambda: store.timeline(TENANT, "product-0", "1h", now_ms - DAYS * DAY_MS, now_ms),
    }
    answer = {}
    for name, read in reads.items():
        times = []
        for _ in range(10):
            started = time.perf_counter()
            await read()
            times.append(time.perf_counter() - started)
        answer[name] = round(sorted(times)[5] * 1_000, 2)
    return answer
