"""``aura bench pipeline --rate``: reviews at a constant rate, and how soon each can be read through the API."""

import statistics
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any, Final

import msgspec
from redis import Redis
from rich.console import Console

from infra.bench.drain import Watch
from infra.bench.expected import Expected
from infra.bench.machine import machine
from infra.bench.pipeline import FIRST, Task, publish
from infra.bench.probes import Probes, percentile_ms
from infra.bench.processes import CpuSeconds
from infra.bench.servers import BenchRedis
from infra.bench.serving import BenchApi
from infra.bench.texts import TENANT, events
from infra.bench.traffic import Traffic
from infra.bench.workers import BenchWorkers
from infra.kafka.server import KafkaServer
from stream.event import ReviewEvent
from stream.publish import ProducerConfig, Publisher
from stream.topics import ensure_topics

WARM_UP_SECONDS: Final = 5.0
"""At the rate, before the first probe: batches find their size, connections open."""

GAP_SECONDS: Final = 0.2
"""Between two probes: 300 a minute, of which the 99th percentile leaves three out. Each costs the API some twenty
small requests, a tenth of a core together."""

ROWS: Final = 20_000
"""Different reviews, sent in turn under new ids."""


def measure(task: Task, rate: float, seconds: float, runs: int) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Args:
        task: what is measured; its ``reviews`` do not matter.
        rate: reviews a second.
        seconds: of a run, after a warm-up.
        runs: how often; percentiles are of all their probes.

    Raises:
        CommandError: a part does not start, or the totals are not those expected.
    """
    task.check()
    about, expected, console = machine(), Expected(task.model), Console(stderr=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aura-bench-")))
        with console.status("Starting Kafka ..."):
            kafka = stack.enter_context(KafkaServer(folder / "kafka"))
        results, latencies = [], list[float]()
        for number in range(runs):
            with console.status(f"Run {number + 1} of {runs} ..."):
                result, found = _run(kafka, folder, task, expected, rate, seconds)
            console.print(f"run {number + 1}: p50 {result['p50_ms']} ms, p99 {result['p99_ms']} ms")
            results.append(result)
            latencies += found
    return {
        "benchmark": "pipeline",
        **task.as_dict(),
        "reviews": sum(result["reviews"] for result in results),
        "requested_reviews_per_second": rate,
        "reviews_per_second": round(statistics.median(result["reviews_per_second"] for result in results), 1),
        **_percentiles(latencies),
        "p99_spread_ms": [min(result["p99_ms"] for result in results), max(result["p99_ms"] for result in results)],
        "probes": len(latencies),
        "runs": results,
        "machine": about,
    }


def _run(
    kafka: KafkaServer, folder: Path, task: Task, expected: Expected, rate: float, seconds: float
) -> tuple[dict[str, Any], list[float]]:
    here = Path(tempfile.mkdtemp(dir=folder))
    topic = here.name
    ensure_topics(kafka.bootstrap_servers, partitions=task.partitions, replication=1, reviews=topic)
    first = list(events(task.texts, FIRST, task.products, prefix="first"))
    rows = list(events(task.texts, ROWS, task.products))
    with ExitStack() as stack:
        redis = stack.enter_context(BenchRedis(here))
        client = stack.enter_context(Redis.from_url(redis.url))
        api = stack.enter_context(BenchApi(here, redis.url, task.tenants))
        settings = task.settings(here, kafka.bootstrap_servers, topic, redis.url)
        config = ProducerConfig(kafka.bootstrap_servers, topic)
        publisher, prober = (stack.enter_context(Publisher(config)) for _ in range(2))
        publish(publisher, first)
        workers = stack.enter_context(BenchWorkers(here, settings, task.workers))
        watch = Watch(client, topic, workers.check)
        workers.await_ready(task.partitions, watch.look)
        watch.wait_for(FIRST)
        pids = {"kafka": kafka.pid or 0, "redis": redis.pid, "api": api.pid} | workers.pids
        with Traffic(publisher, rows, rate) as traffic:
            time.sleep(WARM_UP_SECONDS)
            before, sent, began = CpuSeconds.of(pids), publisher.delivered, time.monotonic()
            send = partial(_send, prober, rows[0])
            with Probes(api.url, TENANT, api.headers["X-API-Key"], send, GAP_SECONDS) as probes:
                _wait(began + seconds, workers, traffic)
            took, after = time.monotonic() - began, CpuSeconds.of(pids)
            delivered = publisher.delivered - sent
        if traffic.error is not None:
            raise traffic.error
        publisher.flush(60)
        prober.flush(60)
        watch.wait_for(publisher.delivered + prober.delivered)
        count = publisher.delivered - FIRST
        border = expected.check(client, chain(first, islice(cycle(rows), count), [rows[0]] * prober.delivered))
    schedule = probes.schedule
    latencies = [latency for _, latency in schedule.latencies]
    return {
        "reviews": publisher.delivered + prober.delivered,
        "reviews_per_second": round(delivered / took, 1),
        **_percentiles(latencies),
        "probes": schedule.sent,
        "probes_lost": schedule.lost,
        "probes_skipped": schedule.skipped,
        "processor_share": {name: round(spent / took, 3) for name, spent in after.since(before).items()},
        "reviews_at_the_border": border,
    }, latencies


def _wait(until: float, workers: BenchWorkers, traffic: Traffic) -> None:
    while (left := until - time.monotonic()) > 0 and traffic.error is None:
        workers.check()
        time.sleep(min(left, 1.0))


def _send(publisher: Publisher, row: ReviewEvent, product: str) -> None:
    """Publish a probe."""
    now_ns = time.time_ns()
    event_id, at = f"probe-{now_ns}", now_ns // 1_000_000
    publisher.publish(msgspec.structs.replace(row, event_id=event_id, product_id=product, occurred_at=at))


def _percentiles(latencies: list[float]) -> dict[str, float | None]:
    """From when a probe was due until the API told of it."""
    return {
        "p50_ms": percentile_ms(latencies, 0.5),
        "p99_ms": percentile_ms(latencies, 0.99),
        "max_ms": percentile_ms(latencies, 1.0),
    }
