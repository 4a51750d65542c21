"""Publishing into librdkafka's in-process broker, read back with a consumer."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from stream.event import ReviewEvent, decode
from stream.holdback import FenceGate
from stream.publish import BrokerUnavailable, ProducerConfig, Publisher
from stream.record import TopicPartition as StorePartition
from stream.topics import ensure_topics

NOBODY = "127.0.0.1:1"
"""An address at which no broker answers."""

DEADLINE_SECONDS = 30.0


def review(number: int, product: str = "kettle", text: str = "Boils fast.") -> ReviewEvent:
    return ReviewEvent(f"e-{number}", "shop", product, text, 1_700_000_000_000 + number)


@pytest.fixture
def config(kafka_address: str) -> ProducerConfig:
    return ProducerConfig(kafka_address, topic=f"reviews-{uuid.uuid4().hex}")


@pytest.fixture
def reader(config: ProducerConfig) -> Iterator[Consumer]:
    """A consumer of all partitions, from the oldest record."""
    settings = {"bootstrap.servers": config.bootstrap_servers, "group.id": "reader", "auto.offset.reset": "earliest"}
    topic = ensure_topics(config.bootstrap_servers, partitions=4, replication=1, reviews=config.topic).reviews
    with closing(Consumer(settings | {"enable.auto.commit": False})) as consumer:
        consumer.assign([TopicPartition(topic.name, partition, 0) for partition in range(topic.partitions)])
        yield consumer


def read(consumer: Consumer, count: int) -> list[Message]:
    """Exactly ``count`` records, or whatever came before the deadline."""
    messages: list[Message] = []
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(messages) < count and time.monotonic() < deadline:
        messages += consumer.consume(count - len(messages), timeout=0.5)
    return messages


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the effect did not come"
        threading.Event().wait(0.005)


def test_every_event_arrives_once_with_its_key_and_version(config: ProducerConfig, reader: Consumer) -> None:
    events = [review(number, f"p{number % 7}") for number in range(500)]
    with Publisher(config) as publisher:
        for event in events:
            assert publisher.publish(event)
        assert publisher.flush(DEADLINE_SECONDS) == 0
    messages = read(reader, 500)
    by_id = {event.event_id: event for event in events}
    assert {decode(message.value()).event_id for message in messages} == set(by_id)
    for message in messages:
        event = decode(message.value())
        assert event == by_id[event.event_id]
        assert message.key() == event.key
        assert message.headers() == [("aura-event-version", b"1")]
    assert (publisher.delivered, publisher.failed, publisher.outstanding) == (500, 0, 0)


def test_the_reviews_of_a_product_keep_their_order(config: ProducerConfig, reader: Consumer) -> None:
    with Publisher(config) as publisher:
        for number in range(300):
            publisher.publish(review(number, f"p{number % 3}"))
    seen: dict[bytes, list[tuple[int, int]]] = {}
    for message in read(reader, 300):
        seen.setdefault(message.key(), []).append((message.offset(), decode(message.value()).occurred_ms))
    assert len(seen) == 3
    for records in seen.values():
        assert [at for _, at in sorted(records)] == sorted(at for _, at in records)


def test_a_delivery_is_reported_with_its_partition_and_offset(config: ProducerConfig, reader: Consumer) -> None:
    reported: dict[str, tuple[int, int]] = {}
    with Publisher(config) as publisher:
        for number in range(50):
            event = review(number, f"p{number % 5}")

            def report(partition: int, offset: int, key: str = event.event_id) -> None:
                reported[key] = (partition, offset)

            publisher.publish(event, report)
    found = {decode(m.value()).event_id: (m.partition(), m.offset()) for m in read(reader, 50)}
    assert reported == found


def test_a_callback_that_raises_does_not_end_the_deliveries_of_others(config: ProducerConfig) -> None:
    def broken(partition: int, offset: int) -> None:
        raise ValueError("a fault of the caller")

    with Publisher(config) as publisher:
        publisher.publish(review(0), broken)
        assert publisher.flush(DEADLINE_SECONDS) == 0
        publisher.publish(review(1))
        assert publisher.flush(DEADLINE_SECONDS) == 0
        assert publisher.delivered == 2


async def test_acknowledged_means_readable(config: ProducerConfig, reader: Consumer) -> None:
    with Publisher(config) as publisher:
        await publisher.publish_acked([review(number) for number in range(20)], DEADLINE_SECONDS)
        assert publisher.delivered == 20
        assert len(read(reader, 20)) == 20


async def test_many_requests_at_once_are_acknowledged_each_for_itself(config: ProducerConfig) -> None:
    with Publisher(config) as publisher:
        calls = [publisher.publish_acked([review(n * 10 + i) for i in range(10)], DEADLINE_SECONDS) for n in range(50)]
        await asyncio.gather(*calls, publisher.publish_acked([], DEADLINE_SECONDS))
        assert publisher.delivered == 500


async def test_the_event_loop_is_free_while_kafka_does_not_answer() -> None:
    with Publisher(ProducerConfig(NOBODY, delivery_timeout_seconds=1)) as publisher:
        waiting = asyncio.create_task(publisher.publish_acked([review(0)], 0.3))
        longest = 0.0
        while not waiting.done():
            before = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - before)
        with pytest.raises(BrokerUnavailable, match=r"within 0\.3 s") as caught:
            await waiting
        assert caught.value.retry_after_seconds > 0
        assert longest < 0.25


async def test_a_failed_delivery_refuses_before_the_timeout() -> None:
    config = ProducerConfig(NOBODY, delivery_timeout_seconds=0.2)
    with Publisher(config) as publisher, pytest.raises(BrokerUnavailable, match=r"no acknowledgement within 0\.2 s"):
        await publisher.publish_acked([review(0), review(1)], DEADLINE_SECONDS)


async def test_a_full_queue_refuses_at_once() -> None:
    config = ProducerConfig(NOBODY, queue_messages=5, delivery_timeout_seconds=1)
    with Publisher(config) as publisher, pytest.raises(BrokerUnavailable, match="queue"):
        await publisher.publish_acked([review(number) for number in range(6)], DEADLINE_SECONDS)


def test_publishing_waits_while_the_queue_is_full_and_says_when_it_gives_up() -> None:
    with Publisher(ProducerConfig(NOBODY, queue_messages=5, delivery_timeout_seconds=1)) as publisher:
        accepted = [publisher.publish(review(number), timeout=0.05) for number in range(6)]
        assert accepted == [True] * 5 + [False]
        assert publisher.outstanding == 5


def test_what_kafka_never_took_counts_as_failed_and_is_not_reported_as_delivered() -> None:
    reported: list[int] = []
    with Publisher(ProducerConfig(NOBODY, delivery_timeout_seconds=0.2)) as publisher:
        publisher.publish(review(0), lambda partition, offset: reported.append(offset))
        assert publisher.flush(DEADLINE_SECONDS) == 0
        assert (publisher.delivered, publisher.failed) == (0, 1)
        assert publisher.last_error
        assert reported == []


def test_the_in_process_broker_drops_what_nobody_holds_back(config: ProducerConfig, reader: Consumer) -> None:
    """The fault that the gate prevents; should a later librdkafka keep all, the gate can go."""
    with Publisher(config) as publisher:
        for number in range(2_000):
            publisher.publish(review(number, text="x" * 5_000))
    partition = next(p for p in reader.assignment() if reader.get_watermark_offsets(p, DEADLINE_SECONDS)[1])
    oldest, end = reader.get_watermark_offsets(partition, DEADLINE_SECONDS)
    assert end == 2_000
    assert oldest > 0


@pytest.mark.parametrize("products", [1, 40])
def test_with_the_gate_a_slow_consumer_gets_every_record(
    config: ProducerConfig, reader: Consumer, products: int
) -> None:
    count, limit = 4_000, 3 * 1024 * 1024  # 20 MB, several times what the broker keeps
    applied: dict[StorePartition, int] = {}
    gate = FenceGate(config.topic, lambda: dict(applied), limit=limit)
    highest = 0
    with Publisher(config, gate) as publisher:

        def feed() -> None:
            for number in range(count):
                publisher.publish(review(number, f"p{number % products}", "x" * 5_000))

        feeding = threading.Thread(target=feed)
        feeding.start()
        expected: dict[int, int] = {}
        for _ in range(count):
            # Slow on purpose: read only when the publisher can send no more.
            wait_until(lambda: not feeding.is_alive() or gate.outstanding > limit - 12_000)
            highest = max(highest, gate.outstanding)
            for message in read(reader, min(100, count - sum(expected.values()))):
                assert message.offset() == expected.get(message.partition(), 0), "a record was dropped"
                expected[message.partition()] = message.offset() + 1
                applied[StorePartition(config.topic, message.partition())] = message.offset()
            if sum(expected.values()) == count:
                break
        feeding.join(DEADLINE_SECONDS)
    assert sum(expected.values()) == publisher.delivered == count
    assert highest <= limit


async def test_the_gate_holds_requests_back_without_blocking_the_loop(config: ProducerConfig) -> None:
    applied: dict[StorePartition, int] = {}
    gate = FenceGate(config.topic, lambda: dict(applied), limit=1_000)
    with Publisher(config, gate) as publisher:
        await publisher.publish_acked([review(0, text="x" * 600)], DEADLINE_SECONDS)
        second = asyncio.create_task(publisher.publish_acked([review(1, text="x" * 600)], DEADLINE_SECONDS))
        done, _ = await asyncio.wait([second], timeout=0.2)
        assert not done
        assert publisher.delivered == 1
        applied.update({StorePartition(config.topic, partition): 0 for partition in range(4)})
        await second
        assert publisher.delivered == 2


async def test_requests_that_the_gate_holds_too_long_are_refused(config: ProducerConfig) -> None:
    gate = FenceGate(config.topic, dict, limit=1_000)
    with Publisher(config, gate) as publisher:
        with pytest.raises(BrokerUnavailable):
            await publisher.publish_acked([review(n, text="x" * 600) for n in range(2)], 0.3)
        assert publisher.flush(DEADLINE_SECONDS) == 0
        assert publisher.delivered == 1
