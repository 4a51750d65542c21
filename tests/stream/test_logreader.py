"""The audit's reader on a real Kafka: what it gives of transactions, and of a log that has lost its beginning."""

import uuid
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from stream.logreader import Bounds, LogExpired, LogReader, LogUnavailable, NoLog
from stream.topics import ensure_topics
from tests.services import free_port
from tests.stream.test_offsets import expire, transactional, write


@pytest.fixture
def topic(kafka: str) -> str:
    """A topic of one partition."""
    name = f"logreader.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=name)
    return name


@pytest.fixture
def reader(kafka: str, topic: str) -> Iterator[LogReader]:
    reader = LogReader(kafka, topic)
    yield reader
    reader.close()


def offsets(reader: LogReader, last: int) -> list[int]:
    return [record.offset for run in reader.read(0, last) for record in run.records]


def test_the_audit_reads_what_the_worker_counts_of_transactions(kafka: str, topic: str, reader: LogReader) -> None:
    producer = transactional(kafka)
    write(producer, topic, 2, commit=True)  # offsets 0-1, its marker 2
    write(producer, topic, 2, commit=False)  # 3-4, 5
    write(producer, topic, 2, commit=True)  # 6-7, 8
    write(producer, topic, 1, commit=False)  # 9, 10
    assert offsets(reader, 10) == [0, 1, 6, 7]
    reader.rewind()
    # A fence may stand on a marker, and the next reading begins there.
    found = [offsets(reader, fence) for fence in (2, 4, 6, 8, 10)]
    assert found == [[0, 1], [], [6], [7], []]


def test_an_open_transaction_is_left_to_a_later_reading(kafka: str, topic: str, reader: LogReader) -> None:
    write(Producer({"bootstrap.servers": kafka}), topic, 2)
    producer = transactional(kafka)
    producer.begin_transaction()
    write(producer, topic, 2)
    assert offsets(reader, 1) == [0, 1]
    producer.commit_transaction(30)
    assert offsets(reader, 4) == [2, 3]


def test_a_log_that_has_lost_its_beginning_is_read_from_where_it_begins(
    kafka: str, topic: str, reader: LogReader
) -> None:
    write(Producer({"bootstrap.servers": kafka}), topic, 6)
    expire(kafka, topic, 4)
    assert offsets(reader, 5) == [4, 5]


def test_what_expires_between_two_readings_is_no_end_of_the_log(kafka: str, topic: str, reader: LogReader) -> None:
    write(Producer({"bootstrap.servers": kafka}), topic, 6)
    assert offsets(reader, 1) == [0, 1]
    expire(kafka, topic, 4)
    with pytest.raises(LogExpired, match="out of range"):
        offsets(reader, 5)


def test_large_records_are_handed_over_before_there_are_many(kafka: str, topic: str, reader: LogReader) -> None:
    producer = Producer({"bootstrap.servers": kafka, "compression.type": "zstd", "message.max.bytes": 32_000_000})
    for _ in range(5):
        producer.produce(topic, bytes(9_000_000))
        producer.flush(30)
    assert [[record.offset for record in run.records] for run in reader.read(0, 4)] == [[0, 1], [2, 3], [4]]


def test_a_log_that_begins_past_what_is_asked_for_is_read_on_from_where_it_begins(
    kafka: str, topic: str, reader: LogReader
) -> None:
    """A worker may be so far behind that the log has dropped what comes next; it goes on with what is left."""
    write(Producer({"bootstrap.servers": kafka}), topic, 6)
    expire(kafka, topic, 4)
    assert offsets(reader, 1) == []
    assert offsets(reader, 5) == [4, 5]


class Faltering:
    """A consumer that hears of a broker that is away before it gets an answer."""

    codes = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError.NOT_LEADER_FOR_PARTITION)

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._polls = [KafkaError(code) for code in self.codes]
        self._questions = [KafkaError(code) for code in self.codes]

    def poll(self, timeout: float) -> Any:
        if self._polls:
            return SimpleNamespace(error=partial(lambda error: error, self._polls.pop()))
        return self._consumer.poll(timeout)

    def get_watermark_offsets(self, *asked: Any, **options: Any) -> Any:
        if self._questions:
            raise KafkaException(self._questions.pop())
        return self._consumer.get_watermark_offsets(*asked, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)


def test_a_broker_that_comes_back_does_not_end_the_reading(kafka: str, topic: str, reader: LogReader) -> None:
    write(Producer({"bootstrap.servers": kafka}), topic, 3)
    faltering: Any = Faltering(reader._consumer)
    reader._consumer = faltering
    assert reader.bounds() == {0: Bounds(0, 3)}
    assert offsets(reader, 2) == [0, 1, 2]
    assert not faltering._polls
    assert not faltering._questions


def test_a_broker_that_stays_away_ends_it_with_what_was_said_last(kafka: str, topic: str) -> None:
    impatient = LogReader(kafka, topic, timeout=0.3)
    consumer: Any = SimpleNamespace(
        assign=lambda _: None,
        poll=lambda _: SimpleNamespace(error=lambda: KafkaError(KafkaError._TRANSPORT, "refused")),
    )
    real, impatient._consumer = impatient._consumer, consumer
    with pytest.raises(LogUnavailable, match="refused"):
        offsets(impatient, 2)
    real.close()


def test_no_topic_and_no_kafka_are_no_empty_log(kafka: str) -> None:
    for address, error in ((kafka, NoLog), (f"127.0.0.1:{free_port()}", LogUnavailable)):
        reader = LogReader(address, "nowhere", timeout=5 if address == kafka else 0.5)
        with pytest.raises(error):
            reader.bounds()
        reader.close()
