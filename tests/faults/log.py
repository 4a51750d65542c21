"""What stands in Kafka, read with librdkafka alone: the log of reviews, and the dead letters."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from stream.deadletter import (
    FIELD_HEADER,
    OFFSET_HEADER,
    PARTITION_HEADER,
    REASON_HEADER,
    TIMESTAMP_HEADER,
    TOPIC_HEADER,
)
from stream.letterbox import REPLAYED_HEADER, SEAL_HEADER
from tests.faults.reviews import NAME_HEADER, Bad, Headers, Place

SILENCE_SECONDS = 60.0
OURS = [TOPIC_HEADER, PARTITION_HEADER, OFFSET_HEADER, FIELD_HEADER, REASON_HEADER, TIMESTAMP_HEADER]
"""The first headers of a letter, in their order, with none that says it was cut; its record's own come after."""


@dataclass(frozen=True)
class Log:
    """A topic of reviews as it stands."""

    names: dict[Place, str]
    """Every record by its place: the name that its publisher gave it."""

    @property
    def last(self) -> dict[int, int]:
        """Partition to the offset of its last record."""
        last: dict[int, int] = {}
        for partition, offset in self.names:
            last[partition] = max(offset, last.get(partition, -1))
        return last


def read_log(bootstrap_servers: str, topic: str) -> Log:
    """All records of the topic of reviews that count, once every transaction that stands among them has ended."""
    return Log({(m.partition(), m.offset()): _name(m) for m in _messages(bootstrap_servers, topic)})


def ends(bootstrap_servers: str, topic: str) -> dict[int, int]:
    """Partition to the offset that its next record will get."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "faults",
            "isolation.level": "read_uncommitted",  # else the end is where the first open transaction begins
            "log_level": 0,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        return {p: _end(consumer, TopicPartition(topic, p)) for p in partitions}
    finally:
        consumer.close()


def _end(consumer: Consumer, tp: TopicPartition) -> int:
    deadline = time.monotonic() + SILENCE_SECONDS
    while True:
        try:
            return int(consumer.get_watermark_offsets(tp, timeout=30)[1])
        except KafkaException as error:  # a broker that has just come back leads nothing yet, or knows of nothing
            not_yet = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError._UNKNOWN_PARTITION)
            if error.args[0].code() not in not_yet or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def read_letters(bootstrap_servers: str, dead_letter_topic: str, topic: str) -> list[tuple[Place, Bad]]:
    """All dead letters that came from ``topic``: where from, and what they say."""
    letters = []
    for message in _messages(bootstrap_servers, dead_letter_topic):
        headers: Headers = message.headers() or []
        names = [name for name, _ in headers]
        if message.value() is None and (REPLAYED_HEADER in names or SEAL_HEADER in names):
            continue  # the mark of a replay, or the end of a transaction that Kafka had forgotten
        # By their places: a record may have brought headers of the same names.
        assert names[: len(OURS)] == OURS, names
        came_from, partition, offset, field, reason, _ = ((value or b"").decode() for _, value in headers[: len(OURS)])
        assert came_from == topic
        own = tuple(headers[len(OURS) :])
        letters.append(((int(partition), int(offset)), Bad(field, message.value(), reason, message.key(), own)))
    return letters


def _messages(bootstrap_servers: str, topic: str) -> Iterator[Message]:
    end = ends(bootstrap_servers, topic)
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "faults",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "log_level": 0,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in end])
        unfinished = set(end)
        while unfinished:
            message = consumer.poll(SILENCE_SECONDS)
            assert message is not None, f"{topic}: silent for {SILENCE_SECONDS:.0f} s"
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                # Told as well where an open transaction begins, and again when it has ended.
                if message.offset() >= end[message.partition()]:
                    unfinished.discard(message.partition())
            else:
                raise AssertionError(f"{topic}: {error.str()}")
    finally:
        consumer.close()


def _headers(message: Message) -> dict[str, str]:
    return {name: (content or b"").decode(errors="replace") for name, content in message.headers() or []}


def _name(message: Message) -> str:
    name = _headers(message).get(NAME_HEADER)
    if name is None:  # of another publisher than ours: aura publish, or the API
        name = str(json.loads(message.value())["event_id"])
    return name
