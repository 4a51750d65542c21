"""``aura bench pipeline``: a backlog in a real Kafka, classified and counted in a real Redis.

The clock of a run starts when all workers have joined their group, have partitions and have classified real texts, and
when the whole backlog is in the log: it is written in one open transaction (:mod:`infra.bench.backlog`), which nobody
reads of until it is committed, and committing it starts the clock. It stops when the last review is in Redis. What a
worker's start takes is measured apart.
"""

import statistics
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from redis import Redis
from rich.console import Console

from infra.bench.backlog import Backlog
from infra.bench.drain import Drained, Watch, drain, ends_of
from infra.bench.expected import Expected
from infra.bench.machine import machine
from infra.bench.processes import CpuSeconds
from infra.bench.servers import BenchRedis
from infra.bench.texts import TENANT, events
from infra.bench.workers import BenchWorkers
from infra.errors import CommandError
from infra.kafka.server import KafkaServer
from infra.settings import DefaultSettings, Settings
from stream.event import ReviewEvent
from stream.publish import ProducerConfig, Publisher
from stream.topics import ensure_topics

FIRST: Final = 200
"""Reviews that are there before the workers are: the first of them counted says how long a start takes."""

WARM_UP: Final = 5_000
"""Reviews that each worker has classified before the clock starts: caches fill, connections open, batches find their
size."""

WARM_UP_RUN: Final = 50_000
"""Reviews of a first run whose rate is not told: a Java that has just started interprets, and Kafka costs twice as
much as later."""


class Task(NamedTuple):
    """What is measured."""

    reviews: int
    """Of the backlog."""
    workers: int
    partitions: int
    texts: Path | None = None
    """Datafiniti CSV; simulated reviews without one."""
    products: int | None = None
    """See :func:`infra.bench.texts.events`."""
    model: str = "reference"
    batch_size: int | None = None
    """``AURA_BATCH_SIZE`` of the workers; None leaves it."""
    duplicate_seconds: int = 3_600
    shards: int = 1
    """Of the store."""
    warm_up: int | None = None
    """Reviews that are classified before the clock starts; None for :data:`WARM_UP` a worker."""

    def settings(self, folder: Path, bootstrap_servers: str, topic: str, redis_url: str) -> Settings:
        """What workers are told; the tenants file is ``folder``'s."""
        changes: dict[str, Any] = {"batch_size": self.batch_size} if self.batch_size else {}
        return DefaultSettings(
            kafka_bootstrap_servers=bootstrap_servers,
            topic=topic,
            consumer_group=topic,
            redis_url=redis_url,
            tenants_file=folder / "tenants.toml",
            store_shards=self.shards,
            **changes,
        )

    @property
    def tenants(self) -> str:
        """The tenants file."""
        return (
            f'[[tenants]]\nid = "{TENANT}"\nname = "Bench"\nmodel = "{self.model}"\n'
            f"duplicate_seconds = {self.duplicate_seconds}\nrequests_per_second = 0\n"
        )

    def as_dict(self) -> dict[str, Any]:
        """For the printed object."""
        return self._asdict() | {"texts": "real reviews" if self.texts else "simulated"}

    def check(self) -> None:
        """Raises :class:`CommandError` where a worker would have nothing to do."""
        if self.workers > self.partitions:
            raise CommandError(f"expected a partition for each of {self.workers} workers, got {self.partitions}")


def measure(task: Task, runs: int) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Raises:
        CommandError: a server or worker does not start, or the totals are not those expected.
    """
    task.check()
    about = machine()
    expected = Expected(task.model)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aura-bench-")))
        console = Console(stderr=True)
        with console.status("Starting Kafka ..."):
            kafka = stack.enter_context(KafkaServer(folder / "kafka"))
        warm_up(kafka, folder, task, expected, console)
        results = [run(kafka, folder, task, expected, f"{number + 1} of {runs}", console) for number in range(runs)]
    return {"benchmark": "pipeline", **task.as_dict(), **summary(results), "machine": about}


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of some runs, with how far they lie apart."""
    rates = [result["reviews_per_second"] for result in results]
    return {
        "reviews_per_second": round(statistics.median(rates)),
        "spread": [min(rates), max(rates)],
        "worker_microseconds_a_review": statistics.median(
            result["microseconds_a_review"]["workers"] for result in results
        ),
        "worker_idle_share": statistics.median(result["worker_idle_share"] for result in results),
        **{
            name: _medians([result[name] for result in results])
            for name in ("microseconds_a_review", "threads_microseconds_a_review")
        },
        "runs": results,
    }


def _medians(each: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one.get(name, 0.0) for one in each) for name in sorted(set[str]().union(*each))}


def warm_up(kafka: KafkaServer, folder: Path, task: Task, expected: Expected, console: Console) -> None:
    """A run for the sake of a Kafka that has just started.

    Raises:
        CommandError: see :func:`measure`.
    """
    run(kafka, folder, task._replace(reviews=min(task.reviews, WARM_UP_RUN)), expected, "to warm up", console)


def run(
    kafka: KafkaServer, folder: Path, task: Task, expected: Expected, name: str, console: Console
) -> dict[str, Any]:
    """One run: workers, a Redis and a topic of its own.

    Raises:
        CommandError: see :func:`measure`.
    """
    here = Path(tempfile.mkdtemp(dir=folder))
    topic = here.name
    ensure_topics(kafka.bootstrap_servers, partitions=task.partitions, replication=1, reviews=topic)
    (here / "tenants.toml").write_text(task.tenants)
    first = list(events(task.texts, FIRST, task.products, prefix="first"))
    warm_up = list(events(task.texts, task.warm_up or WARM_UP * task.workers, task.products, prefix="warm"))
    with ExitStack() as stack:
        redis = stack.enter_context(BenchRedis(here))
        client = stack.enter_context(Redis.from_url(redis.url))
        settings = task.settings(here, kafka.bootstrap_servers, topic, redis.url)
        publisher = stack.enter_context(Publisher(ProducerConfig(kafka.bootstrap_servers, topic)))
        backlog = stack.enter_context(Backlog(kafka.bootstrap_servers, topic))
        with console.status(f"Run {name}: starting workers ..."):
            publish(publisher, first)
            workers = stack.enter_context(BenchWorkers(here, settings, task.workers))
            watch = Watch(client, topic, workers.check)
            starts = workers.await_ready(task.partitions, watch.look)
            watch.wait_for(FIRST)
            publish(publisher, warm_up)
            watch.wait_for(FIRST + len(warm_up))
        with console.status(f"Run {name}: writing {task.reviews:,} reviews ..."):
            watched = {"kafka": kafka.pid or 0} | workers.pids
            before, began = CpuSeconds.of(watched), time.monotonic()
            backlog.write(events(task.texts, task.reviews, task.products))
            written_in = time.monotonic() - began
            meanwhile = CpuSeconds.of(watched).since(before)
            write_seconds = meanwhile.pop("kafka")
            ends = ends_of(kafka.bootstrap_servers, topic, task.partitions)
        with console.status(f"Run {name}: classifying them ..."):
            threads, network = workers.thread_seconds(), _network(client)
            drained = drain(backlog, watch, ends, {"kafka": kafka.pid or 0, "redis": redis.pid} | workers.pids)
            spent, after = workers.thread_seconds(), _network(client)
            by_thread = {name: seconds - threads.get(name, 0.0) for name, seconds in spent.items()}
        by_worker, stages = workers.reviews(), workers.stage_seconds()
        border = expected.check(client, chain(first, warm_up, events(task.texts, task.reviews, task.products)))
    result = {
        **_speed(task.reviews, drained, workers.pids),
        "threads_microseconds_a_review": {
            name: round(seconds * 1e6 / task.reviews, 2) for name, seconds in by_thread.items()
        },
        "worker_idle_share": round(sum(meanwhile.values()) / written_in, 4),
        "stage_seconds": stages,
        "reviews_by_worker": by_worker,
        "largest_partition": max(ends.values()),
        "written_per_second": round(task.reviews / written_in),
        "kafka_write_microseconds_a_review": round(write_seconds * 1e6 / task.reviews, 2),
        "log_bytes_a_review": round(_log_bytes(kafka, topic) / sum(ends.values())),
        "redis_bytes_a_review": round((after - network) / task.reviews),
        "reviews_at_the_border": border,
        "first_review_counted_seconds": round(watch.first_at - workers.started, 2),
        "starts": [start.as_dict() for start in starts],
    }
    console.print(f"run {name}: {result['reviews_per_second']:,} reviews/s")
    return result


def _network(client: "Redis") -> int:
    """Bytes that a Redis has taken and given so far."""
    stats = cast(dict[str, int], client.info("stats"))
    return stats["total_net_input_bytes"] + stats["total_net_output_bytes"]


def _log_bytes(kafka: KafkaServer, topic: str) -> int:
    """Of a topic on the broker's disk, which is what travels."""
    return sum(file.stat().st_size for file in (kafka.data_dir / "records").glob(f"{topic}-*/*.log"))


def _speed(reviews: int, drained: Drained, workers: Iterable[str]) -> dict[str, Any]:
    spent = {name: seconds * 1e6 / reviews for name, seconds in drained.cpu_seconds.items()}
    return {
        "reviews_per_second": round(reviews / drained.seconds),
        "seconds": round(drained.seconds, 3),
        "cpu_seconds": drained.cpu_seconds,
        "microseconds_a_review": {
            "workers": round(sum(spent[name] for name in workers), 2),
            "kafka": round(spent["kafka"], 2),
            "redis": round(spent["redis"], 2),
        },
        "resident_mib": drained.resident_mib,
    }


def publish(publisher: Publisher, reviews: list[ReviewEvent]) -> None:
    """Publish, and wait until Kafka has acknowledged all of it.

    Raises:
        CommandError: it has not.
    """
    wanted = publisher.delivered + len(reviews)
    for event in reviews:
        publisher.publish(event)
    publisher.flush(60)
    if publisher.delivered != wanted:
        raise CommandError(f"published {publisher.delivered} of {wanted} reviews: {publisher.last_error}")
