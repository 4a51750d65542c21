"""Creating topics, on the broker that creates them itself and on one that does not answer."""

import uuid

import pytest

from stream.topics import Topic, Topics, TopicsError, dead_letters, ensure_topics


def test_the_dead_letter_topic_is_named_after_its_topic() -> None:
    assert dead_letters() == "aura.reviews.dead-letters"
    assert dead_letters("eu.reviews") == "eu.reviews.dead-letters"


def test_on_the_in_process_broker_topics_come_into_being_and_are_reported(kafka_address: str) -> None:
    name = f"reviews-{uuid.uuid4().hex}"
    first = ensure_topics(kafka_address, partitions=3, replication=1, reviews=name)
    again = ensure_topics(kafka_address, partitions=3, replication=1, reviews=name)
    # 4 is the in-process broker's own number of partitions; it cannot be told another.
    assert first == Topics(Topic(name, 4, created=True), Topic(dead_letters(name), 4, created=True), in_process=True)
    assert again == Topics(Topic(name, 4, created=False), Topic(dead_letters(name), 4, created=False), in_process=True)


def test_a_broker_that_does_not_answer_is_named() -> None:
    with pytest.raises(TopicsError, match=r"^Kafka at 127\.0\.0\.1:1: ") as caught:
        ensure_topics("127.0.0.1:1", partitions=1, replication=1, timeout=0.5)
    assert caught.value.bootstrap_servers == "127.0.0.1:1"
