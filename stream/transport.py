"""Faust's aiokafka driver with two changes, registered the way Faust provides for (``app.transport``).

*Whole runs*: Faust hands over one message at a time, which costs two tasks a message and caps a worker at about ten
thousand a second. Here one Faust message carries all records that one fetch gave for a partition. Assignment,
rebalance, pausing and flow control stay Faust's.

*Starting at the fence*: after each assignment Faust seeks to the group's committed offsets. Here the store says where
to begin; what is committed to Kafka is for monitoring only.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final, Protocol, cast

from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message

from stream import lenient
from stream.record import Run, TopicPartition

FETCH_WAIT_MS: Final = 50
"""How long a broker holds a fetch that finds nothing. Kafka answers as soon as there is something; librdkafka's
in-process broker always waits to the end, and with Faust's 1,500 ms half of all reviews took 1.5 s there."""


class Reader(Protocol):
    """Who decides where partitions are read from."""

    async def assigned(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int | None]:
        """Offset to read each partition from; None for its oldest record."""

    def revoked(self, partitions: list[TopicPartition]) -> None:
        """Partitions that another worker takes over."""

    def epochs(self) -> Mapping[TopicPartition, int]:
        """The present epoch of each partition, stamped on the runs that come in it."""

    def begin(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Partitions that begin at their oldest record, and its offset; told before it is sought."""

    def committable(self) -> Mapping[TopicPartition, int]:
        """Per partition the last offset whose effects are in the store."""


class RunConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Fetches with :data:`FETCH_WAIT_MS` in place of Faust's fixed 1.5 s, and reads any header names."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        lenient.install()
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class RunConsumer(driver.Consumer):  # type: ignore[misc]
    """Hands over runs, starts at the fence."""

    def _new_consumer_thread(self) -> RunConsumerThread:
        return RunConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def _reader(self) -> Reader:
        return cast(RunTransport, self.transport).reader

    _placing: asyncio.Future[Any] | None = None

    async def perform_seek(self) -> None:
        """Seek every assigned partition to where the store ends. Faust calls this after each assignment.

        Returns at once: Faust waits ``broker_request_timeout`` for it (90 s) and then never takes partitions again, and
        a store may be away for longer. Nothing is fetched meanwhile.
        """
        self._stop_placing()
        self._placing = self.add_future(self._place())

    async def _place(self) -> None:
        wanted = await self._reader.assigned([_plain(tp) for tp in self.assignment()])
        await self.seek_runs(wanted)

    def _stop_placing(self) -> None:
        """An answer to an assignment that is over would undo the one after it."""
        if self._placing is not None:
            self._placing.cancel()

    async def seek_runs(self, wanted: Mapping[TopicPartition, int | None]) -> None:
        """Read partitions from these offsets on (None: from the oldest record)."""
        oldest = [_native(tp) for tp, offset in wanted.items() if offset is None]
        positions = {_native(tp): offset for tp, offset in wanted.items() if offset is not None}
        if oldest:
            beginnings = await self.earliest_offsets(*oldest)
            self._reader.begin({_plain(tp): offset for tp, offset in beginnings.items()})
            positions.update(beginnings)
        for tp in positions:
            self._read_offset[tp] = None
        if positions:
            await self.seek_wait(positions)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Drop what was fetched of these partitions; who gets them begins at the fence."""
        self._stop_placing()
        self._reader.revoked([_plain(tp) for tp in revoked])
        await super().on_partitions_revoked(revoked)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109
        """One message a partition, whose value is the run of records fetched."""
        if self._placing is not None and not self._placing.done():
            await asyncio.wait({self._placing}, timeout=timeout)
            return
        records, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        # No seek is needed when the flow stopped: one follows before it is resumed.
        if records is None or self.should_stop or not self.flow_active:
            return
        # The epochs of now, not of when the fetch began: a seek may have come between, and whether these records are
        # from before or after it, their offsets tell.
        epochs = dict(self._reader.epochs())
        for tp, fetched in records.items():
            # A rebalance began: everything fetched before it is read again after its seek.
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if fetched and (active is None or tp in active or tp in self._buffered_partitions):
                plain = _plain(tp)
                yield tp, self._run_message(tp, Run(plain, epochs.get(plain, 0), fetched))

    def _run_message(self, tp: TP, run: Run) -> Message:
        last: Any = run.records[-1]
        message = self._to_message(tp, last)
        message.value = run
        message.key = None
        message.headers = {}
        return message

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing to note: the offsets between two messages are the records of a run."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (_native(tp) for tp in self._reader.committable())

    def _new_offset(self, tp: TP) -> int | None:
        applied = self._reader.committable().get(_plain(tp), -1)
        return applied + 1 if applied >= 0 else None

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Progress is judged by the fence, not by Faust's acknowledgements."""


class RunTransport(driver.Transport):  # type: ignore[misc]
    """Transport whose consumer hands over runs; ``reader`` decides where they begin."""

    Consumer = RunConsumer

    def __init__(self, url: Any, app: Any, reader: Reader, **kwargs: Any) -> None:
        super().__init__(url, app, **kwargs)
        self.reader = reader


def _plain(tp: Any) -> TopicPartition:
    return TopicPartition(tp.topic, tp.partition)


def _native(tp: TopicPartition) -> TP:
    return TP(tp.topic, tp.partition)
