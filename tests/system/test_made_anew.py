"""The topic is deleted and created again while Redis keeps what it counted of the old one; real servers and workers."""

import time
import uuid
from pathlib import Path

import pytest
import redis

from stream.identity import MADE_ANEW
from stream.publish import ProducerConfig, Publisher
from stream.store.totals import reviews_of
from stream.topics import ensure_topics
from tests.stream.samples import event
from tests.stream.test_identity import make_anew
from tests.system.programs import Deployment, Program, eventually


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=topic)
    return Deployment(tmp_path, kafka, redis_url, topic)


def publish(system: Deployment, first: int, count: int) -> None:
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(first, first + count):
            publisher.publish(event(number, occurred_at=time.time_ns() // 1_000_000))
        assert publisher.flush(60) == 0


def await_reviews(client: "redis.Redis", worker: Program, count: int) -> None:
    def counted() -> bool:
        assert worker.process.poll() is None, worker.said()
        return reviews_of(client, "shop") >= count

    eventually(counted, 120, f"{count} reviews are counted")
    assert reviews_of(client, "shop") == count


def await_refusal(worker: Program) -> None:
    eventually(lambda: f'"event": "{MADE_ANEW}"' in worker.log.read_text(), 120, "the worker says so")
    assert worker.process.poll() is None, worker.said()


def test_a_topic_made_anew_is_not_read_into_the_totals_of_the_old_one(system: Deployment) -> None:
    publish(system, 0, 50)
    with redis.Redis.from_url(system.redis) as client:
        with system.running("worker") as worker:
            await_reviews(client, worker, 50)
        make_anew(system.kafka, system.topic)
        publish(system, 1_000, 80)  # past the old fence: the offsets alone tell nothing
        with system.running("worker") as worker:
            await_refusal(worker)
            assert reviews_of(client, "shop") == 50
            client.flushall()
            await_reviews(client, worker, 80)

            # And once more under the worker that runs.
            make_anew(system.kafka, system.topic)
            publish(system, 2_000, 200)
            eventually(lambda: worker.log.read_text().count(f'"event": "{MADE_ANEW}"') >= 2, 120, "the worker says so")
            client.flushall()
            await_reviews(client, worker, 200)
