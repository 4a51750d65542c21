"""Creating topics: on a real broker, on the one that creates them itself, and on one that does not answer."""

import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from stream.topics import Topic, Topics, TopicsError, dead_letters, ensure_topics
from tests.command_line import wait_until


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


def test_on_a_real_broker_missing_topics_are_created_and_stamped_by_the_log(kafka: str) -> None:
    name = f"reviews-{uuid.uuid4().hex}"
    first = ensure_topics(kafka, partitions=3, replication=1, reviews=name, retention_ms=86_400_000)
    again = ensure_topics(kafka, partitions=5, replication=1, reviews=name)
    for found, created in ((first, True), (again, False)):
        assert found == Topics(
            Topic(name, 3, created, retention_ms=86_400_000),
            Topic(dead_letters(name), 3, created, retention_ms=86_400_000),
            in_process=False,
        )
    assert configuration(kafka, name, "message.timestamp.type") == "LogAppendTime"
    assert configuration(kafka, name, "retention.ms") == "86400000"
    assert configuration(kafka, dead_letters(name), "message.timestamp.type") == "LogAppendTime"


@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
@pytest.mark.parametrize("of", [str, dead_letters])
def test_a_topic_that_keeps_only_the_newest_record_of_a_product_is_refused(
    kafka: str, of: Callable[[str], str], policy: str
) -> None:
    name = f"reviews-{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": kafka})
    (created,) = admin.create_topics([NewTopic(of(name), 1, 1, config={"cleanup.policy": policy})]).values()
    created.result(30)
    wait_until(lambda: of(name) in admin.list_topics().topics)  # brokers hear of it a little later
    said = f"topic {of(name)} has cleanup.policy={policy}, which keeps only the newest record of each product; set"
    with pytest.raises(TopicsError, match=re.escape(said)):
        ensure_topics(kafka, partitions=1, replication=1, reviews=name)


def test_two_programs_may_create_the_topics_at_once(kafka: str) -> None:
    name = f"reviews-{uuid.uuid4().hex}"
    with ThreadPoolExecutor(4) as pool:
        each = pool.map(lambda _: ensure_topics(kafka, partitions=2, replication=1, reviews=name), range(4))
        assert {topics.reviews.partitions for topics in each} == {2}


def configuration(address: str, topic: str, name: str) -> str:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    admin = AdminClient({"bootstrap.servers": address})
    (described,) = admin.describe_configs([resource]).values()
    return str(described.result(timeout=30)[name].value)
