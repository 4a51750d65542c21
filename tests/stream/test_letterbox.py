"""Letters read back from a real Kafka, and from librdkafka's in-process broker."""

import time
import uuid
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from stream.burial import DeadLetterWriter
from stream.deadletter import CUT_HEADER, CUT_HEADERS_HEADER, TIMESTAMP_HEADER, TOPIC_HEADER, DeadLetter
from stream.letterbox import REPLAYED_HEADER, Letterbox, LetterboxUnavailable, Marker, StoredLetter
from stream.record import TopicPartition
from stream.topics import dead_letters, ensure_topics
from tests.services import free_port
from tests.stream.letters import mark, put, transaction
from tests.stream.samples import NOON_MS, TP, FakeRecord


@pytest.fixture(params=["kafka", "kafka_address"])
def address(request: pytest.FixtureRequest) -> str:
    """Either broker."""
    found: str = request.getfixturevalue(request.param)
    return found


def topic_of(address: str, partitions: int = 1) -> str:
    reviews = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(address, partitions=partitions, replication=1, reviews=reviews)
    return dead_letters(reviews)


def offsets(letters: "list[StoredLetter]") -> list[int]:
    return [letter.source_offset for letter in letters]


async def test_a_letter_is_read_as_it_was_written_with_the_headers_of_its_record(address: str) -> None:
    topic = topic_of(address)
    headers = [("aura-event-version", b"9"), ("trace", b"\xff\x00"), (TOPIC_HEADER, b"theirs"), ("aura-reason", b"")]
    record = FakeRecord(812, b'{"tenant": "\xff', key=None, headers=headers)
    before = time.time() * 1000
    writer = DeadLetterWriter(address, topic)
    await writer.take(TP, 0)
    await writer.send([DeadLetter(TP, record, "tenant", "not UTF-8")])
    with Letterbox(address, topic) as box:
        box.settle()
        (letter,) = box.letters()
        assert list(box.entries()) == [letter]
    assert (letter.source, letter.source_offset, letter.field, letter.reason) == (TP, 812, "tenant", "not UTF-8")
    assert (letter.key, letter.value, letter.cut_from_bytes) == (None, record.value, None)
    assert letter.headers == tuple(headers)
    assert letter.source_timestamp == NOON_MS
    assert before - 60_000 < letter.written_ms < before + 60_000
    assert letter.replayed_at is None


@pytest.mark.parametrize("name", [CUT_HEADER, CUT_HEADERS_HEADER, TIMESTAMP_HEADER, TOPIC_HEADER, REPLAYED_HEADER])
async def test_headers_of_the_record_are_never_taken_for_ours(address: str, name: str) -> None:
    topic = topic_of(address)
    writer = DeadLetterWriter(address, topic)
    await writer.take(TP, 0)
    await writer.send([DeadLetter(TP, FakeRecord(4, None, headers=[(name, b"theirs")]), "", "no value")])
    with Letterbox(address, topic) as box:
        (letter,) = box.letters()
    assert (letter.headers, letter.source_timestamp, letter.whole) == (((name, b"theirs"),), NOON_MS, True)


def test_a_letter_of_before_it_carried_the_time_of_its_record_is_read_as_it_is(address: str) -> None:
    topic = topic_of(address)
    headers = [(CUT_HEADER, b"3000000"), ("trace", b"1")]
    transaction(address, lambda producer: put(producer, topic, 4, headers=headers))
    with Letterbox(address, topic) as box:
        (letter,) = box.letters()
    assert (letter.headers, letter.source_timestamp, letter.cut_from_bytes) == ((("trace", b"1"),), None, 3_000_000)


@pytest.mark.parametrize(("old", "new"), [(None, None), (None, NOON_MS), (NOON_MS, NOON_MS + 1)])
def test_a_letter_of_a_topic_made_anew_was_not_replayed_with_the_one_that_had_its_offset(
    kafka: str, old: int | None, new: int | None
) -> None:
    topic = topic_of(kafka)

    def entries(producer: Producer) -> None:
        put(producer, topic, 5, b"of the old topic", logged_ms=old)
        mark(producer, topic, 5, logged_ms=old)
        put(producer, topic, 5, b"of the new one", logged_ms=new)

    transaction(kafka, entries)
    with Letterbox(kafka, topic) as box:
        assert [letter.replayed_at for letter in box.letters()] == [NOON_MS, None]


def test_nor_is_the_old_one_with_the_new_one(kafka: str) -> None:
    topic = topic_of(kafka)

    def entries(producer: Producer) -> None:
        put(producer, topic, 5, b"of the old topic", logged_ms=NOON_MS)
        put(producer, topic, 5, b"of the new one", logged_ms=NOON_MS + 1)
        mark(producer, topic, 5, logged_ms=NOON_MS + 1)

    transaction(kafka, entries)
    with Letterbox(kafka, topic) as box:
        assert [letter.replayed_at for letter in box.letters()] == [None, NOON_MS]


def test_a_reading_may_be_given_up_after_its_box_is_closed(kafka: str) -> None:
    topic = topic_of(kafka)
    transaction(kafka, lambda producer: put(producer, topic, 0))
    with Letterbox(kafka, topic) as box:
        (span,) = box.spans()
        reading: Any = box.read(span)
        next(reading)
    reading.close()


def test_letters_of_every_partition_come_in_order_with_what_became_of_them(kafka: str) -> None:
    topic = topic_of(kafka, partitions=3)

    def letters(producer: Producer) -> None:
        for offset in range(9):
            put(producer, topic, offset, partition=offset % 3)

    def marks(producer: Producer) -> None:
        mark(producer, topic, 3)
        producer.produce(topic, b"who wrote this?", partition=0)

    transaction(kafka, letters)
    transaction(kafka, marks)
    with Letterbox(kafka, topic) as box:
        found = list(box.letters())
        assert offsets(found) == [0, 3, 6, 1, 4, 7, 2, 5, 8]
        assert [letter.source_offset for letter in found if letter.replayed_at == NOON_MS] == [3]
        assert box.foreign == 1
        assert offsets(list(box.letters([2]))) == [2, 5, 8]
        entries = list(box.entries([0]))
        source = TopicPartition(topic.removesuffix(".dead-letters"), 0)
        assert entries[-1] == Marker(4, source, 3, None, NOON_MS)
        assert len(entries) == 4


def test_what_no_transaction_committed_is_not_there_and_its_offsets_end_the_reading(kafka: str) -> None:
    topic = topic_of(kafka)
    transaction(kafka, lambda producer: put(producer, topic, 1))
    transaction(kafka, lambda producer: put(producer, topic, 2), commit=False)
    open_one = Producer({"bootstrap.servers": kafka, "transactional.id": uuid.uuid4().hex, "log_level": 0})
    open_one.init_transactions(30)
    open_one.begin_transaction()
    put(open_one, topic, 3)
    assert open_one.flush(30) == 0
    started = time.monotonic()
    with Letterbox(kafka, topic) as box:
        assert offsets(list(box.letters())) == [1]
        assert time.monotonic() - started < 20, "waited for records that no reader is given"
        transaction(kafka, lambda producer: put(producer, topic, 4), visible=False)
        assert offsets(list(box.letters())) == [1], "Kafka shows nothing behind what is not decided"
        with pytest.raises(LetterboxUnavailable, match="a transaction that is not finished hides what stands there"):
            box.settle(seconds=0.2)
        open_one.abort_transaction(30)
        box.settle()
        assert offsets(list(box.letters())) == [1, 4]


def test_nothing_is_fetched_after_the_reading(kafka: str) -> None:
    topic = topic_of(kafka)
    transaction(kafka, lambda producer: put(producer, topic, 1))
    with Letterbox(kafka, topic) as box:
        assert len(list(box.entries())) == 1
        assert box._consumer.assignment() == []


def test_the_reading_ends_where_the_topic_ended_when_it_began(kafka: str) -> None:
    topic = topic_of(kafka)
    transaction(kafka, lambda producer: put(producer, topic, 1))
    with Letterbox(kafka, topic) as box:
        reading = box.letters()
        assert next(reading).source_offset == 1
        transaction(kafka, lambda producer: put(producer, topic, 2))
        assert offsets(list(reading)) == []
        assert offsets(list(box.letters())) == [1, 2]


def address_is_real(address: str) -> bool:
    """Whether the broker creates topics on request only."""
    return not ensure_topics(address, partitions=1, replication=1, reviews=f"aura.{uuid.uuid4().hex[:8]}").in_process


@pytest.mark.parametrize(("since_ms", "expected"), [(0, [0, 1, 2]), (1_500, [2]), (1_000, [1, 2]), (9_000, [])])
def test_letters_are_read_from_a_time_on(address: str, since_ms: int, expected: list[int]) -> None:
    topic = uuid.uuid4().hex
    if address_is_real(address):
        # Not Aura's own topic, in which the log's clock stamps: here the producer does.
        admin = AdminClient({"bootstrap.servers": address})
        admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
    producer = Producer({"bootstrap.servers": address})
    # Milliseconds of 1970 are before every clock: 500, 1,000 and 2,000 after its start stand for an afternoon.
    for offset, at in enumerate((500, 1_000, 2_000)):
        put(producer, topic, offset, timestamp=at)
        assert producer.flush(30) == 0
    with Letterbox(address, topic) as box:
        assert offsets(list(box.letters(since_ms=since_ms))) == expected


def test_what_kafka_does_not_give_is_said_in_a_sentence(kafka: str) -> None:
    missing = f"missing-{uuid.uuid4().hex}"
    with Letterbox(kafka, missing) as box, pytest.raises(LetterboxUnavailable, match=f"has no topic {missing}"):
        list(box.letters())
    with Letterbox(f"127.0.0.1:{free_port()}", "letters", timeout=0.5) as box, pytest.raises(LetterboxUnavailable):
        list(box.letters())


class Recovering:
    """A consumer of a broker that is coming back: for some questions it knows the topic, and none of its partitions."""

    def __init__(self, consumer: Any, questions: int) -> None:
        self._consumer = consumer
        self._questions = questions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)

    def get_watermark_offsets(self, *arguments: Any, **named: Any) -> tuple[int, int]:
        self._questions -= 1
        if self._questions >= 0:
            raise KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION))
        found: tuple[int, int] = self._consumer.get_watermark_offsets(*arguments, **named)
        return found


def test_a_topic_whose_partitions_kafka_does_not_know_just_now_is_not_missing(kafka: str) -> None:
    topic = topic_of(kafka)
    transaction(kafka, lambda producer: put(producer, topic, 7))
    with Letterbox(kafka, topic, timeout=1) as box:
        box._consumer = Recovering(box._consumer, 1_000)
        with pytest.raises(LetterboxUnavailable, match="Kafka does not give it"):
            list(box.entries())
    with Letterbox(kafka, topic) as box:
        box._consumer = Recovering(box._consumer, 3)
        assert offsets(list(box.letters())) == [7]
