"""``aura bench pipeline``: a backlog in a real Kafka, classified and counted in a real Redis."""

import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from rich.console import Console

from infra import tether
from infra.bench.machine import machine
from infra.bench.processes import CpuSeconds
from infra.bench.servers import BenchRedis
from infra.bench.texts import TENANT, events
from infra.errors import CommandError
from infra.kafka.server import KafkaServer
from infra.ports import free_port
from infra.settings import Settings
from stream.publish import ProducerConfig, Publisher
from stream.store.totals import fences_of, reviews_of
from stream.topics import ensure_topics

LOOK_SECONDS: Final = 0.01
"""Between two looks at the fences: the error of a rate measured over seconds stays under a percent."""

START_SECONDS: Final = 120.0
"""A worker imports TensorFlow and joins its group in some 10 s on idle cores."""

STALL_SECONDS: Final = 60.0
"""A backlog that does not shrink for this long never will."""


def measure(
    *,
    reviews: int,
    workers: int,
    partitions: int,
    runs: int,
    texts: Path | None,
    model: str,
    batch_size: int | None,
    duplicate_seconds: int,
) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Raises:
        CommandError: a server or worker does not start, or the totals are not those published.
    """
    console = Console(stderr=True)
    results = []
    tenants = (
        f'[[tenants]]\nid = "{TENANT}"\nname = "Bench"\nmodel = "{model}"\nduplicate_seconds = {duplicate_seconds}\n'
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aura-bench-")))
        with console.status("Starting Kafka ..."):
            kafka = stack.enter_context(KafkaServer(folder / "kafka"))
        for number in range(runs):
            topic = f"bench.{number}"
            ensure_topics(kafka.bootstrap_servers, partitions=partitions, replication=1, reviews=topic)
            with console.status(f"Run {number + 1} of {runs}: publishing {reviews:,} reviews ..."):
                published_in = _publish(kafka.bootstrap_servers, topic, texts, reviews)
            with console.status(f"Run {number + 1} of {runs}: classifying them ..."):
                result = _drain(kafka, topic, reviews, workers, tenants, batch_size, folder / str(number))
            console.print(f"run {number + 1}: {result['reviews_per_second']:,.0f} reviews/s")
            results.append({**result, "published_per_second": round(reviews / published_in)})
    rates = [result["reviews_per_second"] for result in results]
    return {
        "benchmark": "pipeline",
        "reviews": reviews,
        "workers": workers,
        "partitions": partitions,
        "model": model,
        "duplicate_seconds": duplicate_seconds,
        "texts": "real reviews" if texts else "simulated",
        "reviews_per_second": round(statistics.median(rates)),
        "spread": [round(min(rates)), round(max(rates))],
        "runs": results,
        "machine": machine(),
    }


def _publish(bootstrap_servers: str, topic: str, texts: Path | None, reviews: int) -> float:
    started = time.monotonic()
    with Publisher(ProducerConfig(bootstrap_servers, topic, linger_ms=20)) as publisher:
        for event in events(texts, reviews):
            publisher.publish(event)
        publisher.flush(60)
        if publisher.delivered != reviews:
            raise CommandError(f"published {publisher.delivered} of {reviews} reviews: {publisher.last_error}")
    return time.monotonic() - started


def _drain(
    kafka: KafkaServer, topic: str, reviews: int, workers: int, tenants: str, batch_size: int | None, folder: Path
) -> dict[str, Any]:
    folder.mkdir()
    (folder / "tenants.toml").write_text(tenants)
    with BenchRedis(folder) as redis, ExitStack() as stack:
        changes: dict[str, Any] = {"batch_size": batch_size} if batch_size else {}
        ports = [free_port() for _ in range(workers)]
        processes = []
        for number, port in enumerate(ports):
            settings = Settings(
                kafka_bootstrap_servers=kafka.bootstrap_servers,
                topic=topic,
                consumer_group=topic,
                redis_url=redis.url,
                tenants_file=folder / "tenants.toml",
                worker_metrics_port=port,
                inference_threads=max(1, (os.cpu_count() or 1) // workers),
                **changes,
            )
            log = (folder / f"worker-{number}.log").open("wb")
            stack.callback(log.close)
            command = [sys.executable, "-m", "infra", "worker"]
            process = tether.spawn(command, env=os.environ | settings.environment(), output=log)
            stack.callback(tether.stop, process, 15.0)
            processes.append(process)
        client = stack.enter_context(Redis.from_url(redis.url))
        pids = {"kafka": kafka.pid or 0, "redis": redis.pid}
        pids |= {f"worker {number}": process.pid for number, process in enumerate(processes)}
        started, first = time.monotonic(), 0
        while (first := _applied(client, topic)) == 0:
            if any(process.poll() is not None for process in processes):
                raise CommandError(f"a worker ended: {_tail(folder)}")
            if time.monotonic() - started > START_SECONDS:
                raise CommandError(f"no review was counted within {START_SECONDS:.0f} s: {_tail(folder)}")
            time.sleep(LOOK_SECONDS)
        began, before = time.monotonic(), CpuSeconds.of(pids)
        applied, moved = first, began
        while applied < reviews:
            time.sleep(LOOK_SECONDS)
            now = _applied(client, topic)
            if now > applied:
                applied, moved = now, time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise CommandError(f"stopped at {applied} of {reviews} reviews: {_tail(folder)}")
        seconds = moved - began
        after = CpuSeconds.of(pids)
        counted = reviews_of(client, TENANT)
        if counted != reviews:
            raise CommandError(f"{counted} reviews were counted, {reviews} were published")
        return {
            "reviews_per_second": round((reviews - first) / seconds),
            "seconds": round(seconds, 3),
            "before_the_clock": first,
            "start_seconds": round(began - started, 2),
            "cpu_seconds": after.since(before),
            "resident_mib": {name: round(mib) for name, mib in after.resident_mib.items()},
            "stage_seconds": _stages(ports),
        }


def _applied(client: "Redis", topic: str) -> int:
    return sum(fence + 1 for fence in fences_of(client, topic).values())


def _stages(ports: list[int]) -> dict[str, float]:
    """Seconds that the workers spent in each stage, from their metrics."""
    total: dict[str, float] = {}
    for port in ports:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5)
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                if sample.name == "aura_stage_seconds_sum":
                    stage = sample.labels["stage"]
                    total[stage] = round(total.get(stage, 0.0) + sample.value, 3)
    return total


def _tail(folder: Path) -> str:
    logs = sorted(folder.glob("worker-*.log"))
    return logs[0].read_text(errors="replace")[-2_000:] if logs else "no log"
