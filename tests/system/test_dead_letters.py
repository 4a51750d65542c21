"""From a tenant that nobody knows to its reviews in the totals: letters, a mended file, a replay."""

import json
import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from confluent_kafka import Producer

from infra.kafka.server import KafkaServer
from stream.letterbox import Letterbox
from stream.publish import ProducerConfig, Publisher
from stream.store.totals import fences_of, reviews_of
from stream.topics import dead_letters, ensure_topics
from tests.stream.samples import event
from tests.system.programs import Deployment, eventually

REVIEWS = 400

OVER = "over AURA_DEAD_LETTER_LIMIT=100"


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=2, replication=1, reviews=topic)
    return Deployment(tmp_path, kafka, redis_url, topic)


def publish(system: Deployment, tenant: str, count: int, first: int = 0) -> None:
    now_ms = time.time_ns() // 1_000_000
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for n in range(first, first + count):
            publisher.publish(
                event(n, tenant=tenant, product_id=f"p{n % 7}", text=f"Fine film number {n}.", occurred_at=now_ms)
            )
        assert publisher.flush(60) == 0


def letters(system: Deployment, *options: str) -> list[dict[str, Any]]:
    ended = system.run("dead-letters", "list", "--json", *options)
    return [json.loads(line) for line in ended.stdout.splitlines()]


def replay(system: Deployment) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(system.run("dead-letters", "replay", "--yes", "--json").stdout)
    return answer


def die_in_the_middle_of_a_replay(system: Deployment) -> None:
    """Send what a replay sends, and neither commit nor abort it."""
    settings = {"bootstrap.servers": system.kafka, "transactional.id": f"aura-replay-{system.topic}"}
    producer = Producer(settings)
    producer.init_transactions(30)
    producer.begin_transaction()
    with Letterbox(system.kafka, dead_letters(system.topic)) as box:
        for letter in box.letters():
            producer.produce(system.topic, letter.value, letter.key, letter.source.partition)
    assert producer.flush(30) == 0


def test_what_a_missing_tenant_cost_is_counted_once_after_a_replay(system: Deployment) -> None:
    publish(system, "cinema", REVIEWS)
    publish(system, "shop", REVIEWS)
    with redis.Redis.from_url(system.redis) as client, system.running("worker") as worker:

        def alive() -> bool:
            assert worker.process.poll() is None, worker.said()
            return True

        eventually(lambda: alive() and reviews_of(client, "shop") == REVIEWS, 120, "the shop's reviews are counted")
        eventually(lambda: len(letters(system)) == REVIEWS, 60, "the cinema's are dead letters")
        assert replay(system)["refused"] == {"tenant: not in the tenants file": REVIEWS}

        with system.tenants.open("a") as file:
            file.write('[[tenants]]\nid = "cinema"\nname = "Cinema"\nduplicate_seconds = 0\n')
        eventually(lambda: "tenants file taken over" in worker.said(), 30, "the worker knows the cinema")
        die_in_the_middle_of_a_replay(system)
        assert replay(system)["replayed"] == REVIEWS
        eventually(lambda: alive() and reviews_of(client, "cinema") == REVIEWS, 60, "the cinema's are counted")

        again = replay(system)
        assert (again["chosen"], again["replayed"], again["replayed_before"]) == (0, 0, REVIEWS)
        publish(system, "shop", 1, REVIEWS)
        eventually(lambda: alive() and reviews_of(client, "shop") == REVIEWS + 1, 60, "what came after it is counted")
        assert reviews_of(client, "cinema") == REVIEWS
        assert len(letters(system)) == len(letters(system, "--replayed")) == REVIEWS

        assert json.loads(system.run("audit", "--json").stdout)["equal"]
        client.flushall()
        eventually(lambda: alive() and reviews_of(client, "cinema") == REVIEWS, 60, "the cinema's are counted again")
        eventually(lambda: alive() and reviews_of(client, "shop") == REVIEWS + 1, 60, "the shop's are counted again")
        assert json.loads(system.run("audit", "--json").stdout)["equal"]
        assert reviews_of(client, "cinema") == REVIEWS, "the refused ones stay refused, their replays count"
        assert len(letters(system)) == REVIEWS, "each stands once"


def test_a_worker_whose_kafka_freezes_as_it_writes_letters_stops_in_time_and_each_stands_once(
    redis_url: str, tmp_path: Path
) -> None:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    with KafkaServer(tmp_path / "kafka") as kafka:
        ensure_topics(kafka.bootstrap_servers, partitions=2, replication=1, reviews=topic)
        system = Deployment(tmp_path, kafka.bootstrap_servers, redis_url, topic)
        # In small batches it is at it for long enough to be met in the middle.
        system.changes["AURA_BATCH_SIZE"] = "100"
        publish(system, "cinema", 20_000)
        with system.running("worker") as worker, redis.Redis.from_url(redis_url) as client:
            eventually(lambda: sum(fences_of(client, topic).values()) > 100, 120, "it writes letters")
            assert kafka.pid is not None
            os.kill(kafka.pid, signal.SIGSTOP)
            try:
                eventually(lambda: "holding a batch back" in worker.log.read_text(), 60, "it waits for Kafka")
                assert worker.stop() < 10
            finally:
                os.kill(kafka.pid, signal.SIGCONT)
            assert worker.process.returncode == 0, worker.said()
        with system.running("worker"), redis.Redis.from_url(redis_url) as client:
            eventually(lambda: sum(fences_of(client, topic).values()) >= 19_998, 120, "another worker goes on")
        with Letterbox(system.kafka, dead_letters(topic)) as box:
            found = [(letter.source.partition, letter.source_offset) for letter in box.letters()]
        assert (len(found), len(set(found))) == (20_000, 20_000)
        assert json.loads(system.run("audit", "--json").stdout)["equal"]


def test_a_worker_pauses_above_the_limit_and_goes_on_when_the_tenants_file_is_mended(system: Deployment) -> None:
    system.changes["AURA_DEAD_LETTER_LIMIT"] = "100"
    publish(system, "cinema", REVIEWS)
    with redis.Redis.from_url(system.redis) as client:
        with system.running("worker") as worker, system.api():
            eventually(lambda: OVER in worker.log.read_text(), 120, "the worker pauses")
            eventually(lambda: OVER in httpx.get(f"{system.address}/readyz").text, 30, "/readyz says so")
            assert httpx.get(f"{system.address}/readyz").status_code == 503
            assert len(letters(system)) <= 100
            assert worker.stop() < 10
        with system.running("worker") as worker:
            eventually(lambda: OVER in worker.log.read_text(), 120, "the next worker pauses too")
            written = len(letters(system))
            with system.tenants.open("a") as file:
                file.write('[[tenants]]\nid = "cinema"\nname = "Cinema"\n')
            eventually(lambda: reviews_of(client, "cinema") == REVIEWS - written, 60, "it goes on")
            assert worker.process.poll() is None, worker.said()
    assert len(letters(system)) == written
    assert json.loads(system.run("audit", "--json").stdout)["equal"]
