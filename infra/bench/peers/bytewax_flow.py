"""Bytewax: a Kafka source, a step over whole batches, a sink; the model in a ``tf.function``.

``bytewax.run`` starts it. Bytewax spreads partitions over its workers by itself and uses no consumer group.

Tried: a ``batch_size`` of the source, which is how many messages a step gets at once, of 1,024 and 4,096; one process
and one a core. Two processes of one flow take 250 microseconds of processor time a review and one takes 103 to 118; as
one process, 4,096 was the faster (3,752 reviews/s against 2,910 on crowded cores). Chosen without trying others:
``flat_map_batch`` in place of ``map`` and ``collect``; sums of a batch leave the step rather than reviews.
"""

from collections.abc import Iterator
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from redis import Redis

from infra.bench.peers import totals
from infra.bench.peers.job import Job
from infra.bench.peers.network import by_graph
from infra.bench.peers.totals import Sums


class Totals(DynamicSink[Sums]):  # type: ignore[misc,unused-ignore]
    """Sums to Redis; one connection a worker."""

    def __init__(self, url: str) -> None:
        self._url = url

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "Writer":
        """One worker's."""
        return Writer(self._url)


class Writer(StatelessSinkPartition[Sums]):  # type: ignore[misc,unused-ignore]
    """What one worker writes."""

    def __init__(self, url: str) -> None:
        self._client = Redis.from_url(url)

    def write_batch(self, items: list[Sums]) -> None:
        """Sums of one batch, or of some."""
        for counted in items:
            totals.add(self._client, counted)


def flow() -> Dataflow:
    """What ``bytewax.run`` runs."""
    job = Job.given()
    judge = by_graph(job.model_folder, job.threads)

    def count(messages: list[Any]) -> Iterator[Sums]:
        events = [orjson.loads(message.value) for message in messages]
        bad = judge([event["text"] for event in events])
        yield totals.sums((event["product_id"] for event in events), bad.tolist())

    whole = Dataflow("reviews")
    source = KafkaSource([job.bootstrap_servers], [job.topic], batch_size=job.batch)
    sums = op.flat_map_batch("classify", op.input("kafka", whole, source), count)
    op.output("redis", sums, Totals(job.redis_url))
    return whole
