"""A log that has dropped its beginning: what the audit can still prove of it, with real servers."""

import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from infra.letters.shown import when
from stream.event import MAX_FUTURE_MS
from stream.measures import HOUR_MS, MINUTE_MS
from stream.publish import ProducerConfig, Publisher
from stream.store.keys import chunk_key, chunk_of
from stream.store.totals import fences_of, reviews_of
from stream.topics import ensure_topics
from tests.buckets import with_one_more
from tests.stream.samples import event
from tests.system.programs import Deployment, Program, eventually
from tests.system.test_audit import audit

DROPPED, HELD, LATER = 40, 20, 30


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=topic)
    system = Deployment(tmp_path, kafka, redis_url, topic)
    # Without a horizon: whether a review is a copy of a dropped one is unknown for one and a half of them.
    system.tenants.write_text('[[tenants]]\nid = "shop"\nname = "Shop"\nduplicate_seconds = 0\n')
    return system


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def publish(system: Deployment, first: int, count: int, occurred_ms: int) -> None:
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(first, first + count):
            publisher.publish(event(number, product_id=f"p{number % 3}", occurred_at=occurred_ms))
        assert publisher.flush(60) == 0


def await_applied(system: Deployment, client: "redis.Redis", worker: Program, records: int) -> None:
    def done() -> bool:
        assert worker.process.poll() is None, worker.said()
        return fences_of(client, system.topic).get(0, -1) + 1 >= records

    eventually(done, 120, f"{records} records are applied")


def test_what_the_log_still_holds_is_proven_and_a_tampered_bucket_of_it_is_found(system: Deployment) -> None:
    began = now_ms()
    publish(system, 0, DROPPED + HELD, began - HOUR_MS)
    held_ms = now_ms()  # the log took its oldest record before this
    with redis.Redis.from_url(system.redis) as client, system.running("worker") as worker:
        await_applied(system, client, worker, DROPPED + HELD)
        # A review is up to ten minutes ahead of the log: the first bucket that holds none of the dropped ones.
        provable = (held_ms // MINUTE_MS + 1) * MINUTE_MS + MAX_FUTURE_MS
        eventually(lambda: now_ms() >= provable - MAX_FUTURE_MS, 90, "the minute is over")
        publish(system, DROPPED + HELD, LATER, provable)
        await_applied(system, client, worker, DROPPED + HELD + LATER)
        admin = AdminClient({"bootstrap.servers": system.kafka})
        (answer,) = admin.delete_records([TopicPartition(system.topic, 0, DROPPED)]).values()
        answer.result(30)

        proof = audit(system)
        assert (proof["equal"], proof["records"], proof["never_read"]) == (True, HELD + LATER, [])
        begins = proof["log_begins"]["0"]
        assert begins["offset"] == DROPPED
        assert began <= begins["at_ms"] <= held_ms
        # Of three products and their tenant the last minute, and no hour or day: these may hold dropped reviews too,
        # unless the minute is the first of its hour.
        assert proof["compared"] >= 4
        assert proof["left_out"] >= 4
        assert reviews_of(client, "shop") == DROPPED + HELD + LATER, "totals are not touched by retention"
        said = system.run("audit").stdout
        assert "equal as far as the log goes back: " in said
        assert f"it begins in partition 0 at offset {DROPPED} (" in said
        assert f"{proof['compared']} totals and buckets compared" in said
        assert "the log no longer holds records" not in worker.log.read_text(), "they were read before they expired"

        number, index = chunk_of(provable, "1m")
        key = chunk_key(0, "shop/p1", "1m", number)
        chunk: Any = client.get(key)
        client.set(key, with_one_more(chunk, index), keepttl=True)
        (difference,) = audit(system, expect=1)["differences"]
        assert (difference["product_id"], difference["step"], difference["start"]) == ("p1", "1m", when(provable))
        assert difference["store"]["reviews"] == difference["log"]["reviews"] + 1
