"""The steps of a worker in a row, as its own parts take them."""

import uuid
from typing import Any

import pytest

from infra.bench.pipeline import publish
from infra.bench.reading import TopicReader
from infra.bench.steps import SHARDS, Steps
from infra.bench.texts import events
from stream.batching import DEFAULT_SIZE
from stream.cadence import LEAST
from stream.publish import ProducerConfig, Publisher
from stream.store.writer import Applied, StoreWriter
from stream.topics import ensure_topics


async def test_batches_begin_as_small_as_a_workers(
    kafka_address: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, count = f"steps-{uuid.uuid4().hex}", 4 * LEAST
    ensure_topics(kafka_address, partitions=1, replication=1, reviews=topic)
    with Publisher(ProducerConfig(kafka_address, topic)) as publisher:
        publish(publisher, list(events(None, count)))
    sizes, apply = list[int](), StoreWriter.apply

    async def sized(self: StoreWriter, *arguments: Any) -> dict[int, Applied]:
        ((before, last, _),) = arguments[2].values()
        sizes.append(last - before)
        return await apply(self, *arguments)

    monkeypatch.setattr(StoreWriter, "apply", sized)
    steps = await Steps.ready("reference", 0, redis_url, 1)
    try:
        await steps.sequence(TopicReader(kafka_address, topic, SHARDS), count, DEFAULT_SIZE)
    finally:
        await steps.close()
    assert sum(sizes) == count
    assert sizes[0] <= LEAST
