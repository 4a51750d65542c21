"""``aura bench rebalance``: how long reviews stand still while partitions go from one worker to another.

At a steady rate one worker joins, one leaves (SIGTERM), one joins again and one is killed (SIGKILL), several times. A
stall is the longest time in which the store did not move on in some partition, though reviews were published to each
all the time: what the first of them waited until it could be read.
"""

import os
import re
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any, Final

import httpx
from redis import Redis
from rich.console import Console

from infra.bench.drain import Watch
from infra.bench.expected import Expected
from infra.bench.machine import machine
from infra.bench.pipeline import FIRST, Task, publish
from infra.bench.processes import Processes, Program
from infra.bench.servers import BenchRedis
from infra.bench.stalls import Stalls
from infra.bench.texts import events
from infra.bench.traffic import Traffic
from infra.errors import CommandError
from infra.kafka.server import KafkaServer
from infra.ports import free_port
from infra.settings import Settings
from stream.faust_app import HEARTBEAT_SECONDS, SESSION_SECONDS
from stream.publish import ProducerConfig, Publisher
from stream.topics import ensure_topics

ROWS: Final = 4_000
"""Different reviews, sent in turn under new ids."""

QUIET_SECONDS: Final = 3.0
"""Before each change, and after all partitions are shared out: what is under way ends, and shows in the stall."""

SETTLE_SECONDS: Final = 120.0
"""A change that takes longer never ends."""

LOOK_SECONDS: Final = 0.25
"""Between two looks at who has which partitions; the workers say it once a second."""

_HELD: Final = re.compile(r'^aura_lag_records\{[^}]*partition="([^"]+)"', re.M)
"""Of a worker's metrics. A parser of all of them would take as much of the processor as the workers do."""


class _Crew:
    """Workers of one group, which come and go. A context manager; leaving it stops those that are left."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder, self._settings = folder, settings
        self._started = 0
        self._here: list[tuple[Processes, int]] = []

    def __enter__(self) -> "_Crew":
        return self

    def __exit__(self, *_: object) -> None:
        while self._here:
            self.leave()

    def join(self) -> None:
        """Start one."""
        port = free_port()
        settings = self._settings.model_copy(update={"worker_metrics_port": port, "inference_threads": 1})
        program = Program([sys.executable, "-m", "infra", "worker"], settings.environment())
        name = f"worker {self._started}"
        self._started += 1
        self._here.append((Processes(self._folder, {name: program}, stop_seconds=15.0).__enter__(), port))

    def leave(self) -> None:
        """Stop the one that is here for longest, as an operator would."""
        worker, _ = self._here.pop(0)
        worker.__exit__(None, None, None)

    def kill(self) -> None:
        """Kill the one that is here for longest."""
        worker, _ = self._here.pop(0)
        (pid,) = worker.pids.values()
        os.kill(pid, signal.SIGKILL)
        worker.__exit__(None, None, None)

    def check(self) -> None:
        """Raises :class:`CommandError` where one has ended that was not told to."""
        for worker, _ in self._here:
            if worker.ended:
                raise CommandError(f"a worker ended: {worker.tail()}")

    def shares(self, partitions: int) -> bool:
        """Whether each partition has one worker and each worker a partition."""
        held = [_partitions_of(port) for _, port in self._here]
        return all(held) and sum(map(len, held)) == len(set[str]().union(*held)) == partitions


def _partitions_of(port: int) -> set[str]:
    """What a worker has; nothing while it starts."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except httpx.HTTPError:
        return set()
    return set(_HELD.findall(text))


def measure(task: Task, rate: float, rounds: int) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Args:
        task: what is measured; its ``reviews`` do not matter, and its ``workers`` are those that are always there.
        rate: reviews a second.
        rounds: how often each change is made; joining twice as often.

    Raises:
        CommandError: a part does not start, a change does not come to its end, or the totals are not those expected.
    """
    if task.workers >= task.partitions:
        raise CommandError(f"expected a partition more than there are workers ({task.workers}), got {task.partitions}")
    about, expected, console = machine(), Expected(task.model), Console(stderr=True)
    first, rows = list(events(task.texts, FIRST, task.products, prefix="first")), list(events(task.texts, ROWS))
    with ExitStack() as stack:
        here = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aura-bench-")))
        topic = "bench.rebalance"
        with console.status("Starting Kafka, Redis and workers ..."):
            kafka = stack.enter_context(KafkaServer(here / "kafka")).bootstrap_servers
            ensure_topics(kafka, partitions=task.partitions, replication=1, reviews=topic)
            redis = stack.enter_context(BenchRedis(here))
            client = stack.enter_context(Redis.from_url(redis.url))
            (here / "tenants.toml").write_text(task.tenants)
            publisher = stack.enter_context(Publisher(ProducerConfig(kafka, topic)))
            publish(publisher, first)
            crew = stack.enter_context(_Crew(here, task.settings(here, kafka, topic, redis.url)))
            for _ in range(task.workers):
                crew.join()
            watch = Watch(client, topic, crew.check)
            watch.wait_for(FIRST)
        stalls = Stalls(watch.applied)
        with Traffic(publisher, rows, rate) as traffic, stalls:
            changes = _changes(crew, stalls, traffic, task.partitions, rounds, console)
        publisher.flush(60)
        watch.wait_for(publisher.delivered)
        border = expected.check(client, chain(first, islice(cycle(rows), publisher.delivered - FIRST)))
    return {
        "benchmark": "rebalance",
        "workers": task.workers,
        "partitions": task.partitions,
        "model": task.model,
        "texts": "real reviews" if task.texts else "simulated",
        "requested_reviews_per_second": rate,
        "reviews": publisher.delivered,
        "session_seconds": SESSION_SECONDS,
        "heartbeat_seconds": HEARTBEAT_SECONDS,
        **{name: _summary(found) for name, found in changes.items()},
        "reviews_at_the_border": border,
        "machine": about,
    }


def _changes(
    crew: _Crew, stalls: Stalls, traffic: Traffic, partitions: int, rounds: int, console: Console
) -> dict[str, list[dict[str, Any]]]:
    """What each change led to."""
    found: dict[str, list[dict[str, Any]]] = {"quiet": [], "join": [], "leave": [], "kill": []}

    def settled() -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while not crew.shares(partitions):
            crew.check()
            if traffic.error is not None:
                raise traffic.error
            if time.monotonic() > deadline:
                raise CommandError(f"the partitions were not shared out within {SETTLE_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        since = time.monotonic()
        while len(stalls.moved_since(since)) < partitions:
            if time.monotonic() > deadline:
                raise CommandError(f"the store did not move on in each partition within {SETTLE_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)

    def change(name: str, act: Callable[[], None]) -> None:
        with console.status(f"{name} ..."):
            began = time.monotonic()
            act()
            settled()
            ended = time.monotonic()
            time.sleep(QUIET_SECONDS)
        longest = stalls.longest(began, ended)
        found[name].append(
            {
                "stall_seconds": round(max(longest.values()), 3),
                "by_partition": [round(seconds, 3) for seconds in longest.values()],
                "settled_seconds": round(ended - began, 2),
            }
        )
        console.print(f"{name}: {found[name][-1]['stall_seconds']} s")

    settled()
    time.sleep(QUIET_SECONDS)
    for _ in range(rounds):
        change("quiet", lambda: time.sleep(QUIET_SECONDS))
        for name, act in (("join", crew.join), ("leave", crew.leave), ("join", crew.join), ("kill", crew.kill)):
            change(name, act)
    return found


def _summary(changes: list[dict[str, Any]]) -> dict[str, Any]:
    stalls = [change["stall_seconds"] for change in changes]
    return {
        "longest_stall_seconds": max(stalls),
        "median_stall_seconds": round(statistics.median(stalls), 3),
        "changes": changes,
    }
