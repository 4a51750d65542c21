"""Where partitions begin that the store has no fence of, with a real Kafka and a real Redis."""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka import TopicPartition as NativePartition
from confluent_kafka.admin import AdminClient, NewPartitions
from structlog.testing import capture_logs

from stream import beginning
from stream.beginning import Beginnings, first_fences
from stream.committed import CommittedOffsets
from stream.logreader import LogUnavailable
from stream.record import TopicPartition
from stream.store import begun, keys
from stream.store.connection import Client, connect
from stream.store.state import StoreUnavailable
from stream.topics import ensure_topics
from tests.services import free_port

RECORDS, EXPIRED = 10, 4
NEW = "the store knows nothing of this partition"
REBUILT = "the store knows nothing of a topic that was counted before"


@pytest.mark.parametrize(
    ("oldest", "counted", "fenced", "firsts"),
    [
        ({0: 0, 1: 500}, set(), set(), {0: -1, 1: 499}),  # a new Aura
        ({0: 0, 1: 500, 2: 500}, {1}, set(), {0: -1, 1: -1, 2: -1}),  # an emptied store
        ({0: 0, 1: 500, 2: 500}, {1}, {0}, {0: -1, 1: -1, 2: 499}),  # one of an earlier Aura, or an old snapshot
    ],
)
def test_only_what_was_there_before_aura_came_is_passed_over(
    oldest: Mapping[int, int], counted: set[int], fenced: set[int], firsts: Mapping[int, int]
) -> None:
    assert first_fences(oldest, counted, fenced) == firsts


@pytest.fixture
def topic(kafka: str) -> str:
    """A topic of three partitions; of the second and third the beginning has expired, of the third all."""
    name = new_topic(kafka, 3)
    fill(kafka, name, (0, 1, 2))
    expire(kafka, name, {1: EXPIRED, 2: RECORDS})
    return name


def new_topic(kafka: str, partitions: int) -> str:
    """An empty one, and a group of its name that Kafka has made room for, as of any that a worker has joined."""
    name = f"beginning.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=partitions, replication=1, reviews=name)
    deadline = time.monotonic() + 60
    with closing(CommittedOffsets(kafka, name, name, partitions)) as group:
        while True:
            try:
                assert group.ask() == {}
            except KafkaException:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            else:
                return name


def fill(kafka: str, topic: str, partitions: Sequence[int]) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    for partition in partitions:
        for number in range(RECORDS):
            producer.produce(topic, f"{number}".encode(), partition=partition)
    assert producer.flush(30) == 0


def expire(kafka: str, topic: str, before: Mapping[int, int]) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    wanted = [NativePartition(topic, partition, offset) for partition, offset in before.items()]
    for answer in admin.delete_records(wanted).values():
        answer.result(30)


def commit(kafka: str, topic: str, offsets: Mapping[int, int]) -> None:
    """As the workers of a group do, which is named as the topic."""
    with closing(Consumer({"bootstrap.servers": kafka, "group.id": topic, "enable.auto.commit": False})) as worker:
        worker.commit(
            offsets=[NativePartition(topic, partition, offset) for partition, offset in offsets.items()],
            asynchronous=False,
        )


async def fences(
    kafka: str, topic: str, client: Client, partitions: Sequence[int] = (0, 1, 2), counted: Sequence[int] = ()
) -> list[list[int]]:
    """What a worker is told that has just been assigned these partitions."""
    of = [TopicPartition(topic, partition) for partition in partitions]
    known = [TopicPartition(topic, partition) for partition in counted]
    found = await Beginnings(kafka, topic, topic, client, 2).fences(of, known)
    return [found[tp] for tp in of]


def told(logs: Sequence[Mapping[str, Any]], what: str) -> list[Mapping[str, Any]]:
    return [entry for entry in logs if entry["event"].startswith(what)]


async def test_a_new_aura_begins_at_the_oldest_records_however_many_workers_join(
    kafka: str, topic: str, client: Client
) -> None:
    expected = [[-1, -1], [EXPIRED - 1] * 2, [RECORDS - 1] * 2]
    with capture_logs() as logs:
        assert await fences(kafka, topic, client, (0,)) == expected[:1]
        # What the first one has counted and committed by now, and what expires, is nothing to the second.
        commit(kafka, topic, {0: RECORDS})
        expire(kafka, topic, {1: EXPIRED + 2})
        assert await fences(kafka, topic, client) == expected
    assert [entry["from_offset"] for entry in told(logs, NEW)] == [EXPIRED, RECORDS]
    assert told(logs, REBUILT) == []


async def test_workers_that_begin_at_the_same_time_agree(kafka: str, topic: str, client: Client) -> None:
    found = await asyncio.gather(*(fences(kafka, topic, client) for _ in range(3)))
    assert found == [[[-1, -1], [EXPIRED - 1] * 2, [RECORDS - 1] * 2]] * 3


async def test_what_expires_of_a_partition_that_never_held_a_record_is_behind_its_fence(
    kafka: str, client: Client
) -> None:
    topic = new_topic(kafka, 2)
    assert await fences(kafka, topic, client, (0, 1)) == [[-1, -1]] * 2
    fill(kafka, topic, (0, 1))
    expire(kafka, topic, {1: RECORDS})
    with capture_logs() as logs:
        assert await fences(kafka, topic, client, (0, 1)) == [[-1, -1]] * 2
    assert logs == []


async def test_a_partition_that_is_added_begins_with_its_very_first_offset(
    kafka: str, topic: str, client: Client
) -> None:
    before = await fences(kafka, topic, client)
    admin = AdminClient({"bootstrap.servers": kafka})
    (answer,) = admin.create_partitions([NewPartitions(topic, 4)]).values()
    answer.result(30)
    with capture_logs() as logs:
        assert await fences(kafka, topic, client, (0, 1, 2, 3)) == [*before, [-1, -1]]
    assert logs == []


async def test_a_store_that_was_emptied_is_rebuilt_from_the_first_offsets_whoever_finds_it(
    kafka: str, topic: str, client: Client
) -> None:
    await fences(kafka, topic, client)
    for restarted in (False, True):
        counted = [] if restarted else [1]
        if restarted:  # who comes then knows it of the group alone
            commit(kafka, topic, {0: RECORDS})
        await client.flushall()
        with capture_logs() as logs:
            assert await fences(kafka, topic, client, (2,), counted) == [[-1, -1]]
            assert await fences(kafka, topic, client) == [[-1, -1]] * 3
        assert [entry["log_level"] for entry in told(logs, REBUILT)] == ["warning"]
        assert told(logs, NEW) == []


async def test_a_shard_that_was_lost_is_rebuilt_from_the_first_offset(kafka: str, topic: str, client: Client) -> None:
    await fences(kafka, topic, client)
    await client.delete(keys.fence_key(1))
    assert await fences(kafka, topic, client) == [[-1, -1], [EXPIRED - 1, -1], [RECORDS - 1, -1]]


async def test_a_store_of_an_earlier_aura_gets_the_fences_that_it_lacks(kafka: str, topic: str, client: Client) -> None:
    for shard in range(2):
        await client.hset(keys.fence_key(shard), keys.fence_field(topic, 0), "7")
    commit(kafka, topic, {0: 8})
    with capture_logs() as logs:
        assert await fences(kafka, topic, client) == [[7, 7], [EXPIRED - 1] * 2, [RECORDS - 1] * 2]
    assert [entry["partition"] for entry in told(logs, NEW)] == [f"{topic}-1", f"{topic}-2"]
    await client.hdel(keys.fence_key(0), keys.fence_field(topic, 1))
    assert await fences(kafka, topic, client, (1,)) == [[-1, EXPIRED - 1]], "from now on it answers for all"


async def test_who_dies_before_it_has_said_so_is_completed_by_the_next(kafka: str, topic: str, client: Client) -> None:
    await begun.write(client, 1, topic, {1: EXPIRED - 1})  # one shard of the two
    await client.delete(keys.BEGUN_KEY)
    expire(kafka, topic, {1: EXPIRED + 2})
    assert await fences(kafka, topic, client) == [[-1, -1], [EXPIRED - 1, EXPIRED + 1], [RECORDS - 1] * 2]


async def test_a_kafka_or_a_redis_that_does_not_answer_leaves_it_open(
    kafka: str, topic: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "ASK_SECONDS", 0.5)
    monkeypatch.setattr("stream.committed._TIMEOUT_SECONDS", 0.5)
    with pytest.raises(LogUnavailable):
        await fences(f"127.0.0.1:{free_port()}", topic, client)
    assert not await client.exists(keys.BEGUN_KEY)
    away = connect(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(StoreUnavailable):
        await fences(kafka, topic, away)
    await away.aclose()
    await fences(kafka, topic, client)
    assert await fences(f"127.0.0.1:{free_port()}", topic, client), "Kafka is not asked about what has its fences"


async def test_the_in_process_broker_is_asked_too(kafka_address: str, client: Client) -> None:
    topic = new_topic(kafka_address, 4)
    assert await fences(kafka_address, topic, client) == [[-1, -1]] * 3
    commit(kafka_address, topic, {2: 3})
    await client.flushall()
    assert await fences(kafka_address, topic, client) == [[-1, -1]] * 3
