"""How far the workers are, as their consumer group says."""

import uuid
from contextlib import closing

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition

from stream.committed import CommittedOffsets
from stream.record import TopicPartition
from stream.topics import ensure_topics


def test_the_last_applied_offset_is_the_one_before_the_committed(kafka_address: str) -> None:
    topic, group = f"reviews-{uuid.uuid4().hex}", f"group-{uuid.uuid4().hex}"
    ensure_topics(kafka_address, partitions=4, replication=1, reviews=topic)
    settings = {"bootstrap.servers": kafka_address, "group.id": group, "enable.auto.commit": False}
    with closing(CommittedOffsets(kafka_address, topic, group, 4)) as applied, closing(Consumer(settings)) as worker:
        assert applied() == {}
        worker.commit(offsets=[KafkaPartition(topic, 2, 17), KafkaPartition(topic, 1, 0)], asynchronous=False)
        assert applied() == {TopicPartition(topic, 2): 16}


def test_a_broker_that_is_away_leaves_what_was_known() -> None:
    with closing(CommittedOffsets("127.0.0.1:1", "t", "g", 1)) as applied:
        assert applied() == {}
