"""``aura bench live``: how late reviews come to many who watch, and what that costs."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from infra.bench.filling import KEEP, taken
from infra.bench.machine import machine
from infra.bench.probes import percentile_ms
from infra.bench.processes import CpuSeconds
from infra.bench.servers import BenchRedis
from infra.bench.serving import BenchApi
from infra.bench.texts import TENANT
from infra.bench.viewers import OPEN_SECONDS, Seen, Viewers
from infra.errors import CommandError
from stream.event import ReviewEvent
from stream.fold import Scored, fold
from stream.measures import P_SCALE
from stream.store.connection import connect, open_store
from stream.store.writer import StoreWriter

BATCHES: Final = 4
"""A second, each with a part of the reviews, as a worker applies them."""

PRODUCTS: Final = 100


def measure(*, viewers: int, lazy: int, rate: int, seconds: float) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Args:
        viewers: clients that read.
        lazy: clients that never do.
        rate: reviews a second.
        seconds: how long, once all are open.

    Raises:
        CommandError: a server does not start, the viewers fail, or the store does not take a batch.
    """
    with (
        tempfile.TemporaryDirectory(prefix="aura-bench-") as folder,
        BenchRedis(Path(folder)) as redis,
        BenchApi(Path(folder), redis.url) as api,
    ):
        return asyncio.run(_measure(api, redis, viewers, lazy, rate, seconds))


async def _measure(
    api: BenchApi, redis: BenchRedis, viewers: int, lazy: int, rate: int, seconds: float
) -> dict[str, Any]:
    about = machine()
    client = connect(redis.url, timeout=30.0)
    writer = StoreWriter(client, await open_store(client, 1))
    asked = Viewers(api.host, api.port, f"/v1/tenants/{TENANT}/live", api.headers, viewers, lazy, seconds)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.bench.viewers",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, limit=2**30,
    )  # fmt: skip
    try:
        watched = asyncio.create_task(_watch(process, asked))
        async with asyncio.timeout(OPEN_SECONDS + 30):
            await _opened(process)
        pids = {"api": api.pid, "redis": redis.pid}
        before, began = CpuSeconds.of(pids), time.monotonic()
        written = await _write(writer, rate, seconds)
        after, took = CpuSeconds.of(pids), time.monotonic() - began
        async with asyncio.timeout(seconds + 60):
            seen = await watched
        dropped = await _dropped(api)
    finally:
        if process.returncode is None:
            process.kill()
        await client.aclose()
    return {
        "benchmark": "live",
        "viewers": viewers,
        "lazy": lazy,
        "reviews_per_second": round(written / took, 1),
        "seconds": round(took, 1),
        "opened": seen.opened,
        "ended": seen.ended,
        "dropped": dropped,
        "events_received": len(seen.delays),
        "delay_ms": {
            name: percentile_ms(seen.delays, share)
            for name, share in {"p50": 0.50, "p95": 0.95, "p99": 0.99, "worst": 1.0}.items()
        },
        "mib_sent_per_second": round(seen.bytes_received / took / 2**20, 2),
        "processor_share": {name: round(spent / took, 3) for name, spent in after.since(before).items()},
        "viewers_processor_share": round(seen.processor_seconds / took, 3),
        "api_resident_mib": {"before": round(before.resident_mib["api"]), "after": round(after.resident_mib["api"])},
        "machine": about,
    }


async def _watch(process: asyncio.subprocess.Process, asked: Viewers) -> Seen:
    given, output = process.stdin, process.stdout
    if given is None or output is None:
        raise CommandError("the viewers have no pipes")
    given.write(msgspec.json.encode(asked))
    given.close()
    answer = await output.read()
    if await process.wait():
        raise CommandError(f"the viewers failed ({process.returncode})")
    return msgspec.json.decode(answer, type=Seen)


async def _opened(process: asyncio.subprocess.Process) -> None:
    said = await process.stderr.readline() if process.stderr else b""
    if said != b"open\n":
        raise CommandError(f"the viewers failed: {said.decode(errors='replace')}")


async def _write(writer: StoreWriter, rate: int, seconds: float) -> int:
    """Apply reviews at a steady rate, each with the time that it was written at in its text."""
    size, started, offset = max(1, rate // BATCHES), time.monotonic(), 0
    for number in range(int(seconds * BATCHES)):
        await asyncio.sleep(max(0.0, started + number / BATCHES - time.monotonic()))
        now_ns = time.time_ns()
        now_ms = now_ns // 1_000_000
        text = f"Does what it should, written {now_ns} ns after 1970 began. " + "It is as good as it was said. " * 10
        batch = [
            Scored(
                ReviewEvent(f"live-{offset + i}", TENANT, f"product-{(offset + i) % PRODUCTS}", text, now_ms, rating=4),
                P_SCALE * 3 // 4,
                now_ms,
            )
            for i in range(size)
        ]
        packed = writer.pack(fold(batch, lambda _: KEEP, now_ms), {TENANT: KEEP}, now_ms)
        taken(await writer.apply("bench", 0, {0: (offset - 1, offset + size - 1, packed)}, now_ms))
        offset += size
    return offset


async def _dropped(api: BenchApi) -> int:
    """Streams that the API closed because their client did not read."""
    async with httpx.AsyncClient(timeout=30) as http:
        text = (await http.get(f"{api.url}/metrics")).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "aura_api_live_dropped_total":
                return int(sample.value)
    return 0
