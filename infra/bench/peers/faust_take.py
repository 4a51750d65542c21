"""Stock Faust: an agent over ``stream.take``, the model in a ``tf.function``.

Tried: batches of 1,024 and 4,096, one process and one a core; the model on the event loop or on a thread of its own, so
that Faust fetches meanwhile. One process a core, 1,024 and a thread were fastest (1,599 reviews/s against 538 to 1,231,
1,499 against 1,082 on the loop, on crowded cores; some 250 microseconds of processor time a review in all of them).
Chosen without trying others: ``broker_max_poll_records`` and ``stream_buffer_maxsize`` of four batches, so that batches
fill; Faust's own JSON codec, which takes orjson where it is installed, as here.

One thing is not stock: the client reads what is committed only, for which Faust has no setting outside its transactions
and which the other clients do by default. The benchmark shows its backlog to all by a commit.
"""

import asyncio
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver
from redis import Redis

from infra.bench.peers import totals
from infra.bench.peers.job import Job
from infra.bench.peers.network import by_graph

WITHIN_SECONDS = 0.05
"""Of a batch that does not fill: the end of the backlog alone."""


class CommittedThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Reads what is committed only."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class CommittedConsumer(driver.Consumer):  # type: ignore[misc]
    """Of :class:`CommittedThread`."""

    def _new_consumer_thread(self) -> CommittedThread:
        return CommittedThread(self, loop=self.loop, beacon=self.beacon)


class CommittedTransport(driver.Transport):  # type: ignore[misc]
    """Of :class:`CommittedConsumer`."""

    Consumer = CommittedConsumer


def build(job: Job) -> faust.App:
    """The app with its one agent."""
    app = faust.App(
        job.topic,
        broker=f"kafka://{job.bootstrap_servers}",
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        broker_max_poll_records=4 * job.batch,
        stream_buffer_maxsize=4 * job.batch,
    )
    app.transport = CommittedTransport(app.conf.broker_consumer, app)
    reviews = app.topic(job.topic, value_type=None, value_serializer="json", key_type=None, key_serializer="raw")
    judge = by_graph(job.model_folder, job.threads)
    client = Redis.from_url(job.redis_url)

    def count(events: list[dict[str, Any]]) -> None:
        bad = judge([event["text"] for event in events])
        totals.add(client, totals.sums((event["product_id"] for event in events), bad.tolist()))

    @app.agent(reviews)  # type: ignore[untyped-decorator,unused-ignore]
    async def classify(stream: Any) -> None:
        async for events in stream.take(job.batch, within=WITHIN_SECONDS):
            await asyncio.to_thread(count, events)

    return app


if __name__ == "__main__":
    faust.Worker(build(Job.given()), loglevel="warning").execute_from_commandline()
