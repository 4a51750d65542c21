"""The worker as a process, with a real Kafka, a real Redis and the shipped classifier."""

import asyncio
import os
import signal
import socket
import uuid
from collections import Counter
from pathlib import Path

import pytest
import redis
from confluent_kafka import Consumer, Producer, TopicPartition

from infra.kafka.server import KafkaServer
from stream.deadletter import FIELD_HEADER, OFFSET_HEADER, PARTITION_HEADER, REASON_HEADER, TOPIC_HEADER
from stream.event import VERSION_HEADER, encode
from stream.publish import ProducerConfig, Publisher
from stream.store.reader import Store
from stream.topics import dead_letters, ensure_topics
from tests.services import start_redis
from tests.stream.samples import event
from tests.system.programs import Deployment, Program, eventually

REVIEWS = 30_000
DRAIN_SECONDS = 120.0


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    """A topic of its own with a backlog that takes a worker some seconds."""
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=4, replication=1, reviews=topic)
    return Deployment(tmp_path, kafka, redis_url, topic, {"AURA_BATCH_SIZE": "500"})


def publish(system: Deployment, first: int = 0, count: int = REVIEWS) -> Counter[str]:
    """Publish reviews of 40 products; returns the reviews a product."""
    products: Counter[str] = Counter()
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(first, first + count):
            product = f"p{number % 40}"
            products[product] += 1
            text = (
                f"Review {number}: works fine, would buy it again and again." if number % 3 else "Broke at once, awful."
            )
            publisher.publish(event(number, product_id=product, text=text))
        assert publisher.flush(60) == 0
        assert publisher.delivered == count
    return products


def reviews(system: Deployment) -> int:
    """Reviews counted so far."""

    async def read() -> int:
        store = Store.connect(system.redis)
        try:
            whole = await store.entity("shop", None)
        finally:
            await store.close()
        return whole.totals.reviews if whole else 0

    return asyncio.run(read())


def products(system: Deployment) -> Counter[str]:
    """Reviews counted so far, a product; each product's good and bad add up, and so do its days."""

    async def read() -> Counter[str]:
        store = Store.connect(system.redis)
        counted: Counter[str] = Counter()
        try:
            for row in await store.products("shop", None, await store.now("shop")):
                product = str(row.state.product_id)
                counted[product] = row.state.totals.reviews
                days = await store.timeline(
                    "shop", product, "1d", row.state.first_ms - 86_400_000, row.state.last_ms + 1
                )
                assert sum(day.reviews for _, day in days) == row.state.totals.reviews
        finally:
            await store.close()
        return counted

    return asyncio.run(read())


def committed(system: Deployment) -> int:
    """Records that the consumer group has committed in Kafka."""
    consumer = Consumer({"bootstrap.servers": system.kafka, "group.id": system.topic})
    try:
        offsets = consumer.committed([TopicPartition(system.topic, partition) for partition in range(4)], timeout=10)
    finally:
        consumer.close()
    return sum(max(0, offset.offset) for offset in offsets)


def await_counted(system: Deployment, number: int, *workers: Program) -> None:
    def done() -> bool:
        for worker in workers:
            assert worker.process.poll() is None, worker.said()
        return reviews(system) >= number

    eventually(done, DRAIN_SECONDS, f"{number} reviews are counted")


def test_a_worker_killed_again_and_again_counts_every_review_once(system: Deployment) -> None:
    published = publish(system)
    for share in (0.1, 0.5):
        with system.running("worker") as worker:
            await_counted(system, int(REVIEWS * share), worker)
            worker.kill()
    assert reviews(system) < REVIEWS, "the kills came too late to mean anything"
    with system.running("worker") as worker:
        await_counted(system, REVIEWS, worker)
    assert products(system) == published


def test_a_second_worker_joins_and_the_first_leaves_without_loss_or_doubles(system: Deployment) -> None:
    published = publish(system)
    with system.running("worker") as first:
        await_counted(system, 1, first)
        with system.running("worker") as second:
            eventually(lambda: "assigned" in second.log.read_text(), 120, "the second worker has partitions")
            published += publish(system, REVIEWS)
            assert first.stop() < 10
            await_counted(system, 2 * REVIEWS, second)
            assert products(system) == published


def test_sigterm_ends_a_busy_worker_in_time_and_the_next_goes_on(system: Deployment) -> None:
    published = publish(system)
    with system.running("worker") as worker:
        await_counted(system, 1, worker)
        assert worker.stop() < 10
        assert worker.process.returncode == 0, worker.said()
    assert reviews(system) < REVIEWS
    with system.running("worker") as worker:
        await_counted(system, REVIEWS, worker)
        eventually(lambda: committed(system) == REVIEWS, 20, "Kafka's own tools see the group at the end of the log")
    assert products(system) == published


@pytest.mark.parametrize("away", ["redis-killed", "redis-stopped", "kafka-stopped"])
def test_sigterm_ends_a_worker_in_time_though_what_it_needs_is_away(away: str, tmp_path: Path) -> None:
    with KafkaServer(tmp_path / "kafka") as kafka, start_redis(tmp_path) as url:
        with redis.Redis.from_url(url) as client:
            server = int(client.info("server")["process_id"])
        ensure_topics(kafka.bootstrap_servers, partitions=4, replication=1)
        system = Deployment(tmp_path, kafka.bootstrap_servers, url, "aura.reviews")
        publish(system, count=1_000)
        with system.running("worker") as worker:
            await_counted(system, 1_000, worker)
            stopped = kafka.pid if away == "kafka-stopped" else server
            assert stopped
            os.kill(stopped, signal.SIGKILL if away == "redis-killed" else signal.SIGSTOP)
            try:
                if stopped == server:
                    publish(system, 1_000, REVIEWS)
                    eventually(lambda: "holding a batch back" in worker.log.read_text(), 60, "the worker notices")
                assert worker.stop(60) < 10, worker.said()
                assert worker.process.returncode == 0, worker.said()
            finally:
                if away != "redis-killed":
                    os.kill(stopped, signal.SIGCONT)


def test_an_emptied_redis_is_rebuilt_from_the_log_while_the_worker_runs(system: Deployment) -> None:
    published = publish(system, count=6_000)
    with system.running("worker") as worker:
        await_counted(system, 6_000, worker)
        before = products(system)
        with redis.Redis.from_url(system.redis) as client:
            client.flushall()
        await_counted(system, 6_000, worker)
        assert products(system) == before == published


def test_records_that_are_no_events_stand_in_the_dead_letters_as_they_came(system: Deployment) -> None:
    good, better = encode(event(1)), encode(event(2))
    bad: dict[bytes, tuple[str, str]] = {
        b"\x00\xff junk": ("", "not valid JSON"),
        b'{"event_id":"1"}': ("tenant", "required"),
        good.replace(b'"shop"', b'"nobody"'): ("tenant", "not in the tenants file"),
        good.replace(b"1750161600000", b"9950161600000"): ("occurred_at", "ahead of the log"),
    }
    producer = Producer({"bootstrap.servers": system.kafka})
    for value in [good, *bad, better]:
        producer.produce(system.topic, value, b"shop/kettle", headers={VERSION_HEADER: b"1"})
    assert producer.flush(30) == 0
    reader = Consumer(
        {"bootstrap.servers": system.kafka, "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
    )
    reader.subscribe([dead_letters(system.topic)])
    found: dict[bytes, dict[str, str]] = {}

    def read() -> bool:
        message = reader.poll(0.2)
        if message is not None and message.error() is None:
            value = message.value()
            assert value not in found, "written twice"
            assert message.key() == b"shop/kettle"
            found[value] = {name: content.decode() for name, content in message.headers()}
        return len(found) == len(bad)

    with system.running("worker") as worker:
        await_counted(system, 2, worker)
        eventually(read, 60, "every broken record is in the dead letters")
    reader.close()
    assert set(found) == set(bad)
    for value, headers in found.items():
        field, reason = bad[value]
        assert headers[TOPIC_HEADER] == system.topic
        assert headers[PARTITION_HEADER].isdigit()
        assert headers[OFFSET_HEADER].isdigit()
        assert headers[FIELD_HEADER] == field
        assert reason in headers[REASON_HEADER]
    assert reviews(system) == 2


def test_a_metrics_port_that_is_taken_is_named(system: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        system.changes["AURA_WORKER_METRICS_PORT"] = str(port)
        said = system.run("worker", expect=1).stderr
    assert f"cannot show its metrics on 127.0.0.1:{port}" in said
    assert "Traceback" not in said
