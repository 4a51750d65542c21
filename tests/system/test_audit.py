"""``aura audit`` beside real servers: it says equal when it is so, and finds whatever is not."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from stream.measures import DAY_MS
from stream.publish import ProducerConfig, Publisher
from stream.store.buckets import read_chunk
from stream.store.keys import CHUNK_BUCKETS
from stream.topics import ensure_topics
from tests.buckets import with_one_more
from tests.stream.samples import event
from tests.system.programs import Deployment, eventually

REVIEWS = 3_000


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=2, replication=1, reviews=topic)
    return Deployment(tmp_path, kafka, redis_url, topic)


def publish(system: Deployment, first: int, count: int) -> None:
    """Reviews of two tenants over the last three days and of ten years ago, some broken ones among them."""
    now = time.time_ns() // 1_000_000
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(first, first + count):
            at = now - (number % 72) * 3_600_000 - (3_650 * DAY_MS if number % 50 == 0 else 0)
            tenant = ("shop", "bank", "stranger")[0 if number % 3 else 1 if number % 100 else 2]
            text = "Works fine, would buy it again." if number % 4 else "Broke at once, awful."
            publisher.publish(
                event(
                    number,
                    tenant=tenant,
                    product_id=f"p:{number % 7}*",
                    text=text,
                    occurred_at=at,
                    rating=1 + number % 5,
                )
            )
        assert publisher.flush(60) == 0


def audit(system: Deployment, *options: str, expect: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(system.run("audit", "--json", *options, expect=expect).stdout)
    return answer


def fenced(client: "redis.Redis", topic: str) -> int:
    fields: Any = client.hgetall("aura:{0}:fence")
    return sum(int(fence) + 1 for field, fence in fields.items() if field.startswith(topic.encode()))


def add_one(client: "redis.Redis", key: bytes, field: str) -> None:
    packed: Any = client.hget(key, field)
    counters = msgspec.msgpack.decode(packed)
    counters[0] += 1
    client.hset(key, field, msgspec.msgpack.encode(counters))


def test_the_audit_says_equal_beside_a_live_worker_and_finds_each_tampering(system: Deployment) -> None:
    publish(system, 0, REVIEWS)
    with redis.Redis.from_url(system.redis) as client, system.running("worker") as worker:

        def counted(records: int) -> Callable[[], bool]:
            return lambda: worker.process.poll() is None and fenced(client, system.topic) >= records

        eventually(counted(REVIEWS), 120, "the backlog is applied")
        answer = audit(system)
        assert answer == {
            "equal": True, "verdict": "equal", "doubts": [], "not_proven": {}, "not_judged": [],
            "records": REVIEWS, "beyond": 0,
            "entities": answer["entities"], "compared": answer["compared"], "left_out": 0, "ended": 0, "at_border": 0,
            "log_begins": {}, "never_read": [], "differences": [],
        }  # fmt: skip
        assert answer["entities"] == 2 + 14
        assert answer["compared"] > 0
        publish(system, REVIEWS, REVIEWS)
        assert audit(system)["equal"], "while the worker applies"
        eventually(counted(2 * REVIEWS), 120, "the second half is applied")
        assert audit(system)["records"] == 2 * REVIEWS

    with redis.Redis.from_url(system.redis) as client:
        entity = b"aura:{0}:e:shop/p:1*"
        before = client.dump(entity)
        add_one(client, entity, "t")
        (difference,) = audit(system, expect=1)["differences"]
        assert (difference["tenant"], difference["product_id"], difference["step"]) == ("shop", "p:1*", None)
        assert difference["store"]["reviews"] == difference["log"]["reviews"] + 1
        assert audit(system, "--tenant", "bank")["equal"]
        client.restore(entity, 0, before, replace=True)

        days = sorted(client.keys("aura:{0}:d:shop/p:1*"))
        old = days[0]
        before = client.dump(old)
        chunk: Any = client.get(old)
        (index, _), *_ = read_chunk(chunk, 0, CHUNK_BUCKETS["1d"])
        client.set(old, with_one_more(chunk, index), keepttl=True)
        (difference,) = audit(system, expect=1)["differences"]
        assert difference["step"] == "1d"
        assert audit(system, "--from", "2020-01-01T00:00:00Z")["equal"], "the changed day is ten years old"
        client.restore(old, 0, before, replace=True)

        (spread, *_) = sorted(client.keys("aura:{0}:s:bank:*"))
        index = next(iter(client.hgetall(spread)))
        before = client.dump(spread)
        add_one(client, spread, index.decode())
        (difference,) = audit(system, expect=1)["differences"]
        assert (difference["tenant"], difference["step"]) == ("bank", "1h")
        assert difference["spread_of"].startswith("reference@")
        assert difference["store"]["bin_0"] == difference["log"]["bin_0"] + 1
        assert "spread of what reference@" in system.run("audit", expect=1).stdout
        client.restore(spread, 0, before, replace=True)

        client.delete(entity)
        (difference,) = audit(system, expect=1)["differences"]
        assert difference["store"]["reviews"] == 0
        said = system.run("audit", expect=1).stdout
        assert "tenant shop, product p:1*, totals: reviews " in said
        assert "1 difference:" in said


def test_a_store_that_lost_what_it_counted_is_never_equal(system: Deployment) -> None:
    publish(system, 0, 100)
    with redis.Redis.from_url(system.redis) as client:
        with system.running("worker"):
            eventually(lambda: fenced(client, system.topic) >= 100, 120, "the reviews are applied")
        future = audit(system, "--from", "2200-01-01T00:00:00Z")
        assert (future["compared"], future["verdict"].partition(": ")[2]) == (
            0, "neither the log nor Redis holds a review of what was asked for",
        )  # fmt: skip
        fences: Any = client.hgetall("aura:{0}:fence")
        client.flushall()
        assert "whose log has taken 100 records" in system.run("audit", expect=1).stderr.replace("\n", " ")
        client.hset("aura:{0}:fence", mapping=fences)
        assert len(audit(system, expect=1)["differences"]) >= 16, "fences alone are no counts"
        client.hset("aura:{0}:fence", mapping=dict.fromkeys(fences, 1_000))
        assert "the store is ahead of the log" in system.run("audit", expect=1).stdout


def test_the_audit_names_what_it_cannot_do(system: Deployment) -> None:
    ended = system.run("audit", "--tenant", "nobody", expect=2)
    assert "names no tenant nobody" in ended.stderr.replace("\n", " ")
    ended = system.run("audit", "--from", "yesterday", expect=2)
    assert "expected a time with a zone" in ended.stderr.replace("\n", " ")


def test_a_log_without_its_beginning_is_no_proof_and_what_was_never_read_is_named(system: Deployment) -> None:
    admin = AdminClient({"bootstrap.servers": system.kafka})

    def expire(before: dict[int, int]) -> None:
        wanted = [TopicPartition(system.topic, partition, offset) for partition, offset in before.items()]
        for answer in admin.delete_records(wanted).values():
            answer.result(30)

    with redis.Redis.from_url(system.redis) as client:

        def ends() -> dict[int, int]:
            fields: Any = client.hgetall("aura:{0}:fence")
            return {int(field.rpartition(b":")[2]): int(fence) + 1 for field, fence in fields.items()}

        publish(system, 0, 400)
        with system.running("worker"):
            eventually(lambda: fenced(client, system.topic) >= 400, 120, "the first reviews are applied")
        before = ends()
        publish(system, 400, 400)
        expire(dict.fromkeys(before, -1))  # all there is
        with system.running("worker") as worker:
            eventually(lambda: fenced(client, system.topic) >= 800, 120, "what expired is passed")
            assert "the log no longer holds records that were never read" in worker.log.read_text()
        after = ends()
        with system.running("worker") as worker:
            eventually(lambda: "assigned" in worker.log.read_text(), 120, "the worker has partitions again")
            answer = audit(system, expect=1)
            assert "the log no longer holds" not in worker.log.read_text(), "told once"
    assert (answer["equal"], answer["compared"], answer["differences"]) == (False, 0, [])
    assert {int(partition): begin["offset"] for partition, begin in answer["log_begins"].items()} == after
    assert sorted((one["partition"], one["first"], one["last"]) for one in answer["never_read"]) == sorted(
        (partition, before[partition], after[partition] - 1) for partition in before
    )
    said = system.run("audit", expect=1).stdout
    assert "nothing proven: there was nothing left to compare: 0 records" in said
    assert "the log no longer holds its beginning; it begins in partition 0 at offset" in said
    assert f"offsets {before[0]}-{after[0] - 1}" in said
