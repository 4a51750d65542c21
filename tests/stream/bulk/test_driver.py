"""The transport in Faust apps of anybody, on a real Kafka."""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as NativePartition
from confluent_kafka.admin import AdminClient, NewTopic
from faust.exceptions import ImproperlyConfigured
from faust.types import TP

from stream.bulk.driver import Transport
from stream.bulk.records import FetchedRecords, Record, Stretch
from tests.stream.test_transport import DEADLINE_SECONDS, until


class Tail:
    """An app with one agent that keeps what it is given."""

    def __init__(self, kafka: str, topic: str, **settings: Any) -> None:
        self.fetched: list[FetchedRecords] = []
        self.topic = topic
        self.app = app = faust.App(
            topic, broker=f"bulk://{kafka}", store="memory://", autodiscover=False, web_enabled=False,
            value_serializer="raw", topic_disable_leader=True, broker_commit_interval=0.2, **settings,
        )  # fmt: skip
        # What "bulk://" stands for; test_readme.py looks that Faust finds it by that.
        app.transport = Transport(app.conf.broker_consumer, app)

        @app.agent(app.topic(topic))  # type: ignore[untyped-decorator,unused-ignore]
        async def keep(stream: Any) -> None:
            async for fetched in stream:
                self.fetched.append(fetched)

    @property
    def records(self) -> list[Record]:
        """All of them."""
        return [record for fetched in self.fetched for record in fetched.records]

    def offsets(self) -> dict[int, list[int]]:
        """Of the records, by partition."""
        found = defaultdict[int, list[int]](list)
        for fetched in self.fetched:
            found[fetched.tp.partition] += [record.offset for record in fetched.records]
        return dict(found)

    def reached(self, partition: int = 0) -> int:
        """The last offset accounted for; -1 before the first."""
        return max((fetched.last for fetched in self.fetched if fetched.tp.partition == partition), default=-1)


@asynccontextmanager
async def running(tail: Tail) -> AsyncIterator[Tail]:
    await tail.app.start()
    try:
        yield tail
    finally:
        await tail.app.stop()


def new_topic(kafka: str, partitions: int) -> str:
    name = f"bulk.{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": kafka})
    (answer,) = admin.create_topics([NewTopic(name, partitions, 1)]).values()
    answer.result(30)
    return name


@pytest.fixture
def topic(kafka: str) -> str:
    """A topic of one partition."""
    return new_topic(kafka, 1)


def write(kafka: str, topic: str, count: int, partition: int = 0, compression: str = "none") -> None:
    producer = Producer({"bootstrap.servers": kafka, "compression.type": compression})
    for number in range(count):
        producer.produce(topic, b"%d" % number, partition=partition)
    assert producer.flush(30) == 0


def committed(kafka: str, group: str, partitions: int = 1) -> list[int]:
    """What the group has committed of a topic that is called as it is."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": group})
    try:
        asked = [NativePartition(group, partition) for partition in range(partitions)]
        return [found.offset for found in consumer.committed(asked, timeout=30)]
    finally:
        consumer.close()


async def until_committed(kafka: str, group: str, wanted: list[int]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (found := await asyncio.to_thread(committed, kafka, group, len(wanted))) != wanted:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)


async def test_records_of_every_kind_come_once_with_all_offsets_accounted_for(kafka: str, topic: str) -> None:
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        write(kafka, topic, 20, compression=codec)  # offsets 0-99
    librdkafka = Producer({"bootstrap.servers": kafka, "transactional.id": topic})
    librdkafka.init_transactions(30)
    for keep in (True, False):
        librdkafka.begin_transaction()
        for number in range(2):
            librdkafka.produce(topic, b"%r" % keep, f"key {number}", 0, headers=[("a", b"1"), ("a", None)])
        assert librdkafka.flush(30) == 0
        (librdkafka.commit_transaction if keep else librdkafka.abort_transaction)(30)  # 100-101 102, 103-104 105
    sender = AIOKafkaProducer(bootstrap_servers=kafka)
    await sender.start()
    try:
        await sender.send_and_wait(topic, b"", partition=0, timestamp_ms=1_700_000_000_000)  # 106
        await sender.send_and_wait(topic, None, key=b"\xff\x00", partition=0)  # 107
    finally:
        await sender.stop()
    async with running(Tail(kafka, topic)) as tail:
        await until(lambda: tail.reached() == 107)
        await until_committed(kafka, topic, [108])
        assert tail.app.monitor.tp_end_offsets[TP(topic, 0)] == 108
    assert tail.offsets() == {0: [*range(102), 106, 107]}
    follows = 0
    for fetched in tail.fetched:
        assert (fetched.first, fetched.lost) == (follows, ())
        follows = fetched.last + 1
    assert tail.fetched[-1].end == 108
    one, empty, tombstone = tail.records[100], tail.records[102], tail.records[103]
    assert (one.key, one.value, [*one.headers]) == (b"key 0", b"True", [("a", b"1"), ("a", None)])
    assert (empty.value, empty.timestamp, empty.timestamp_type) == (b"", 1_700_000_000_000, 0)
    assert (tombstone.key, tombstone.value) == (b"\xff\x00", None)


async def test_a_restart_goes_on_where_the_group_has_committed(kafka: str, topic: str) -> None:
    write(kafka, topic, 30)
    async with running(Tail(kafka, topic)) as first:
        await until(lambda: first.reached() == 29)
    assert committed(kafka, topic) == [30], "a stop commits what is done"
    write(kafka, topic, 5)
    async with running(Tail(kafka, topic)) as second:
        await until(lambda: second.reached() == 34)
    assert second.offsets() == {0: [*range(30, 35)]}


async def test_a_group_that_is_new_begins_where_the_setting_says(kafka: str, topic: str) -> None:
    write(kafka, topic, 10)
    async with running(Tail(kafka, topic, consumer_auto_offset_reset="latest")) as tail:
        await until(lambda: tail.app.consumer._placing is not None and tail.app.consumer._placing.done())
        write(kafka, topic, 3)
        await until(lambda: tail.reached() == 12)
    assert tail.offsets() == {0: [10, 11, 12]}


async def test_paused_partitions_wait_and_others_go_on(kafka: str) -> None:
    topic = new_topic(kafka, 2)
    async with running(Tail(kafka, topic)) as tail:
        for partition in range(2):
            write(kafka, topic, 4, partition)
        await until(lambda: tail.reached(0) == tail.reached(1) == 3)
        tail.app.consumer.pause_partitions({TP(topic, 0)})
        # One fetch that was asked for before may still come; what is written after that is not in it.
        async with asyncio.timeout(60):
            await tail.app.consumer._thread.call_thread(asyncio.sleep, 0)
        for partition in range(2):
            for _ in range(3):
                write(kafka, topic, 1, partition)
        await until(lambda: tail.reached(1) == 6)
        held = tail.reached(0)
        tail.app.consumer.resume_partitions({TP(topic, 0)})
        await until(lambda: tail.reached(0) == 6)
    assert held < 6
    assert tail.offsets() == {0: [*range(7)], 1: [*range(7)]}


async def test_who_joins_takes_over_and_who_stays_takes_it_back(kafka: str) -> None:
    topic = new_topic(kafka, 2)
    async with running(Tail(kafka, topic)) as one:
        write(kafka, topic, 5, 0)
        write(kafka, topic, 5, 1)
        await until(lambda: one.reached(0) == one.reached(1) == 4)
        async with running(Tail(kafka, topic)) as other:
            await until(lambda: len(other.app.consumer.assignment()) == 1)
            await until(lambda: len(one.app.consumer.assignment()) == 1 and not one.app.rebalancing)
            write(kafka, topic, 5, 0)
            write(kafka, topic, 5, 1)
            (theirs,) = (tp.partition for tp in other.app.consumer.assignment())
            await until(lambda: other.reached(theirs) == one.reached(1 - theirs) == 9)
        write(kafka, topic, 5, theirs)
        await until(lambda: one.reached(theirs) == 14)
    assert other.offsets() == {theirs: [*range(5, 10)]}, "nothing that was done before it came"
    assert one.offsets() == {theirs: [*range(5), *range(10, 15)], 1 - theirs: [*range(10)]}


async def test_a_seek_of_the_apps_own_reads_again(kafka: str, topic: str) -> None:
    write(kafka, topic, 6)
    async with running(Tail(kafka, topic)) as tail:
        await until(lambda: tail.reached() == 5)
        tail.fetched.clear()
        await tail.app.consumer.seek(TP(topic, 0), 2)
        await until(lambda: tail.reached() == 5)
    assert tail.offsets() == {0: [2, 3, 4, 5]}


async def test_what_the_log_dropped_is_named(kafka: str, topic: str) -> None:
    write(kafka, topic, 6)
    async with running(Tail(kafka, topic)) as tail:
        await until(lambda: tail.reached() == 5)
        admin = AdminClient({"bootstrap.servers": kafka})
        (answer,) = admin.delete_records([NativePartition(topic, 0, 4)]).values()
        answer.result(30)
        tail.fetched.clear()
        await tail.app.consumer.seek(TP(topic, 0), 1)
        await until(lambda: tail.reached() == 5)
    assert [stretch for fetched in tail.fetched for stretch in fetched.lost] == [Stretch(1, 3)]
    assert tail.offsets() == {0: [4, 5]}


async def test_a_log_made_anew_is_read_from_its_beginning_and_the_group_follows(kafka: str, topic: str) -> None:
    write(kafka, topic, 6)
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": topic})
    consumer.commit(offsets=[NativePartition(topic, 0, 1_000)], asynchronous=False)
    consumer.close()
    async with running(Tail(kafka, topic)) as tail:
        await until(lambda: tail.reached() == 5)
        await until_committed(kafka, topic, [6])
    assert tail.offsets() == {0: [*range(6)]}


async def test_tables_are_refused(kafka: str, topic: str) -> None:
    tail = Tail(kafka, topic)
    tail.app.Table("counts", default=int)
    with pytest.raises(ImproperlyConfigured, match="an app without tables"):
        tail.app.consumer._thread._create_worker_consumer(tail.app.transport)
