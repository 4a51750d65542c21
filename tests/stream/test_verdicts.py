"""Verdicts read from a real Kafka, and from librdkafka's in-process broker."""

import subprocess
import sys
import time
import uuid

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from stream.letterbox import Letterbox, NoLetterbox, Span
from stream.record import TopicPartition
from stream.topics import dead_letters, ensure_topics
from stream.verdicts import MARGIN_MS, Verdicts
from tests.stream.letters import mark, put, transaction
from tests.stream.samples import FakeRecord

NOW = time.time_ns() // 1_000_000


@pytest.fixture(params=["kafka", "kafka_address"])
def address(request: pytest.FixtureRequest) -> str:
    """Either broker."""
    found: str = request.getfixturevalue(request.param)
    return found


class Watched(Letterbox):
    """Notes what is read."""

    def __init__(self, address: str, topic: str) -> None:
        super().__init__(address, topic, timeout=20)
        self.taken: list[Span] = []

    def read(self, span, since_ms=0, *, count=True):  # type: ignore[no-untyped-def]
        if span.start < span.end:
            self.taken.append(span)
        return super().read(span, since_ms, count=count)


@pytest.fixture
def reviews() -> str:
    return f"aura.reviews.{uuid.uuid4().hex[:8]}"


def write(address: str, topic: str, *numbers: int, partition: int = 0) -> None:
    def letters(producer: Producer) -> None:
        for number in numbers:
            put(producer, topic, number, b"%d" % number, partition=partition)

    transaction(address, letters)


def standing(verdicts: Verdicts, reviews: str) -> list[int]:
    found = verdicts.of(TopicPartition(reviews, 0))
    return [n for n in range(10) if found.holds(FakeRecord(n, b"%d" % n))]


def test_what_has_come_is_read_and_nothing_twice(address: str, reviews: str) -> None:
    ensure_topics(address, partitions=1, replication=1, reviews=reviews)
    topic = dead_letters(reviews)
    write(address, topic, 1, 2)
    with Watched(address, topic) as box:
        verdicts = Verdicts()
        verdicts.read(box)
        assert standing(verdicts, reviews) == [1, 2]
        verdicts.read(box, NOW)
        assert len(box.taken) == 1
        write(address, topic, 5)
        transaction(address, lambda producer: mark(producer, topic, 7))
        verdicts.read(box)
        assert standing(verdicts, reviews) == [1, 2, 5]
        assert set(verdicts.all()) == {TopicPartition(reviews, 0)}
        first, second = box.taken
        assert second.start == first.end


def test_letters_are_found_wherever_they_had_their_place(kafka: str, reviews: str) -> None:
    ensure_topics(kafka, partitions=1, replication=1, reviews=reviews)
    topic = dead_letters(reviews)
    write(kafka, topic, 1)
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_partitions([NewPartitions(topic, 2)])[topic].result(30)
    ensure_topics(kafka, partitions=1, replication=1, reviews=reviews)
    write(kafka, topic, 2, partition=1)
    with Letterbox(kafka, topic, timeout=20) as box:
        verdicts = Verdicts()
        verdicts.read(box)
        assert len(verdicts) == 2
        assert standing(verdicts, reviews) == [1, 2]


def test_old_letters_are_read_when_an_old_record_is_in_question_and_only_then(kafka: str, reviews: str) -> None:
    ensure_topics(kafka, partitions=1, replication=1, reviews=reviews)
    topic = dead_letters(reviews)
    write(kafka, topic, 1)
    with Watched(kafka, topic) as box:
        verdicts = Verdicts()
        verdicts.read(box, NOW + 2 * MARGIN_MS)
        assert (standing(verdicts, reviews), box.taken) == ([], [])
        verdicts.read(box, NOW)
        assert standing(verdicts, reviews) == [1]
        write(kafka, topic, 2)
        verdicts.read(box, NOW + 2 * MARGIN_MS)
        assert standing(verdicts, reviews) == [], "what nobody asks about any more is let go"
        verdicts.read(box, 0)
        assert standing(verdicts, reviews) == [1, 2]


def test_a_missing_topic_is_said_to_be_missing(kafka: str, reviews: str) -> None:
    with Letterbox(kafka, dead_letters(reviews), timeout=20) as box, pytest.raises(NoLetterbox):
        Verdicts().read(box)


MEASURED = """
import sys
from pathlib import Path
from stream.letterbox import Letterbox
from stream.verdicts import Verdicts

with Letterbox(*sys.argv[1:]) as box:
    (verdicts := Verdicts()).read(box)
print(verdicts.entries, Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def test_letters_that_are_small_only_while_they_are_packed_do_not_fill_the_memory(kafka: str, reviews: str) -> None:
    ensure_topics(kafka, partitions=1, replication=1, reviews=reviews)
    topic = dead_letters(reviews)

    def letters(producer: Producer) -> None:
        for number in range(60):
            put(producer, topic, number, bytes(20_000_000))
            producer.flush(30)

    transaction(kafka, letters, settings={"compression.type": "zstd", "message.max.bytes": 32_000_000})
    command = [sys.executable, "-c", MEASURED, kafka, topic]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    entries, kilobytes = map(int, ended.stdout.split())
    assert entries == 60
    assert kilobytes < 800_000
