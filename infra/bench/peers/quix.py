"""Quix Streams: a dataframe into a batching sink, the model in a ``tf.function``.

Quix hands over one message at a time; what it offers for work in batches is a ``BatchingSink``, whose ``write`` gets
what has come of a partition since the last checkpoint. (A count window would collect batches too, per key and in
RocksDB.)

Tried: 1,024 and 4,096 messages a checkpoint (``commit_every``), one process and one a core; one a core and 1,024 were
fastest (2,302 reviews/s on crowded cores, 101 microseconds of processor time a review against 112 to 124). Chosen
without trying others: the sink's batches of all partitions asked about at once in place of one by one, which would be
a quarter as large; checkpoints every 0.1 s at least, so that the end of a backlog does not wait for one; the topic's
``json`` deserialiser, which is orjson.
"""

import logging
from itertools import chain
from typing import Any

from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch
from redis import Redis

from infra.bench.peers import totals
from infra.bench.peers.job import Job
from infra.bench.peers.network import by_graph

COMMIT_SECONDS = 0.1


class Totals(BatchingSink):  # type: ignore[misc,unused-ignore]
    """Judges and counts what has come since the last checkpoint."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._judge = by_graph(job.model_folder, job.threads)
        self._client = Redis.from_url(job.redis_url)

    def flush(self) -> None:
        """All partitions at once: a batch of each would be a quarter as large."""
        self._count([item.value for item in chain.from_iterable(self._batches.values())])
        self._batches.clear()

    def write(self, batch: SinkBatch) -> None:
        """One partition's."""
        self._count([item.value for item in batch])

    def _count(self, events: list[Any]) -> None:
        if events:
            bad = self._judge([event["text"] for event in events])
            totals.add(self._client, totals.sums((event["product_id"] for event in events), bad.tolist()))


def main(job: Job) -> None:
    """Count for ever."""
    app = Application(
        broker_address=job.bootstrap_servers,
        consumer_group=job.topic,
        auto_offset_reset="earliest",
        commit_every=job.batch,
        commit_interval=COMMIT_SECONDS,
        auto_create_topics=False,
        loglevel=logging.WARNING,
    )
    reviews = app.topic(job.topic, value_deserializer="json", key_deserializer="bytes")
    app.dataframe(reviews).sink(Totals(job))
    app.run()


if __name__ == "__main__":
    main(Job.given())
