"""The transport in a real Faust app, against librdkafka's in-process broker."""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from confluent_kafka import Producer

from stream.bulk.client import PORTION_BYTES
from stream.bulk.membership import GroupLeft
from stream.faust_app import build_app
from stream.logreader import LogReader
from stream.publish import ProducerConfig, Publisher
from stream.record import Record, Run, TopicPartition, size_of
from stream.retry import Troubles
from stream.topics import ensure_topics
from stream.transport import NOT_PLACED, RunConsumerThread
from tests.stream.bulk.test_lenient import Binary
from tests.stream.samples import event

DEADLINE_SECONDS = 60.0


class SlowReader:
    """Begins at given offsets, but only once it is let."""

    def __init__(self, starts: Mapping[int, int]) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self._starts = starts
        self._epochs: dict[TopicPartition, int] = {}

    async def assigned(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.asked.set()
        await self.may_answer.wait()
        self._epochs = dict.fromkeys(partitions, 1)
        return {tp: self._starts[tp.partition] for tp in partitions}

    def revoked(self, partitions: list[TopicPartition]) -> None:
        for tp in partitions:
            self._epochs.pop(tp, None)

    def epochs(self) -> Mapping[TopicPartition, int]:
        return self._epochs

    def committable(self) -> Mapping[TopicPartition, int]:
        return {}


async def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not check():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


@pytest.fixture
def topic(kafka_address: str) -> str:
    """A topic with 400 reviews, about 100 a partition."""
    name = f"transport.{uuid.uuid4().hex[:8]}"
    with Publisher(ProducerConfig(kafka_address, name)) as publisher:
        for number in range(400):
            publisher.publish(event(number, product_id=f"p{number}"))
        assert publisher.flush(30) == 0
    return name


async def test_partitions_begin_where_the_reader_says_however_long_it_takes(kafka_address: str, topic: str) -> None:
    reader = SlowReader({0: 7, 1: 0, 2: 5, 3: 0})
    runs: list[Run] = []

    async def submit(run: Run) -> None:
        runs.append(run)

    app = build_app(kafka_address, topic, topic, reader, submit)
    await app.start()
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await reader.asked.wait()
        # Faust waits 90 s for a seek and then takes no partitions any more: it must not be the one that waits.
        await until(lambda: app.rebalancing_count > 0 and not app.rebalancing)
        assert runs == []
        reader.may_answer.set()
        await until(lambda: sum(len(run) for run in runs) == 400 - 7 - 5)
    finally:
        await app.stop()
    firsts: dict[int, int] = {}
    for run in runs:
        assert run.epoch == 1
        firsts.setdefault(run.tp.partition, run.first)
    assert firsts == {0: 7, 1: 0, 2: 5, 3: 0}


async def test_it_joins_its_group_without_waiting_for_tables_that_it_has_not(kafka_address: str, topic: str) -> None:
    slept = list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    reader, records = SlowReader(dict.fromkeys(range(4), 0)), list[Record]()
    reader.may_answer.set()

    async def submit(run: Run) -> None:
        records.extend(run.records)

    app = build_app(kafka_address, topic, topic, reader, submit)
    app.tables.sleep = sleep
    await app.start()
    try:
        await until(lambda: len(records) == 400)
    finally:
        await app.stop()
    assert slept == []


async def test_of_three_workers_on_four_partitions_each_has_one_at_least(kafka: str) -> None:
    async def submit(run: Run) -> None:
        """Count nothing."""

    topic, apps = f"transport.{uuid.uuid4().hex[:8]}", list[Any]()
    ensure_topics(kafka, partitions=4, replication=1, reviews=topic)

    def shares() -> list[int]:
        return sorted(len(app.consumer.assignment()) for app in apps)

    try:
        # One after the other: each but the first finds all partitions taken.
        for wanted in ([4], [2, 2], [1, 1, 2]):
            reader = SlowReader(dict.fromkeys(range(4), 0))
            reader.may_answer.set()
            apps.append(build_app(kafka, topic, topic, reader, submit))
            await apps[-1].start()
            await until(lambda wanted=wanted: shares() == wanted)  # type: ignore[misc]
    finally:
        for app in apps:
            await app.stop()


@pytest.mark.parametrize("error", [KafkaConnectionError("the broker is away"), TimeoutError()], ids=repr)
async def test_a_kafka_that_is_away_for_a_moment_after_an_assignment_ends_nothing(
    kafka_address: str, topic: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, troubles, records = SlowReader(dict.fromkeys(range(4), 0)), Troubles(), 0
    reader.may_answer.set()
    tries = list[Any]()
    answer = RunConsumerThread.seek_wait

    async def fails_at_first(self: RunConsumerThread, *args: Any) -> Any:
        tries.append([one.what for one in troubles.current()])
        if len(tries) < 3:
            raise error
        return await answer(self, *args)

    async def submit(run: Run) -> None:
        nonlocal records
        records += len(run)

    monkeypatch.setattr(RunConsumerThread, "seek_wait", fails_at_first)
    app = build_app(kafka_address, topic, topic, reader, submit, troubles)
    await app.start()
    try:
        await until(lambda: records == 400)
    finally:
        await app.stop()
    assert (tries[:3], troubles.current()) == ([[], [NOT_PLACED], [NOT_PLACED]], [])


async def test_a_consumer_whose_client_has_left_the_group_for_good_says_so(kafka_address: str, topic: str) -> None:
    reader, runs = SlowReader(dict.fromkeys(range(4), 0)), list[Run]()
    reader.may_answer.set()

    async def submit(run: Run) -> None:
        runs.append(run)

    app = build_app(kafka_address, topic, topic, reader, submit)
    app.consumer.check_membership()
    await app.start()
    try:
        await until(lambda: bool(runs))
        app.consumer.check_membership()
        coordinator = app.consumer._thread._consumer._coordinator

        async def fails() -> None:
            raise AssertionError("what nobody foresaw")

        coordinator._coordination_task = ended = asyncio.create_task(fails())
        await asyncio.wait({ended})
        with pytest.raises(GroupLeft, match="what nobody foresaw"):
            app.consumer.check_membership()
    finally:
        await app.stop()


async def test_records_that_are_small_only_while_they_are_packed_come_a_few_at_a_time(kafka: str) -> None:
    ensure_topics(kafka, partitions=2, replication=1, reviews=(reviews := f"transport.{uuid.uuid4().hex[:8]}"))
    producer = Producer({"bootstrap.servers": kafka, "compression.type": "zstd", "message.max.bytes": 32_000_000})
    for number in range(30):
        producer.produce(reviews, bytes(9_000_000), partition=number % 2)
        producer.flush(30)
    reader, offsets, largest = SlowReader(dict.fromkeys(range(2), 0)), defaultdict[int, list[int]](list), 0
    reader.may_answer.set()

    async def submit(run: Run) -> None:
        nonlocal largest
        offsets[run.tp.partition].extend(record.offset for record in run.records)
        largest = max(largest, sum(map(size_of, run.records)))

    app = build_app(kafka, reviews, reviews, reader, submit)
    await app.start()
    try:
        await until(lambda: sum(map(len, offsets.values())) == 30)
    finally:
        await app.stop()
    assert offsets == {0: list(range(15)), 1: list(range(15))}
    assert 18_000_000 <= largest < 18_001_000, "the record that fills the portion is the last"


async def test_a_partition_whose_records_fill_every_portion_keeps_no_other_waiting(kafka: str) -> None:
    ensure_topics(kafka, partitions=2, replication=1, reviews=(reviews := f"transport.{uuid.uuid4().hex[:8]}"))
    producer = Producer({"bootstrap.servers": kafka, "compression.type": "zstd", "message.max.bytes": 32_000_000})
    for _ in range(30):
        producer.produce(reviews, bytes(PORTION_BYTES), partition=0)
        producer.flush(30)
    reader, taken = SlowReader(dict.fromkeys(range(2), 0)), list[int]()
    reader.may_answer.set()
    written = 0

    async def submit(run: Run) -> None:
        nonlocal written
        taken.extend([run.tp.partition] * len(run))
        if run.tp.partition == 0 and not written:
            producer.produce(reviews, b"{}", partition=1)
            written = producer.flush(30) + 1

    app = build_app(kafka, reviews, reviews, reader, submit)
    await app.start()
    try:
        await until(lambda: len(taken) == 31)
    finally:
        await app.stop()
    assert taken.index(1) < 30, "not only once the other has nothing left"


@pytest.fixture
def strange_topic(kafka_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A topic of three records, the one in the middle with a header name that is not UTF-8."""
    name = f"transport.{uuid.uuid4().hex[:8]}"
    for module in (producer, message_accumulator):  # aiokafka's builder in Python takes more than the one in C
        monkeypatch.setattr(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)

    async def publish() -> None:
        sender = AIOKafkaProducer(bootstrap_servers=kafka_address, acks="all")
        await sender.start()
        try:
            for header in ("x", Binary("x"), "z"):
                await sender.send_and_wait(name, b"{}", partition=0, headers=[(header, b"1")])
        finally:
            await sender.stop()

    asyncio.run(publish())
    return name


async def test_a_header_name_that_is_not_utf8_stops_no_partition(kafka_address: str, strange_topic: str) -> None:
    reader, records = SlowReader(dict.fromkeys(range(4), 0)), list[Record]()
    reader.may_answer.set()

    async def submit(run: Run) -> None:
        records.extend(run.records)

    app = build_app(kafka_address, strange_topic, strange_topic, reader, submit)
    await app.start()
    try:
        await until(lambda: len(records) == 3)
    finally:
        await app.stop()
    assert [list(record.headers) for record in records] == [[("x", b"1")], [("\\xff\\xfeA", b"1")], [("z", b"1")]]


def test_the_audit_passes_over_such_a_name(kafka_address: str, strange_topic: str) -> None:
    reader = LogReader(kafka_address, strange_topic)
    try:
        records = [record for run in reader.read(0, 2) for record in run.records]
    finally:
        reader.close()
    assert [record.headers for record in records] == [[("x", b"1")], [], [("z", b"1")]]
