"""From published reviews to what they complain of: a real worker, Kafka, Redis and classifier."""

import asyncio
import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from api.access.keys import create
from api.config import ApiConfig
from stream.event import ReviewEvent
from stream.publish import ProducerConfig, Publisher
from stream.store.totals import fences_of, reviews_of
from stream.tenants_write import add_key
from stream.topics import ensure_topics
from tests.api.conftest import connected
from tests.system.programs import Deployment, Program, eventually

NOISE = ("arrived on a monday", "bought it for my sister", "ordered in green", "the box was grey", "my second one")
GOOD, BAD = "Great, I love it, perfect.", "Terrible, awful, a waste of money."
SAID = {"JACKET": "the zipper broke at once", "LAMP": "the bulb flickers all night", "MUG": "the handle fell off"}
REVIEWS = 120
"""A product, half of them bad."""


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=3, replication=1, reviews=topic)
    system = Deployment(tmp_path, kafka, redis_url, topic, {"AURA_BATCH_SIZE": "50", "AURA_STORE_SHARDS": "2"})
    system.tenants.write_text(
        '[[tenants]]\nid = "shop"\nname = "Shop"\n\n[[tenants]]\nid = "bank"\nname = "Bank"\nrecent_reviews = 0\n'
    )
    return system


def events(now_ms: int) -> Iterator[ReviewEvent]:
    """In 6 of 10 bad reviews each product has its own fault."""
    chance = random.Random(5)
    for product, fault in SAID.items():
        for number in range(REVIEWS):
            bad = number % 2 == 0
            parts = [*chance.sample(NOISE, 2), BAD if bad else GOOD]
            if bad and chance.random() < 0.6:
                parts.insert(1, fault)
            at = now_ms - number * 60_000
            yield ReviewEvent(f"{product}-{number}", "shop", product, ". ".join(parts), at, title=None)


def publish(system: Deployment, reviews: list[ReviewEvent]) -> None:
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for event in reviews:
            publisher.publish(event)
        assert publisher.flush(60) == 0


def await_applied(system: Deployment, worker: Program, records: int) -> None:
    with redis.Redis.from_url(system.redis) as client:

        def done() -> bool:
            assert worker.process.poll() is None, worker.said()
            return sum(fence + 1 for fence in fences_of(client, system.topic).values()) >= records

        eventually(done, 120, f"{records} records are applied")


def asked(system: Deployment, *queries: str) -> list[Any]:
    """What the API answers."""
    key, stored = create("read")
    add_key(system.tenants, "shop", stored)
    config = ApiConfig(system.tenants, system.redis, system.kafka, system.topic)

    async def ask() -> list[Any]:
        async with connected(config) as http:
            answers = [await http.get(f"/v1/tenants/shop/{query}", headers={"X-API-Key": key}) for query in queries]
        assert [answer.status_code for answer in answers] == [200] * len(queries)
        return [answer.json() for answer in answers]

    return asyncio.run(ask())


def terms(answer: Any, leans: str = "bad") -> list[str]:
    return [one["term"] for one in answer["terms"] if one["leans"] == leans]


def test_each_products_own_fault_comes_out_on_top_copies_count_once_and_a_rebuild_says_the_same(
    system: Deployment,
) -> None:
    now_ms = time.time_ns() // 1_000_000
    reviews = list(events(now_ms))
    publish(system, reviews)
    publish(system, reviews)  # within the horizon: the same again
    publish(system, [ReviewEvent("b", "bank", "GIRO", "Terrible, my transfer was lost.", now_ms)])
    queries = [f"products/{product}/drivers?against=others&at={now_ms}" for product in SAID]
    queries += [f"drivers?at={now_ms}", f"products/MUG/drivers?only_significant=false&limit=100&at={now_ms}"]
    with redis.Redis.from_url(system.redis) as client, system.running("worker") as worker:
        await_applied(system, worker, 2 * len(reviews) + 1)
        assert reviews_of(client, "shop") == len(reviews)
        found = asked(system, *queries)
        for (product, fault), answer in zip(SAID.items(), found, strict=False):
            first = terms(answer)[0]
            assert first in fault, (product, terms(answer))
            assert answer["bad"]["reviews"] in range(50, 71)  # the classifier's own count
            assert 20 <= answer["bad"]["sampled"] <= answer["bad"]["reviews"]
            others = {word for other, said in SAID.items() if other != product for word in said.split()}
            assert not set(" ".join(terms(answer)).split()) & (others - set(fault.split()))
        assert set(terms(found[3])) & {"waste", "terrible", "awful", "waste money"}
        assert found[3]["bad"]["reviews"] == sum(answer["bad"]["reviews"] for answer in found[:3])
        assert found[3]["bad"]["sampled"] == found[3]["bad"]["reviews"]  # no copy is in it, and nobody is left out
        assert not client.keys("aura:*:w:bank*")

        client.flushall()
        await_applied(system, worker, 2 * len(reviews) + 1)
        assert asked(system, *queries) == found
