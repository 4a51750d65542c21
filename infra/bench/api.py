"""``aura bench api``: how long answers of the API take at a constant rate of requests."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from rich.console import Console
from rich.progress import Progress

from infra.bench.copies import copy
from infra.bench.filling import check_counts, check_room, fill, history
from infra.bench.load import Load, Measured
from infra.bench.machine import machine
from infra.bench.probes import percentile_ms
from infra.bench.processes import CpuSeconds
from infra.bench.servers import BenchRedis
from infra.bench.serving import BenchApi
from infra.bench.texts import TENANT, events
from infra.errors import CommandError
from stream.store.connection import connect, open_store
from stream.store.writer import StoreWriter

DAYS: Final = 30
WARM_UP_SECONDS: Final = 3.0
FILLED: Final = 300_000
"""Reviews that are applied; the products that are more than theirs are copies (:mod:`infra.bench.copies`)."""

ASKED: Final = 50_000
"""About so many products are asked for at most, evenly spread: more than there are requests in most runs."""

LOAD_SECONDS: Final = 30.0
"""How much longer than asked the load may run, before it is taken for stuck."""


def measure(
    *, products: Sequence[int], reviews: int, rate: float, seconds: float, runs: int, path: str, texts: Path | None
) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Args:
        products: in the store; one measurement each, in rising order.
        reviews: of each, over 30 days.
        rate: requests a second.
        seconds: of a run, after a warm-up of three.
        runs: of each number of products.
        path: what is asked, behind ``/v1/tenants/shop``; ``{product}`` is another one each time.
        texts: Datafiniti CSV; simulated reviews without one.

    Raises:
        CommandError: there is no room for as many products, a server does not start, the store has other totals, a
            first answer is not 200, or the load fails.
    """
    check_room(max(products), reviews / DAYS)
    about, sizes = machine(), list[dict[str, Any]]()
    filled = min(*products, max(1, FILLED // reviews))
    with tempfile.TemporaryDirectory(prefix="aura-bench-") as folder, BenchRedis(Path(folder)) as redis:
        asyncio.run(_fill(redis.url, filled, reviews, texts))
        there = filled
        for count in sorted(products):
            asyncio.run(_grow(redis.url, filled, there, count))
            check_counts(redis.url, filled * reviews, count)
            there = count
            with BenchApi(Path(folder), redis.url) as api:
                whole = f"/v1/tenants/{TENANT}{path}"
                asked = range(0, count, max(1, count // ASKED))
                paths = sorted({whole.replace("{product}", f"product-{number}") for number in asked})
                _check_answer(api, paths[0])
                load = Load(api.host, api.port, paths, api.headers, rate, seconds, WARM_UP_SECONDS)
                found = [_run(load, {"api": api.pid, "redis": redis.pid}) for _ in range(runs)]
            sizes.append({"products": count, **_summary(found)})
    return {
        "benchmark": "api",
        "path": path,
        "reviews_a_product": reviews,
        "products_filled": filled,
        "requested_per_second": rate,
        **sizes[-1],
        "sizes": sizes,
        "machine": about,
    }


class _Run(NamedTuple):
    """One run: what came of the load, and what it took."""

    found: Measured
    shares: dict[str, float]
    """Of a core, of each process."""
    api_resident_mib: float


def _run(load: Load, pids: dict[str, int]) -> _Run:
    before, began = CpuSeconds.of(pids), time.monotonic()
    found = _ask(load)
    after, took = CpuSeconds.of(pids), time.monotonic() - began
    spent = after.since(before) | {"load": found.processor_seconds}
    return _Run(found, {name: used / took for name, used in spent.items()}, after.resident_mib["api"])


def _summary(runs: Sequence[_Run]) -> dict[str, Any]:
    """Medians of the runs, and what all of them were answered."""
    each = [run.found for run in runs]
    outcomes = sum((Counter(one.outcomes) for one in each), Counter[str]())
    latencies = [latency for one in each for latency in one.latencies]
    p50, p99 = (
        [ms for one in each if (ms := percentile_ms(one.latencies, share)) is not None] for share in (0.50, 0.99)
    )
    return {
        "p50_ms": statistics.median(p50) if p50 else None,
        "p99_ms": statistics.median(p99) if p99 else None,
        "p50_runs": p50,
        "p99_runs": p99,
        "answered_per_second": statistics.median(
            round(len(one.latencies) / one.seconds, 1) if one.latencies else 0.0 for one in each
        ),
        "requests": outcomes.total(),
        "outcomes": dict(outcomes),
        "errors": outcomes.total() - outcomes["200"],
        "latency_ms": _percentiles(latencies),
        "sent_late_ms": _percentiles([late for one in each for late in one.late]),
        "connections": max(one.connections for one in each),
        "bytes_an_answer": round(sum(one.bytes_received for one in each) / len(latencies)) if latencies else None,
        "processor_share": {
            name: round(statistics.median(run.shares[name] for run in runs), 3) for name in runs[0].shares
        },
        "api_resident_mib": round(runs[-1].api_resident_mib),
    }


async def _fill(url: str, products: int, reviews: int, texts: Path | None) -> None:
    client = connect(url, timeout=30.0)
    now_ms = time.time_ns() // 1_000_000
    count = products * reviews
    scored = history(list(events(texts, min(count, 20_000))), TENANT, products, count, now_ms, DAYS)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Filling the store", total=count)
        writer = StoreWriter(client, await open_store(client, 1))
        await fill(writer, scored, now_ms, lambda more: progress.advance(task, more))
    await client.aclose()


async def _grow(url: str, filled: int, there: int, products: int) -> None:
    client = connect(url, timeout=60.0)
    await copy(client, TENANT, filled, products, there)
    await client.aclose()


def _check_answer(api: BenchApi, path: str) -> None:
    """Ask once, so that no rate of refusals is told.

    Raises:
        CommandError: the answer is another than 200.
    """
    answer = httpx.get(f"{api.url}{path}", headers=api.headers, timeout=LOAD_SECONDS)
    if answer.status_code != httpx.codes.OK:
        raise CommandError(f"GET {path} is answered with {answer.status_code}, expected 200: {answer.text[:500]}")


def _ask(load: Load) -> Measured:
    process = subprocess.run(
        [sys.executable, "-m", "infra.bench.load"],
        input=msgspec.json.encode(load),
        capture_output=True,
        timeout=load.warm_up + load.seconds + LOAD_SECONDS,
        check=False,
    )
    if process.returncode:
        raise CommandError(f"the load failed: {process.stderr.decode(errors='replace')[-2_000:]}")
    return msgspec.json.decode(process.stdout, type=Measured)


def _percentiles(seconds: Sequence[float]) -> dict[str, float | None]:
    shares = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "worst": 1.0}
    return {name: percentile_ms(list(seconds), share) for name, share in shares.items()}
