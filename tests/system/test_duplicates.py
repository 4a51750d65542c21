"""Events that producers publish twice, with real servers and the audit as the judge."""

import json
import time
import uuid
from pathlib import Path

import pytest
import redis

from stream.publish import ProducerConfig, Publisher
from stream.store.totals import fences_of, reviews_of
from stream.topics import ensure_topics
from tests.stream.samples import event
from tests.system.programs import Deployment, Program, eventually

REVIEWS = 500
HORIZON_SECONDS = {"shop": 3_600, "bank": 0, "club": 2}


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=2, replication=1, reviews=topic)
    system = Deployment(tmp_path, kafka, redis_url, topic, {"AURA_BATCH_SIZE": "100", "AURA_STORE_SHARDS": "2"})
    system.tenants.write_text(
        "".join(
            f'[[tenants]]\nid = "{tenant}"\nname = "{tenant}"\nduplicate_seconds = {seconds}\n'
            for tenant, seconds in HORIZON_SECONDS.items()
        )
    )
    return system


def publish(system: Deployment, tenants: list[str]) -> None:
    """The same reviews of each tenant, whenever called."""
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(REVIEWS):
            for tenant in tenants:
                publisher.publish(event(number, tenant=tenant, product_id=f"p{number % 7}"))
        assert publisher.flush(60) == 0


def await_applied(system: Deployment, worker: Program, records: int) -> dict[str, int]:
    """Reviews counted a tenant, once so many records are applied."""
    with redis.Redis.from_url(system.redis) as client:

        def done() -> bool:
            assert worker.process.poll() is None, worker.said()
            return sum(fence + 1 for fence in fences_of(client, system.topic).values()) >= records

        eventually(done, 120, f"{records} records are applied")
        return {tenant: reviews_of(client, tenant) for tenant in HORIZON_SECONDS}


def test_copies_count_once_within_the_horizon_in_a_rebuild_too_and_the_audit_agrees(system: Deployment) -> None:
    publish(system, ["shop", "bank", "club"])
    published = time.monotonic()
    publish(system, ["shop", "bank"])
    with system.running("worker") as worker:
        await_applied(system, worker, 5 * REVIEWS)
        # The shop's horizon spans the two; the club's three slots of a second each are over by the clock of the log.
        eventually(lambda: time.monotonic() - published > 4, 10, "the club's horizon is long over")
        publish(system, ["shop", "club"])
        counted = await_applied(system, worker, 7 * REVIEWS)
        assert counted == {"shop": REVIEWS, "bank": 2 * REVIEWS, "club": 2 * REVIEWS}
        assert json.loads(system.run("audit", "--json").stdout)["equal"]

        with redis.Redis.from_url(system.redis) as client:
            client.flushall()
        assert await_applied(system, worker, 7 * REVIEWS) == counted
        assert json.loads(system.run("audit", "--json").stdout)["equal"]

        with redis.Redis.from_url(system.redis) as client:
            client.delete(*client.scan_iter("aura:*:x:shop:*"))
        publish(system, ["shop"])
        await_applied(system, worker, 8 * REVIEWS)
        assert not json.loads(system.run("audit", "--json", expect=1).stdout)["equal"], (
            "the store forgot, the log knows"
        )
