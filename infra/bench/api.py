"""``aura bench api``: how long answers of the API take at a constant rate of requests."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.progress import Progress

from infra.bench.filling import fill, history
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
LOAD_SECONDS: Final = 30.0
"""How much longer than asked the load may run, before it is taken for stuck."""


def measure(
    *, products: int, reviews: int, rate: float, seconds: float, path: str, texts: Path | None
) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Args:
        products: in the store.
        reviews: of each, over 30 days.
        rate: requests a second.
        seconds: how long, after a warm-up of three.
        path: what is asked, behind ``/v1/tenants/shop``; ``{product}`` is another one each time.
        texts: Datafiniti CSV; simulated reviews without one.

    Raises:
        CommandError: a server does not start, or the load fails.
    """
    with tempfile.TemporaryDirectory(prefix="aura-bench-") as folder, BenchRedis(Path(folder)) as redis:
        asyncio.run(_fill(redis.url, products, reviews, texts))
        with BenchApi(Path(folder), redis.url) as api:
            whole = f"/v1/tenants/{TENANT}{path}"
            paths = sorted({whole.replace("{product}", f"product-{number}") for number in range(products)})
            load = Load(api.host, api.port, paths, api.headers, rate, seconds, WARM_UP_SECONDS)
            pids = {"api": api.pid, "redis": redis.pid}
            before, began = CpuSeconds.of(pids), time.monotonic()
            found = _ask(load)
            after, took = CpuSeconds.of(pids), time.monotonic() - began
    spent = after.since(before) | {"load": found.processor_seconds}
    answered = sum(found.outcomes.values())
    return {
        "benchmark": "api",
        "path": path,
        "products": products,
        "reviews": products * reviews,
        "requested_per_second": rate,
        "answered_per_second": round(len(found.latencies) / found.seconds, 1) if found.latencies else 0.0,
        "requests": answered,
        "outcomes": found.outcomes,
        "errors": answered - found.outcomes.get("200", 0),
        "latency_ms": _percentiles(found.latencies),
        "sent_late_ms": _percentiles(found.late),
        "connections": found.connections,
        "bytes_an_answer": round(found.bytes_received / len(found.latencies)) if found.latencies else None,
        "processor_share": {name: round(used / took, 3) for name, used in spent.items()},
        "api_resident_mib": round(after.resident_mib["api"]),
        "machine": machine(),
    }


async def _fill(url: str, products: int, reviews: int, texts: Path | None) -> None:
    client = connect(url, timeout=30.0)
    now_ms = time.time_ns() // 1_000_000
    count = products * reviews
    scored = history(list(events(texts, min(count, 20_000))), TENANT, products, count, now_ms, DAYS)
    with Progress(transient=True) as progress:
        task = progress.add_task("Filling the store", total=count)
        writer = StoreWriter(client, await open_store(client, 1))
        await fill(writer, scored, now_ms, lambda more: progress.advance(task, more))
    await client.aclose()


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
