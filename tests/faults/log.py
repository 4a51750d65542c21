"""What stands in Kafka, read with librdkafka alone: the log of reviews, and the dead letters."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from stream.deadletter import FIELD_HEADER, OFFSET_HEADER, PARTITION_HEADER, REASON_HEADER, TOPIC_HEADER
from stream.letterbox import REPLAYED_HEADER, SEAL_HEADER
from tests.faults.reviews import Bad, Place
from tests.faults.traffic import NAME_HEADER

SILENCE_SECONDS = 60.0


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
    """All records of the topic of reviews."""
    return Log({(m.partition(), m.offset()): _name(m) for m in _messages(bootstrap_servers, topic)})


def ends(bootstrap_servers: str, topic: str) -> dict[int, int]:
    """Partition to the offset that its next record will get."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": "faults", "log_level": 0})
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
        except KafkaException as error:  # a broker that has just come back leads nothing yet
            if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def read_letters(bootstrap_servers: str, dead_letter_topic: str, topic: str) -> list[tuple[Place, Bad]]:
    """All dead letters that came from ``topic``: where from, and what they say."""
    letters = []
    for message in _messages(bootstrap_servers, dead_letter_topic):
        headers = _headers(message)
        if REPLAYED_HEADER in headers or SEAL_HEADER in headers:
            continue  # the mark of a replay, or the end of a transaction that Kafka had forgotten
        assert headers[TOPIC_HEADER] == topic
        place = int(headers[PARTITION_HEADER]), int(headers[OFFSET_HEADER])
        letters.append((place, Bad(headers[FIELD_HEADER], message.value(), headers[REASON_HEADER])))
    return letters


def _messages(bootstrap_servers: str, topic: str) -> Iterator[Message]:
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
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        unfinished = set(partitions)
        while unfinished:
            message = consumer.poll(SILENCE_SECONDS)
            assert message is not None, f"{topic}: silent for {SILENCE_SECONDS:.0f} s"
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
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
