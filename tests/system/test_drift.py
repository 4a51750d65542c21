"""Drift from end to end: a real Kafka, a worker with the shipped classifier, Redis, the API."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis

from stream.measures import DAY_MS, HOUR_MS
from stream.publish import ProducerConfig, Publisher
from stream.store.reader import Store
from stream.store.totals import reviews_of
from stream.topics import ensure_topics
from tests.stream.samples import event
from tests.system.programs import Deployment, eventually

PLEASED = ("Works fine, would buy it again.", "Great value, easy to use and it looks good.", "My kids love it.")
CROSS = ("Broke at once, qwlfz brumpt vexnoddle.", "Awful, do not buy: zzgrth plimmox.", "Terrible, a waste of money.")
BEFORE, AFTER = 8 * 24, 24
"""Hours of kind reviews, and of harsh ones with words that nobody knows."""
EACH = 6
"""Reviews an hour."""


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=2, replication=1, reviews=topic)
    return Deployment(tmp_path, kafka, redis_url, topic)


def publish(system: Deployment, turned_ms: int) -> None:
    """Each rated by what its text says, but for the harsh ones of which every other one has five stars."""
    first = turned_ms - BEFORE * HOUR_MS
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range((BEFORE + AFTER) * EACH):
            at = first + number // EACH * HOUR_MS + number % EACH * 60_000
            kind = at < turned_ms
            publisher.publish(
                event(
                    number,
                    text=(PLEASED if kind else CROSS)[number % 3],
                    occurred_at=at,
                    rating=5 if kind or number % 2 else 1,
                )
            )
        assert publisher.flush(60) == 0


def spreads(system: Deployment, end: int) -> list[tuple[int, list[int], int, int]]:
    """Hours with what the store has of them; without the sums of P(good), whose last digit depends on the batches."""

    async def read() -> list[tuple[int, list[int], int, int]]:
        store = Store.connect(system.redis)
        try:
            (hours,) = (await store.spreads("shop", end - 30 * DAY_MS, end)).values()
        finally:
            await store.close()
        return [(start, spread.bins, spread.words, spread.unknown) for start, spread in hours]

    return asyncio.run(read())


def test_reviews_that_turn_are_told_with_their_hour_and_again_after_redis_was_emptied(system: Deployment) -> None:
    end = time.time_ns() // 1_000_000 // HOUR_MS * HOUR_MS
    publish(system, end - AFTER * HOUR_MS)
    with redis.Redis.from_url(system.redis) as client, system.running("worker") as worker, system.api():
        key = system.key("shop", "read")

        def counted() -> bool:
            assert worker.process.poll() is None, worker.said()
            return reviews_of(client, "shop") == (BEFORE + AFTER) * EACH

        def ask(path: str, **params: Any) -> Any:
            return system.get(f"/v1/tenants/shop/{path}", key, at=end - 1, **params)

        eventually(counted, 120, "all reviews are counted")
        found = ask("drift", reference="7d")
        assert (found["level"], found["scores"]["level"], found["words"]["level"]) == ("major", "major", "major")
        assert abs(found["scores"]["changed_ms"] - (end - DAY_MS)) <= 2 * HOUR_MS
        assert found["scores"]["current"]["reviews"] == AFTER * EACH
        assert found["scores"]["reference"]["reviews"] == 7 * 24 * EACH
        # Five words in sixteen are gibberish; of the others the model knows all but a few.
        assert 0.25 < found["words"]["change"] < 0.45
        assert (found["model"].partition("@")[0], found["model_changed"]) == ("reference", False)
        accuracy = ask("accuracy", window="24h")
        assert (accuracy["rated"], accuracy["card"]["lower"]) == (AFTER * EACH, True)
        assert abs(accuracy["accuracy"] - 0.5) < 0.1

        before = spreads(system, end)
        client.flushall()
        eventually(counted, 120, "all reviews are counted again")
        assert spreads(system, end) == before
    assert '"equal": true' in system.run("audit", "--json").stdout
