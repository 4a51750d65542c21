"""Whatever producers compress with, the worker's client reads."""

import uuid
from typing import get_args

import pytest
from aiokafka import AIOKafkaConsumer

from stream.event import ReviewEvent, decode
from stream.publish import Compression, ProducerConfig, Publisher
from stream.topics import ensure_topics


@pytest.mark.parametrize("compression", get_args(Compression))
async def test_compressed_records_are_read(kafka_address: str, compression: Compression) -> None:
    topic = f"reviews-{uuid.uuid4().hex}"
    ensure_topics(kafka_address, partitions=4, replication=1, reviews=topic)
    events = [ReviewEvent(f"e-{n}", "shop", "kettle", "Boils fast. " * 20, 1_700_000_000_000 + n) for n in range(50)]
    with Publisher(ProducerConfig(kafka_address, topic, compression=compression)) as publisher:
        await publisher.publish_acked(events, 30)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka_address, auto_offset_reset="earliest")
    await consumer.start()
    try:
        read = [decode((await consumer.getone()).value) for _ in events]
    finally:
        await consumer.stop()
    assert read == events
