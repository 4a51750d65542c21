"""A topic that is made anew under a store that is not: noticed by its id, on a real Kafka and a real Redis."""

import asyncio
import time
import uuid

import pytest
from confluent_kafka.admin import AdminClient
from structlog.testing import capture_logs

from stream import identity
from stream.identity import MADE_ANEW, UNKNOWN, TopicIdentity, TopicMadeAnew, TopicUnknown
from stream.retry import Troubles
from stream.store.connection import Client, connect
from stream.store.keys import TOPICS_KEY
from stream.store.state import StoreUnavailable
from stream.topics import ensure_topics
from tests.services import free_port
from tests.stream.test_transport import until


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"identity.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=name)
    return name


def delete(kafka: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    (answer,) = admin.delete_topics([topic]).values()
    answer.result(30)
    deadline = time.monotonic() + 30
    while topic in admin.list_topics(timeout=10).topics:  # which lags behind
        assert time.monotonic() < deadline
        time.sleep(0.02)


def make_anew(kafka: str, topic: str) -> None:
    delete(kafka, topic)
    ensure_topics(kafka, partitions=1, replication=1, reviews=topic)


async def test_a_store_keeps_the_id_it_saw_first_and_refuses_another(kafka: str, topic: str, client: Client) -> None:
    for _ in range(2):
        await TopicIdentity(kafka, topic, client).check()
    kept = await client.hget(TOPICS_KEY, topic)
    make_anew(kafka, topic)
    looking = TopicIdentity(kafka, topic, client)
    for _ in range(2):
        with pytest.raises(TopicMadeAnew) as caught:
            await looking.check()
    assert kept == caught.value.kept.encode() != caught.value.found.encode()
    assert f"topic {topic} with the id {caught.value.kept}" in str(caught.value)
    await client.flushall()
    await looking.check()
    assert await client.hget(TOPICS_KEY, topic) == caught.value.found.encode()


async def test_other_topics_of_the_same_store_are_others(kafka: str, topic: str, client: Client) -> None:
    await TopicIdentity(kafka, topic, client).check()
    ensure_topics(kafka, partitions=1, replication=1, reviews=f"{topic}.b")
    await TopicIdentity(kafka, f"{topic}.b", client).check()


async def test_a_broker_whose_topics_have_no_ids_is_not_asked(kafka_address: str, client: Client) -> None:
    ensure_topics(kafka_address, partitions=1, replication=1, reviews=(name := f"identity.{uuid.uuid4().hex[:8]}"))
    await TopicIdentity(kafka_address, name, client).check()
    assert not await client.exists(TOPICS_KEY)


async def test_a_kafka_or_redis_that_does_not_answer_is_no_other_topic(
    kafka: str, topic: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "ASK_SECONDS", 0.5)
    with pytest.raises(TopicUnknown, match=f"topic {topic}"):
        await TopicIdentity(f"127.0.0.1:{free_port()}", topic, client).check()
    delete(kafka, topic)
    with pytest.raises(TopicUnknown, match=f"topic {topic}"):
        await TopicIdentity(kafka, topic, client).check()
    assert not await client.exists(TOPICS_KEY)
    ensure_topics(kafka, partitions=1, replication=1, reviews=topic)
    away = connect(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(StoreUnavailable):
        await TopicIdentity(kafka, topic, away).agreed(Troubles())
    await away.aclose()


async def test_whoever_waits_for_the_topic_says_what_to_do_and_goes_on_once_the_store_is_empty(
    kafka: str, topic: str, client: Client
) -> None:
    await TopicIdentity(kafka, topic, client).check()
    make_anew(kafka, topic)
    troubles = Troubles()
    with capture_logs() as logs:
        waiting = asyncio.create_task(TopicIdentity(kafka, topic, client).agreed(troubles))
        async with asyncio.timeout(60):
            await until(lambda: (MADE_ANEW, True) in [(one.what, one.outside) for one in troubles.current()])
            await client.flushall()
            await waiting
    assert [entry["event"] for entry in logs if UNKNOWN not in entry["event"]] == [MADE_ANEW, f"over: {MADE_ANEW}"]
    (told,) = [entry for entry in logs if entry["event"] == MADE_ANEW]
    assert told["log_level"] == "error"
    assert "use an empty Redis, or another topic name" in told["do"]
    assert f"HDEL aura:topics {topic}" in told["do"]


async def test_a_topic_made_anew_under_a_running_worker_is_noticed_and_told_once(
    kafka: str, topic: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "LOOK_SECONDS", 0.05)
    looking, troubles = TopicIdentity(kafka, topic, client), Troubles()
    await looking.agreed(troubles)
    noticed, waiting = 0, list[asyncio.Task[None]]()

    async def made_anew() -> None:
        nonlocal noticed
        noticed += 1
        waiting.append(asyncio.create_task(looking.agreed(troubles)))

    watch = asyncio.create_task(looking.watch(made_anew))
    make_anew(kafka, topic)
    async with asyncio.timeout(60):
        await until(lambda: MADE_ANEW in [one.what for one in troubles.current()])
        await client.flushall()
        await waiting[0]
    watch.cancel()
    assert noticed == 1
