"""Models change while reviews stream in: with a real Kafka, a real Redis, worker processes and ``aura models``."""

import asyncio
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from models import artefact
from stream.publish import ProducerConfig, Publisher
from stream.store import comparisons, tenures
from stream.store.connection import connect
from stream.topics import ensure_topics
from tests.models.folders import describe
from tests.stream.samples import event
from tests.system.programs import MODEL, Deployment, Program, eventually

PART = 2_000
"""Reviews between two changes."""


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=3, replication=1, reviews=topic)
    return Deployment(tmp_path, kafka, redis_url, topic, {"AURA_BATCH_SIZE": "100", "AURA_STORE_SHARDS": "2"})


@pytest.fixture
def gloomy(tmp_path: Path) -> Path:
    """The shipped network, calibrated to call nearly everything bad."""
    folder = Path(shutil.copytree(artefact.SHIPPED / MODEL, tmp_path / "gloomy"))
    calibration = artefact.read(folder).manifest.calibration
    assert calibration is not None
    describe(folder, calibration=msgspec.structs.replace(calibration, b=6.0))
    return folder


def publish(system: Deployment, part: int) -> None:
    """Some of a part's events are copies, some are published a second time by a later part."""
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(part * PART, (part + 1) * PART):
            text = f"Review {number}: works fine, would buy it again." if number % 3 else "Broke at once, awful."
            publisher.publish(
                event(
                    number if number % 40 else number - PART // 2,
                    tenant="shop" if number % 4 else "bank",
                    product_id=f"p{number % 20}",
                    text=text,
                    rating=5 if number % 3 else 1,
                )
            )
        assert publisher.flush(60) == 0


def counted(client: "redis.Redis", topic: str) -> int:
    """Records whose effects every shard has."""
    shards: list[dict[bytes, bytes]] = [client.hgetall(f"aura:{{{shard}}}:fence") for shard in range(2)]  # type: ignore[misc]
    return sum(min(int(shard.get(field, -1)) for shard in shards) + 1 for field in shards[0] | shards[1])


def tenures_of(client: "redis.Redis", tenant: str) -> list[tenures.Tenure]:
    fields: Any = [client.hgetall(f"aura:{{{shard}}}:c:{tenant}") for shard in range(2)]
    return [tenure for each in fields for tenure in tenures.read(each)]


def by_model(client: "redis.Redis", tenant: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for tenure in tenures_of(client, tenant):
        found[tenure.model] = found.get(tenure.model, 0) + tenure.totals.reviews
    return found


def audit(system: Deployment, expect: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(system.run("audit", "--json", expect=expect).stdout)
    return answer


def test_a_promotion_and_a_rollback_in_mid_stream_lose_nothing_and_the_audit_stays_equal(
    system: Deployment, gloomy: Path
) -> None:
    first = f"{MODEL}@{artefact.find(MODEL).digest}"
    second = f"{gloomy}@{artefact.find(gloomy).digest}"
    workers = [system.start("worker"), system.start("worker")]

    def takes_over(program: Program, times: int) -> None:
        eventually(
            lambda: program.log.read_text().count("tenants file taken over") >= times, 120, "the change is taken over"
        )

    try:
        with redis.Redis.from_url(system.redis, socket_timeout=60) as client:
            publish(system, 0)
            eventually(lambda: counted(client, system.topic) > PART // 4, 180, "some are counted")
            publish(system, 1)
            system.run("models", "promote", str(gloomy), "--tenant", "shop")  # in the middle of a backlog
            publish(system, 2)
            workers[0].kill()  # while one model follows the other
            takes_over(workers[1], 1)
            publish(system, 3)
            eventually(lambda: counted(client, system.topic) >= 4 * PART, 240, "all are counted")
            assert by_model(client, "shop").keys() == {first, second}
            assert by_model(client, "bank").keys() == {first}
            answer = audit(system)
            assert (answer["equal"], answer["records"], answer["differences"]) == (True, 4 * PART, [])

            system.run("models", "rollback", "--tenant", "shop")
            takes_over(workers[1], 2)
            publish(system, 4)
            eventually(lambda: counted(client, system.topic) >= 5 * PART, 240, "all are counted")
            latest = max(tenures_of(client, "shop"), key=lambda tenure: tenure.first)
            assert latest.model == first
            assert audit(system)["equal"]
            for tenant in ("shop", "bank"):
                packed: Any = [client.hget(f"aura:{{{shard}}}:e:{tenant}", "t") for shard in range(2)]
                totals = sum(msgspec.msgpack.decode(one)[0] for one in packed if one)
                assert sum(by_model(client, tenant).values()) == totals

            # What cannot be loaded is refused, and changes nothing.
            with (gloomy / artefact.WEIGHTS).open("ab") as file:
                file.write(b"tampered")
            ended = system.run("models", "promote", str(gloomy), "--tenant", "bank", expect=1)
            assert "weights.npz is not the file that manifest.json names" in ended.stderr
            system.tenants.write_text(system.tenants.read_text().replace(first, second))
            eventually(lambda: "the old one stays in force" in workers[1].log.read_text(), 60, "it is refused")
            assert workers[1].process.poll() is None, workers[1].said()
            answer = audit(system, expect=1)
            assert answer["not_proven"].keys() == {"shop"}, "the bank's model is there"
            assert answer["not_proven"]["shop"].startswith(f"{second} scored reviews of it and cannot be loaded: ")
            assert (answer["verdict"], answer["differences"]) == ("not proven", [])
    finally:
        for worker in workers:
            worker.stop()


def test_a_shadow_scores_the_same_reviews_and_counts_none(system: Deployment, gloomy: Path) -> None:
    system.run("models", "shadow", str(gloomy), "--tenant", "shop")
    with redis.Redis.from_url(system.redis, socket_timeout=60) as client, system.running("worker"):
        publish(system, 0)
        eventually(lambda: counted(client, system.topic) >= PART, 240, "all are counted")
        assert by_model(client, "shop").keys() == {f"{MODEL}@{artefact.find(MODEL).digest}"}
        assert audit(system)["equal"]

        def compared() -> comparisons.Comparison | None:
            async def read() -> list[comparisons.Comparison]:
                store = connect(system.redis)
                try:
                    return await comparisons.read(store, "shop")
                finally:
                    await store.aclose()

            found = asyncio.run(read())
            return found[0] if found and found[0].tally.only_active_good else None

        found = eventually(compared, 60, "the shadow has answered")
    tally = found.tally
    assert (found.active, found.shadow) == (
        f"{MODEL}@{artefact.find(MODEL).digest}", f"{gloomy}@{artefact.find(gloomy).digest}"
    )  # fmt: skip
    assert tally.scored + tally.passed_over <= 3 * PART // 4
    assert tally.both_good + tally.only_active_good + tally.only_shadow_good + tally.both_bad == tally.scored
    assert (tally.only_shadow_good, tally.difference) == (0, -tally.distance)
