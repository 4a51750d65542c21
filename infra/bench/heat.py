"""One run of one contestant: started, warmed up, given a backlog, timed, its totals checked."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient
from redis import Redis

from infra.bench.backlog import Backlog
from infra.bench.contestants import Contestant, Way
from infra.bench.machine import cores
from infra.bench.peers.job import Job
from infra.bench.per_product import Expected, differences, relabelled
from infra.bench.processes import CpuSeconds, Processes, numbered
from infra.bench.servers import BenchRedis
from infra.errors import CommandError
from infra.kafka.server import KafkaServer
from stream.event import ReviewEvent
from stream.publish import ProducerConfig, Publisher
from stream.topics import ensure_topics

LOOK_SECONDS: Final = 0.01
"""Between two looks at the totals: the error of a rate measured over seconds stays under a percent."""

START_SECONDS: Final = 180.0
"""A peer imports TensorFlow, loads its model and joins its group in some 15 s on idle cores; two do at once."""

STALL_SECONDS: Final = 60.0
"""Totals that do not grow for this long never will."""


class Race(NamedTuple):
    """What all heats of a benchmark share."""

    kafka: KafkaServer
    given: Path
    """Folder of what contestants are given: the saved model, Aura's tenants file."""
    partitions: int
    warm_up: list[ReviewEvent]
    """Counted before the clock starts."""
    backlog: list[ReviewEvent]
    expected: Mapping[str, Expected]
    """Of warm-up and backlog."""


def heat(race: Race, contestant: Contestant, way: Way, folder: Path) -> dict[str, Any]:
    """Run it. The clock is the same for all: from the commit of the backlog to its last review in Redis.

    By then all of its processes have their partitions, wherever a consumer group tells who has which, and reviews of
    every partition have been counted (Bytewax' processes begin only when all of them are there).

    Args:
        race: what is the same for all.
        contestant: who.
        way: processes and batches.
        folder: is made; named as the topic.

    Returns:
        Figures of the run.

    Raises:
        CommandError: a process ended or stands still, or a product's totals are wrong.
    """
    folder.mkdir()
    topic, bootstrap = folder.name, race.kafka.bootstrap_servers
    ensure_topics(bootstrap, partitions=race.partitions, replication=1, reviews=topic)
    with ExitStack() as stack:
        redis = stack.enter_context(BenchRedis(folder))
        client = stack.enter_context(Redis.from_url(redis.url))
        threads = max(1, cores() // way.processes)
        job = Job(bootstrap, topic, redis.url, str(race.given), way.batch, threads)
        started = time.monotonic()
        runners = stack.enter_context(_Runners(contestant, job, way, folder))
        if contestant.grouped:
            runners.await_partitions(race.partitions)
        _publish(bootstrap, topic, race.warm_up)
        runners.await_counted(client, len(race.warm_up))
        backlog = stack.enter_context(Backlog(bootstrap, topic))
        backlog.write(race.backlog)
        ready_in = time.monotonic() - started
        pids = {"kafka": race.kafka.pid or 0, "redis": redis.pid} | runners.pids
        before, began = CpuSeconds.of(pids), time.monotonic()
        if early := contestant.counts.reviews(client) - len(race.warm_up):
            raise CommandError(f"{contestant.title} had counted {early} reviews of the backlog before its commit")
        backlog.release()
        seconds = runners.await_counted(client, len(race.warm_up) + len(race.backlog)) - began
        after = CpuSeconds.of(pids)
        found = contestant.counts.products(client)
        if wrong := differences(race.expected, found):
            raise CommandError(f"{contestant.title}: totals of {len(wrong)} products are wrong; {wrong[0]}")
    spent = after.since(before)
    reviews = len(race.backlog)
    own = [spent[name] for name in runners.pids]
    return {
        "reviews_per_second": round(reviews / seconds),
        "seconds": round(seconds, 3),
        "microseconds_a_review": {
            "workers": round(sum(own) / reviews * 1e6, 1),
            "kafka": round(spent["kafka"] / reviews * 1e6, 1),
            "redis": round(spent["redis"] / reviews * 1e6, 1),
        },
        "resident_mib": round(sum(after.resident_mib[name] for name in runners.pids)),
        "ready_seconds": round(ready_in, 1),
        "labels_at_the_border": relabelled(race.expected, found),
    }


class _Runners(Processes):
    """A contestant's processes."""

    def __init__(self, contestant: Contestant, job: Job, way: Way, folder: Path) -> None:
        super().__init__(folder, numbered("process", contestant.programs(job, way)), stop_seconds=5.0)
        self._contestant = contestant
        self._job = job

    def await_partitions(self, partitions: int) -> None:
        """Wait until the group is stable, and each process has some of the partitions."""
        admin = AdminClient({"bootstrap.servers": self._job.bootstrap_servers, "log_level": 0})
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                group = admin.describe_consumer_groups([self._job.topic])[self._job.topic].result()
            except KafkaException:
                group = None  # the coordinator is not there yet
            if group is not None and group.state == ConsumerGroupState.STABLE:
                held = [len(member.assignment.topic_partitions) for member in group.members if member.assignment]
                if len(held) == len(self.pids) and all(held) and sum(held) == partitions:
                    return
            self._check(deadline, "did not share the partitions out")
            time.sleep(0.1)

    def await_counted(self, client: Redis, reviews: int) -> float:
        """Wait until so many are counted; returns when that was seen, in monotonic seconds."""
        most, deadline = 0, time.monotonic() + START_SECONDS
        while True:
            now, looked = self._contestant.counts.reviews(client), time.monotonic()
            if now >= reviews:
                return looked
            if now > most:
                most, deadline = now, looked + STALL_SECONDS
            self._check(deadline, f"stopped at {most} of {reviews} reviews")
            time.sleep(LOOK_SECONDS)

    def _check(self, deadline: float, trouble: str) -> None:
        if self.ended:
            raise CommandError(f"{self._contestant.title}: a process ended: {self.tail()}")
        if time.monotonic() > deadline:
            raise CommandError(f"{self._contestant.title} {trouble}: {self.tail()}")


def _publish(bootstrap_servers: str, topic: str, reviews: list[ReviewEvent]) -> None:
    with Publisher(ProducerConfig(bootstrap_servers, topic)) as publisher:
        for event in reviews:
            publisher.publish(event)
        publisher.flush(60)
        if publisher.delivered != len(reviews):
            raise CommandError(f"published {publisher.delivered} of {len(reviews)} reviews: {publisher.last_error}")
