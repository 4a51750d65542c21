"""``aura bench store``: what products cost in Redis after 30 days of use, and what writes and reads of them take."""

import asyncio
import math
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from infra.bench.copies import copy, keys_by_product
from infra.bench.filling import KEEP, TP, check_counts, check_room, fill, history, taken
from infra.bench.machine import machine
from infra.bench.processes import CpuSeconds
from infra.bench.sampling import KINDS
from infra.bench.servers import BenchRedis
from infra.bench.texts import TENANT, events
from stream.drivers.sampler import Sampler
from stream.event import ReviewEvent
from stream.fold import Scored, fold
from stream.measures import DAY_MS, P_SCALE
from stream.store import keys
from stream.store.connection import Client, connect, open_store
from stream.store.reader import Store
from stream.store.writer import StoreWriter

DAYS: Final = 30

FILLED: Final = 300_000
"""Reviews that are applied a rate, by as many products as that is, 20 to 200; the others are copies of these."""

OF_A_PRODUCT: Final = ("e", "m", "h", "d", "r", "w")
"""Kinds of keys that each product has (:data:`infra.bench.sampling.KINDS`)."""

BATCH: Final = 256
BATCHES, READS = 60, 300
"""Timed in each run."""


def measure(*, products: Sequence[int], rates: Sequence[int], runs: int, texts: Path | None) -> dict[str, Any]:
    """Fill stores, weigh them, and time writes and reads.

    Args:
        products: how many, one measurement each, in rising order, at the first rate; at the others the fewest.
        rates: reviews a product and day.
        runs: of each timing.
        texts: a Datafiniti CSV; None for simulated reviews.

    Raises:
        CommandError: there is no room for as many products, a server does not start, or the store has other totals.
    """
    about = machine()
    for rate in rates:
        check_room(max(products) if rate == rates[0] else min(products), rate)
    answers = []
    for rate in rates:
        sizes = sorted(products) if rate == rates[0] else [min(products)]
        with (
            tempfile.TemporaryDirectory(prefix="aura-bench-") as folder,
            BenchRedis(Path(folder), append_only=False) as redis,
        ):
            answers.append(asyncio.run(_Bench(redis, rate, runs, texts).measure(sizes)))
    largest = answers[0]["sizes"][-1]
    return {
        "benchmark": "store",
        "days": DAYS,
        "reviews_a_product_a_day": rates[0],
        "products": largest["products"],
        "bytes_per_product": largest["bytes_per_product"],
        "p50_ms": largest["reads"]["product"]["p50_ms"],
        "p99_ms": largest["reads"]["product"]["p99_ms"],
        "rates": answers,
        "machine": about,
    }


class _Bench:
    """One rate, in one Redis."""

    def __init__(self, redis: BenchRedis, rate: int, runs: int, texts: Path | None) -> None:
        self._redis = redis
        self._rate = rate
        self._runs = runs
        self._now_ms = time.time_ns() // 1_000_000
        self._source = list(events(texts, 20_000))
        self._chance = random.Random(11)
        self._offset = 0

    async def measure(self, sizes: Sequence[int]) -> dict[str, Any]:
        """Of each number of products."""
        client = connect(self._redis.url, timeout=60.0)
        writer = StoreWriter(client, await open_store(client, 1))
        # At least half of them are copies, and their weight is what is told: it is without what Redis takes for itself,
        # and without the tenant as a whole.
        filled = min(sizes[0] // 2, max(20, min(200, FILLED // (self._rate * DAYS))))
        seconds = await self._fill(writer, filled)
        kinds, count = await self._kinds(client, filled)
        answer: dict[str, Any] = {
            "reviews_a_product_a_day": self._rate,
            "products_filled": filled,
            "fill_reviews_per_second": round(filled * self._rate * DAYS / seconds),
            "keys_per_product": round(count / filled, 1),
            "bytes_per_product_by_kind": kinds,
            "sizes": [],
        }
        there, weight = filled, await self._used(client)
        for products in sizes:
            await copy(client, TENANT, filled, products, there)
            used = await self._used(client)
            answer["sizes"].append(
                {
                    "products": products,
                    "bytes_per_product": round((used - weight) / (products - there)),
                    "used_mib": round(used / 2**20, 1),
                    "batches": await self._batches(writer, filled, products),
                    "reads": await self._reads(client, products),
                }
            )
            there, weight = products, await self._used(client)
            # What copies are made of was counted; that they are copied counts nothing.
            check_counts(self._redis.url, self._offset, products)
        answer["bytes_per_product"] = answer["sizes"][0]["bytes_per_product"]
        await client.aclose()
        return answer

    async def _fill(self, writer: StoreWriter, products: int) -> float:
        count = products * self._rate * DAYS
        scored = history(self._source, TENANT, products, count, self._now_ms, DAYS)
        self._offset = count
        started = time.monotonic()
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Filling the store", total=count)
            await fill(writer, scored, self._now_ms, lambda more: progress.advance(task, more))
        return time.monotonic() - started

    async def _kinds(self, client: Client, products: int) -> tuple[dict[str, int], int]:
        """Bytes a product by kind of key, without the tables that keys and their ends stand in; and how many keys."""
        weights, count = Counter[str](), 0
        for product, parts in (await keys_by_product(client, TENANT)).items():
            for before, after in parts:
                key = f"{before}{product}{after}".encode()
                weights[keys.kind(key)] += await client.memory_usage(key, samples=0) or 0
                count += 1
        return {KINDS[kind]: round(weights[kind] / products) for kind in OF_A_PRODUCT}, count

    async def _used(self, client: Client) -> int:
        await client.connection_pool.disconnect()  # Redis holds a megabyte or two for whoever wrote so much at once
        return int((await client.info("memory"))["used_memory"])

    async def _batches(self, writer: StoreWriter, filled: int, products: int) -> dict[str, Any]:
        """Live batches of reviews of any products: the round trip, and what it costs Redis."""
        sampler, timed = Sampler(1), list[list[float]]()
        cpu = []
        for run in range(self._runs + 1):
            before, times = CpuSeconds.of({"redis": self._redis.pid}), []
            for _ in range(BATCHES):
                batch = [self._review(filled, products) for _ in range(BATCH)]
                offsets = range(self._offset, self._offset + BATCH)
                increments = fold(batch, lambda _: KEEP, self._now_ms)
                increments.offers = sampler.offers(TP, batch, offsets, lambda _: KEEP, self._now_ms)
                packed = writer.pack(increments, {TENANT: KEEP}, self._now_ms)
                started = time.perf_counter()
                answers = await writer.apply(*TP, {0: (self._offset - 1, offsets[-1], packed)}, self._now_ms)
                times.append(time.perf_counter() - started)
                sampler.learn(increments.offers, taken(answers).bounds)
                self._offset += BATCH
            spent = CpuSeconds.of({"redis": self._redis.pid}).since(before)["redis"]
            if run:  # the first one warms up
                timed.append(times)
                cpu.append(spent / BATCHES / BATCH * 1e6)
        rates = [round(BATCH * len(times) / sum(times)) for times in timed]
        return {
            "reviews": BATCH,
            "reviews_per_second": statistics.median_low(rates),
            "reviews_per_second_runs": rates,
            **_spread(timed),
            "redis_microseconds_a_review": round(min(cpu), 1),
        }

    def _review(self, filled: int, products: int) -> Scored:
        """Of a copy: what copies are made of stays as it is."""
        event = self._chance.choice(self._source)
        number = self._chance.randrange(filled, products)
        return Scored(
            ReviewEvent(
                event_id=str(self._chance.randrange(10**9)), tenant=TENANT, product_id=f"product-{number}",
                text=event.text, occurred_at=self._now_ms, rating=event.rating, product_name=f"Product {number}",
                brand="Brand", categories=("One", "Two"),
            ),
            self._chance.randrange(P_SCALE),
            self._now_ms,
        )  # fmt: skip

    async def _reads(self, client: Client, products: int) -> dict[str, Any]:
        store, now = Store(client), self._now_ms
        reads: dict[str, tuple[int, Callable[[str], Awaitable[object]]]] = {
            "product": (READS, lambda product: store.product(TENANT, product, now)),
            "timeline_30_days_by_hour": (
                READS // 3, lambda product: store.timeline(TENANT, product, "1h", now - DAYS * DAY_MS, now)
            ),
            "recent_50": (READS // 3, lambda product: store.recent(TENANT, product, 50)),
            "samples_7d": (READS // 10, lambda product: store.samples(TENANT, product, now - 7 * DAY_MS, now)),
            "100_products_24h": (
                READS // 30,
                lambda _: store.rows(TENANT, [f"product-{n}" for n in range(min(100, products))], "24h", now),
            ),
        }  # fmt: skip
        answer = {}
        for name, (count, read) in reads.items():
            timed = []
            for run in range(self._runs + 1):
                times = []
                for _ in range(count):
                    product = f"product-{self._chance.randrange(products)}"
                    started = time.perf_counter()
                    await read(product)
                    times.append(time.perf_counter() - started)
                if run:
                    timed.append(times)
            answer[name] = _spread(timed)
        return answer


def _spread(runs: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Median and 99th percentile, each the median of all runs', and every run's."""
    p50, p99 = ([_nearest_ms(times, share) for times in runs] for share in (0.50, 0.99))
    return {
        "p50_ms": statistics.median_low(p50),
        "p99_ms": statistics.median_low(p99),
        "p50_runs": p50,
        "p99_runs": p99,
    }


def _nearest_ms(seconds: Sequence[float], share: float) -> float:
    return round(sorted(seconds)[math.ceil(share * len(seconds)) - 1] * 1_000, 2)
