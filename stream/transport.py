"""Faust's aiokafka driver with four changes, registered the way Faust provides for (``app.transport``).

*Whole runs*: Faust hands over one message at a time, which costs two tasks a message and caps a worker at about ten
thousand a second. Here one Faust message carries all records that one fetch gave for a partition. Assignment,
rebalance, pausing and flow control stay Faust's.

*Starting at the fence*: after each assignment Faust seeks to the group's committed offsets. Here the store says where
to begin; what is committed to Kafka is for monitoring only.

*Every offset accounted for*: only what is committed is read, and a run says from where to where it was read. So markers
and aborted records of transactions move the fence like records do, and make neither a gap nor lag. What the log dropped
before it was read (retention, deletion) is a run that says so, where the client would go on without a word.

*Bounded by bytes*: records that were small only while they were packed come a few at a time.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol, cast

import structlog
from aiokafka.errors import ConsumerStoppedError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from faust.types.tuples import ConsumerMessage

from stream import lenient, membership, portions
from stream.record import Run, Stretch, TopicPartition
from stream.retry import Troubles

FETCH_WAIT_MS: Final = 50
"""How long a broker holds a fetch that finds nothing. Kafka answers as soon as there is something; librdkafka's
in-process broker always waits to the end, and with Faust's 1,500 ms half of all reviews took 1.5 s there."""

PORTION_BYTES: Final = 16 * 1024 * 1024
"""Handed over at once, over all partitions: as much as a batch takes, whatever it was while it was packed."""

HELD_UP_MS: Final = 1_000_000_000
"""How long (11 days) nothing may be fetched before Kafka's client leaves the group. After Faust's 1,000 s, of a long
outage of Redis for instance, it left and came back only once somebody fetched; Faust fetches only once it is back."""

KAFKA_THREAD: Final = "aura-kafka"
"""Name of the client's thread."""

NOT_PLACED: Final = "Kafka does not say where assigned partitions begin; reading nothing until it does"
"""Trouble of a consumer."""

CUT_OFF: Final = (
    "the log ends before what was to be read next: the topic was created anew or cut off; records that get these "
    "offsets now are taken for those that had them and not counted"
)

log = structlog.get_logger("aura.worker")


class Reader(Protocol):
    """Who decides where partitions are read from."""

    async def assigned(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Offset to read each partition from."""

    def revoked(self, partitions: list[TopicPartition]) -> None:
        """Partitions that another worker takes over."""

    def epochs(self) -> Mapping[TopicPartition, int]:
        """The present epoch of each partition, stamped on the runs that come in it."""

    def committable(self) -> Mapping[TopicPartition, int]:
        """Per partition the last offset whose effects are in the store."""


class RunConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Kafka's client on a thread of its own; hands over runs, and reads any header names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reached: dict[Any, tuple[Any, int]] = {}
        """Partition to the assignment that it was sought in, and the offset from which on nothing was handed over."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        threading.current_thread().name = KAFKA_THREAD
        lenient.install()
        portions.install()
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._max_poll_interval_ms = HELD_UP_MS
        consumer._isolation_level = "read_committed"
        # An offset that is out of range is looked into here; the client would go on elsewhere by itself.
        consumer._auto_offset_reset = "none"
        membership.make_patient(consumer)
        return consumer

    @property
    def begun(self) -> bool:
        """Whether there is a client yet."""
        return self._consumer is not None

    def check_membership(self) -> None:
        """As :func:`stream.membership.check`."""
        membership.check(self._consumer)

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int]) -> None:
        assignment = _assignment(consumer)
        self._reached.update({tp: (assignment, offset) for tp, offset in partitions.items()})
        # Its first step is the seek; nothing comes between.
        await super()._seek_wait(consumer, partitions)

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109
        max_records: int | None = None,
    ) -> dict[Any, Run]:
        """What Faust does here, and then: what was read, as runs of epoch 0."""
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        with fetcher._subscriptions.fetch_context():
            # Caught inside: the context counts who fetches, and an error that left it would be counted for ever.
            try:
                with portions.portion(PORTION_BYTES) as taken:
                    records = await fetcher.fetched_records(active_partitions, timeout=timeout, max_records=max_records)
            except OffsetOutOfRangeError as error:
                return await self._out_of_range(consumer, error.args[0])
            except NoOffsetForPartitionError:
                return {}  # not sought yet
        for tp in records:
            # To the end of the line: a partition whose records fill every portion would keep all others waiting.
            if tp in fetcher._records:
                fetcher._records.move_to_end(tp)
        return self._read(consumer, records, taken.sizes)

    def _read(self, consumer: Any, records: Mapping[Any, list[Any]], sizes: Mapping[Any, int]) -> dict[Any, Run]:
        """Everything up to where the client stands now. Nothing may be awaited since it gave the records."""
        assignment = _assignment(consumer)
        runs: dict[Any, Run] = {}
        for tp, (sought_in, reached) in list(self._reached.items()):
            if sought_in is not assignment:
                del self._reached[tp]  # of an earlier assignment; it is sought again before anything is taken
                continue
            position = assignment.state_value(tp).position
            if position > reached:
                weighed = sizes.get(tp, 0)
                runs[tp] = Run(_plain(tp), 0, records.get(tp, ()), reached, position - 1, weighed=weighed)
                self._reached[tp] = (assignment, position)
        return runs

    async def _out_of_range(self, consumer: Any, positions: Mapping[Any, int]) -> dict[Any, Run]:
        """The log does not hold these offsets: go on where it does."""
        try:
            oldest = await consumer.beginning_offsets(list(positions))
            ends = await consumer.end_offsets(list(positions))
        except KafkaError:
            return {}  # the next fetch comes here again
        assignment = _assignment(consumer)
        runs: dict[Any, Run] = {}
        for tp, offset in positions.items():
            sought_in, reached = self._reached.get(tp, (None, 0))
            if sought_in is not assignment or assignment.state_value(tp).position != offset:
                continue  # sought or assigned anew meanwhile
            if offset < oldest[tp]:
                lost = Stretch(offset, oldest[tp] - 1)
                runs[tp] = Run(_plain(tp), 0, (), reached, lost.last, (lost,))
                position = oldest[tp]
            else:
                position = min(offset, ends[tp])  # by now it may hold the offset again
                log.error(
                    CUT_OFF, partition=str(_plain(tp)), next_offset=offset, log_ends_before=ends[tp],
                    do="use an empty Redis: the totals are counted again from the log; find out why Kafka lost records",
                )  # fmt: skip
            consumer.seek(tp, position)
            self._reached[tp] = (assignment, position)
        return runs


class RunConsumer(driver.Consumer):  # type: ignore[misc]
    """Hands over runs, starts at the fence."""

    def _new_consumer_thread(self) -> RunConsumerThread:
        return RunConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def _reader(self) -> Reader:
        return cast(RunTransport, self.transport).reader

    @property
    def begun(self) -> bool:
        """Whether there is a client that could be asked anything."""
        return cast(bool, self._thread.begun)

    def check_membership(self) -> None:
        """Look whether Kafka's client still takes part in the group; on any thread.

        Raises:
            GroupLeft: it does not, and never will again.
        """
        self._thread.check_membership()

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
        troubles = cast(RunTransport, self.transport).troubles
        with troubles.retrying(NOT_PLACED, outside=True, by="kafka") as retry:
            while True:
                try:
                    return await self.seek_runs(wanted)
                except (KafkaError, TimeoutError) as error:
                    # An error that left this would end the worker, and those that are started after it.
                    await retry.failed(f"{type(error).__name__} {error}".rstrip())

    def _stop_placing(self) -> None:
        """An answer to an assignment that is over would undo the one after it."""
        if self._placing is not None:
            self._placing.cancel()

    async def seek_runs(self, wanted: Mapping[TopicPartition, int]) -> None:
        """Read partitions from these offsets on."""
        positions = {_native(tp): offset for tp, offset in wanted.items()}
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
        runs, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        # No seek is needed when the flow stopped: one follows before it is resumed.
        if runs is None or self.should_stop or not self.flow_active:
            return
        # The epochs of now, not of when the fetch began: a seek may have come between, and whether these records are
        # from before or after it, their offsets tell.
        epochs = dict(self._reader.epochs())
        for tp, run in runs.items():
            # A rebalance began: everything fetched before it is read again after its seek.
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if active is None or tp in active or tp in self._buffered_partitions:
                yield tp, self._run_message(tp, replace(run, epoch=epochs.get(run.tp, 0)))

    def _run_message(self, tp: TP, run: Run) -> Message:
        return ConsumerMessage(
            tp.topic, tp.partition, run.last, 0.0, 0, {}, None, cast(Any, run), None, 0, 0, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

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
    """Transport whose consumer hands over runs; ``reader`` decides where they begin, ``troubles`` hears what waits."""

    Consumer = RunConsumer

    def __init__(self, url: Any, app: Any, reader: Reader, troubles: Troubles, **kwargs: Any) -> None:
        super().__init__(url, app, **kwargs)
        self.reader = reader
        self.troubles = troubles


def _assignment(consumer: Any) -> Any:
    """The client's present assignment, a new object after each rebalance; None without one."""
    subscription = consumer._subscription.subscription
    return subscription and subscription.assignment


def _plain(tp: Any) -> TopicPartition:
    return TopicPartition(tp.topic, tp.partition)


def _native(tp: TopicPartition) -> TP:
    return TP(tp.topic, tp.partition)
