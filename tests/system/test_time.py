"""A replay of ten-year-old reviews beside live ones, through a real worker."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from stream.measures import DAY_MS, HOUR_MS, MINUTE_MS, Measures
from stream.publish import ProducerConfig, Publisher
from stream.store.reader import Store
from stream.topics import ensure_topics
from tests.stream.samples import event
from tests.system.programs import Deployment, eventually
from tests.system.test_audit import audit

TEN_YEARS_MS = 3_650 * DAY_MS
HISTORY_DAYS = 400
LIVE = 300
PRODUCTS = ("loan", "old-kettle", "kettle")


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=4, replication=1, reviews=topic)
    return Deployment(tmp_path, kafka, redis_url, topic)


def publish(system: Deployment, now_ms: int) -> None:
    """400 days of history, a review a day, of the bank and of one product of the shop; live reviews of the shop, of the
    last five hours; between them, late reviews, and one from a future that no log believes."""
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(HISTORY_DAYS):
            then = now_ms - TEN_YEARS_MS + number * DAY_MS
            publisher.publish(event(number, tenant="bank", product_id="loan", occurred_at=then, rating=2))
            publisher.publish(event(number, product_id="old-kettle", occurred_at=then, rating=5))
            if number < LIVE:
                publisher.publish(event(number, product_id="kettle", occurred_at=now_ms - number * MINUTE_MS, rating=4))
        publisher.publish(event(9_001, product_id="kettle", occurred_at=now_ms - 47 * HOUR_MS))
        publisher.publish(event(9_002, product_id="kettle", occurred_at=now_ms - 49 * HOUR_MS))
        publisher.publish(event(9_003, product_id="kettle", occurred_at=now_ms - 91 * DAY_MS))
        publisher.publish(event(9_004, product_id="kettle", occurred_at=now_ms - 731 * DAY_MS))
        publisher.publish(event(9_005, product_id="kettle", occurred_at=now_ms + 9 * MINUTE_MS))
        publisher.publish(event(9_006, product_id="kettle", occurred_at=now_ms + 30 * MINUTE_MS))
        assert publisher.flush(60) == 0


async def read(system: Deployment, now_ms: int) -> dict[str, Any]:
    """What the API would be given."""
    store = Store.connect(system.redis)
    answer: dict[str, Any] = {}
    try:
        for tenant, product in (("bank", "loan"), ("shop", "old-kettle"), ("shop", "kettle")):
            at = await store.now(tenant)
            answer[f"{tenant} now"] = at
            answer[f"{product} windows"] = await store.windows(tenant, product, at)
            answer[f"{product} then"] = await store.windows(tenant, product, now_ms - TEN_YEARS_MS + 30 * DAY_MS)
            answer[product] = await store.entity(tenant, product)
            for step in ("1m", "1h", "1d"):
                first = now_ms - TEN_YEARS_MS - DAY_MS
                spans = [(first, first + 60 * DAY_MS)] if step == "1m" else [(first, now_ms + DAY_MS)]
                found = [day for start, end in spans for day in await store.timeline(tenant, product, step, start, end)]
                answer[f"{product} {step}"] = sum((day.reviews for _, day in found), 0)
            recent = await store.timeline(tenant, product, "1m", now_ms - 3 * DAY_MS, now_ms + DAY_MS)
            answer[f"{product} last minutes"] = sum(day.reviews for _, day in recent)
    finally:
        await store.close()
    return answer


def test_a_replay_of_old_reviews_beside_live_ones_mixes_neither_up(system: Deployment) -> None:
    now_ms = time.time_ns() // 1_000_000 // MINUTE_MS * MINUTE_MS
    publish(system, now_ms)
    valid = 2 * HISTORY_DAYS + LIVE + 5

    def counted() -> bool:
        found = asyncio.run(read(system, now_ms))
        counts = [state.totals.reviews for name, state in found.items() if name in PRODUCTS and state]
        return bool(sum(counts) == valid)

    with system.running("worker"):
        eventually(counted, 120, f"{valid} reviews are counted")
        found = asyncio.run(read(system, now_ms))
        assert audit(system)["equal"], "beside the worker"
    newest_of_bank = now_ms - TEN_YEARS_MS + (HISTORY_DAYS - 1) * DAY_MS
    # The bank replays: its clock stands at its newest review. The shop is live, whatever else it publishes.
    assert found["bank now"] == newest_of_bank
    assert abs(found["shop now"] - time.time_ns() // 1_000_000) < 10 * MINUTE_MS
    assert found["loan windows"]["30d"].reviews == 30
    assert found["loan windows"]["24h"].reviews == 1
    assert found["loan windows"]["5m"].reviews == 1
    assert found["old-kettle windows"]["30d"] == Measures()
    assert found["old-kettle then"]["30d"].reviews == 30
    # The one that is nine minutes ahead counts in the bucket that holds now, or in none yet.
    recent = [now_ms - number * MINUTE_MS for number in range(LIVE)]
    recent += [now_ms - 47 * HOUR_MS, now_ms - 49 * HOUR_MS, now_ms + 9 * MINUTE_MS]
    for window, buckets, size in (("1h", 60, MINUTE_MS), ("7d", 7 * 24, HOUR_MS)):
        end = (found["shop now"] // size + 1) * size
        within = sum(end - buckets * size <= then < end for then in recent)
        assert found["kettle windows"][window].reviews == within, window
    assert found["kettle then"]["30d"] == Measures()
    # Buckets live from when the log took an event, so that history has a timeline in all of them.
    assert found["loan 1d"] == found["loan 1h"] == found["old-kettle 1d"] == found["old-kettle 1h"] == HISTORY_DAYS
    assert found["loan 1m"] == 59
    assert found["kettle 1d"] == found["kettle 1h"] == LIVE + 5
    assert found["kettle last minutes"] == LIVE + 3
    assert found["loan"].late == found["old-kettle"].late == HISTORY_DAYS
    assert found["kettle"].late == 3
    assert (found["kettle"].first_ms, found["kettle"].last_ms) == (now_ms - 731 * DAY_MS, now_ms + 9 * MINUTE_MS)
