"""The Faust app: one agent on the topic of reviews, over :class:`stream.transport.RunTransport`."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import faust
from faust.tables import TableManager

from stream.record import Run
from stream.retry import Troubles
from stream.transport import Reader, RunTransport

FETCH_RECORDS: Final = 4096
"""Records taken in one fetch, over all partitions: a full batch."""

FETCH_BYTES: Final = 4 * 1024 * 1024
"""Bytes fetched ahead a partition: some 5,300 reviews of 790 bytes. Faust's default of 1 MiB is a third of a batch."""

BUFFERED_RUNS: Final = 4
"""Runs between the fetcher and the agent. The agent takes them at once; more would only be memory."""

SESSION_SECONDS: Final = 6.0
"""Silence after which Kafka gives a worker's partitions away: the longest that a dead worker's products stand still.
No broker grants less by itself (``group.min.session.timeout.ms``). Heart-beats have a thread of their own, so that only
a worker whose process stands still for so long is taken for dead. It comes back to a fence and does no harm, but all
partitions stand still for a moment each time."""

HEARTBEAT_SECONDS: Final = 0.5
"""Between two signs of life to Kafka, in whose answers it tells of workers that join and leave: for so long whoever has
heard of it first waits for the others. Each is one small request."""


class _NoTables(TableManager):  # type: ignore[misc,unused-ignore]
    """Faust's manager of an app without tables. Faust waits a second for tables that may still be declared, and only
    then joins the group."""

    async def on_start(self) -> None:
        """What Faust does after that second."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class _App(faust.App):  # type: ignore[misc,unused-ignore]
    """An app without tables. Faust would make folders for them in the current one, and end where it may not."""

    async def on_first_start(self) -> None:
        """Make no folder."""


def build_app(
    bootstrap_servers: str,
    group: str,
    topic: str,
    reader: Reader,
    submit: Callable[[Run], Awaitable[None]],
    troubles: Troubles | None = None,
) -> faust.App:
    """The app; every fetched run goes to ``submit``, ``reader`` decides where partitions begin."""
    app = _App(
        group,
        broker=[f"kafka://{server.strip()}" for server in bootstrap_servers.split(",")],
        store="memory://",
        TableManager=_NoTables,
        # Else partitions are shared out by Faust's assignor, which leaves who has no more than his share rounded up all
        # of it: of three workers with four partitions the third had none. Kafka's own assignors give each its share.
        table_standby_replicas=0,
        autodiscover=False,
        web_enabled=False,
        key_serializer="raw",
        value_serializer="raw",
        # The worker makes sure of its topics itself; a broker without CreateTopics serves as well.
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_buffer_maxsize=BUFFERED_RUNS,
        # What is under way at a rebalance is fenced; waiting for it would only prolong the rebalance.
        stream_wait_empty=False,
        broker_max_poll_records=FETCH_RECORDS,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_auto_offset_reset="earliest",
    )
    app.transport = RunTransport(app.conf.broker_consumer, app, reader, troubles or Troubles())
    # The fence is what says how far a partition is done; Faust need not keep count.
    channel = app.topic(topic, key_type=None, value_type=None, acks=False)

    @app.agent(channel, name="reviews", concurrency=1)  # type: ignore[untyped-decorator,unused-ignore]
    async def reviews(stream: Any) -> None:
        async for run in stream.noack():
            await submit(run)

    return app
