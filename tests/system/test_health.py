"""What a worker answers to probes, and how it ends, while its classifier or the dead-letter topic holds it up."""

import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from stream.event import VERSION_HEADER
from stream.publish import ProducerConfig, Publisher
from stream.store.totals import reviews_of
from stream.topics import dead_letters, ensure_topics
from tests.services import free_port
from tests.stream.samples import event
from tests.system.programs import READY_SECONDS, Deployment, Program, eventually

WORKER = Path(__file__).parent / "hampered_worker.py"
REVIEWS = 600
BATCH = 100
DEAD_SECONDS = 6.0


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=2, replication=1, reviews=topic)
    port = str(free_port())
    return Deployment(
        tmp_path, kafka, redis_url, topic, {"AURA_BATCH_SIZE": str(BATCH), "AURA_WORKER_METRICS_PORT": port}
    )


def hampered(system: Deployment, seconds: float) -> Program:
    """A worker whose classifier takes that long for every batch."""
    return system.start("worker", command=[sys.executable, str(WORKER), str(seconds), str(DEAD_SECONDS)])


def publish(system: Deployment) -> None:
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(REVIEWS):
            publisher.publish(event(number, product_id=f"p{number % 7}"))
        assert publisher.flush(60) == 0


def probe(system: Deployment, path: str) -> tuple[int, Any]:
    """Status and body that the worker's port answers; status 0 while nobody listens."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{system.changes['AURA_WORKER_METRICS_PORT']}{path}", timeout=5)
    except httpx.TransportError:
        return 0, None
    return answer.status_code, answer.json()


def await_probe(system: Deployment, worker: Program, path: str, status: int) -> list[str]:
    """Wait until the worker answers so; its reasons."""

    def answers() -> Any:
        assert worker.process.poll() is None, worker.said()
        now, body = probe(system, path)
        return body if now == status else None

    body = eventually(answers, READY_SECONDS, f"{path} answers {status}")
    reasons: list[str] = body.get("reasons", [])
    return reasons


def test_a_stuck_classifier_makes_a_worker_dead_and_it_still_ends_in_time(system: Deployment) -> None:
    worker = hampered(system, float("inf"))
    try:
        await_probe(system, worker, "/readyz", 200)
        assert probe(system, "/healthz") == (200, {"status": "alive"})
        publish(system)
        (reason,) = await_probe(system, worker, "/healthz", 503)
        assert f"{REVIEWS} records wait, and none was applied for" in reason
        assert "records wait" in await_probe(system, worker, "/readyz", 503)[0]
    finally:
        seconds = worker.stop(60)
    assert seconds < 10, worker.said()
    assert worker.process.returncode == 0, worker.said()


def test_a_slow_classifier_makes_no_worker_dead(system: Deployment) -> None:
    publish(system)
    worker = hampered(system, DEAD_SECONDS / 2)
    answers = set()

    def counted() -> bool:
        assert worker.process.poll() is None, worker.said()
        answers.add(probe(system, "/healthz")[0])
        return reviews_of(client, "shop") == REVIEWS

    try:
        with redis.Redis.from_url(system.redis) as client:
            eventually(counted, READY_SECONDS, "all reviews are counted")
    finally:
        worker.stop(60)
    assert answers - {0} == {200}


def test_a_dead_letter_topic_that_takes_nothing_is_told_to_all_who_ask_and_delays_no_stop(system: Deployment) -> None:
    publish(system)
    worker = system.start("worker")
    try:
        with redis.Redis.from_url(system.redis) as client, system.api():
            eventually(lambda: reviews_of(client, "shop") == REVIEWS, READY_SECONDS, "all reviews are counted")
            admin = AdminClient({"bootstrap.servers": system.kafka})
            admin.delete_topics([gone := dead_letters(system.topic)])[gone].result(30)
            producer = Producer({"bootstrap.servers": system.kafka})
            producer.produce(system.topic, b"no event", b"shop/p1", headers={VERSION_HEADER: b"1"})
            assert producer.flush(30) == 0
            told = f"there is no topic {gone}"
            eventually(lambda: told in held_up(system), READY_SECONDS, "the API says what holds the worker up")
            answer = held_up(system)
        assert "1 of 1 held up" in answer
        assert "holding a batch back" in answer
        assert probe(system, "/readyz")[0] == 503
        assert probe(system, "/healthz")[0] == 200
    finally:
        seconds = worker.stop(60)
    assert seconds < 10, worker.said()
    assert worker.process.returncode == 0, worker.said()


def held_up(system: Deployment) -> str:
    """What the API says of workers that cannot go on; nothing where they can."""
    missing = httpx.get(f"{system.address}/readyz", timeout=20).json().get("missing", [])
    return next((one["reason"] for one in missing if one["part"] == "worker" and "held up" in one["reason"]), "")
