"""Faust's aiokafka driver with another consumer: what one fetch gave of a partition is one message.

Faust hands over one message at a time, which costs two tasks a message and caps a worker at about ten thousand a
second. Assignment, rebalance, pausing, flow control, lag and commits stay Faust's.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, Protocol, Self, cast

from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage, ack_lock

from stream.bulk.acks import Acks, Handed
from stream.bulk.client import ConsumerThread
from stream.bulk.records import FetchedRecords

RETRY_SECONDS: Final = (0.05, 2.0)
"""First and longest pause between two tries to seek: soon enough for a blip, easy on a broker that comes back."""

logger = logging.getLogger(__name__)


class Retry(Protocol):
    """Tries of one thing."""

    async def failed(self, why: str) -> None:
        """One try failed. Returns when it is time for the next one."""


class _Retry:
    """Tries with growing pauses, told in the log."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._pause = RETRY_SECONDS[0]

    async def failed(self, why: str) -> None:
        logger.warning("%s: %s; trying again", self._what, why)
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, RETRY_SECONDS[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""


class Message(ConsumerMessage):  # type: ignore[misc]
    """A message of many records. That it is acknowledged stands in an object of its own, without the records; where
    Faust runs compiled, it sets the attribute and calls nothing."""

    __slots__ = ("handed",)

    def __init__(self, fetched: FetchedRecords, value: Any, generation: int) -> None:
        tp, last = fetched.tp, fetched.last
        self.handed = Handed(last + 1)
        at = fetched.records[-1].timestamp / 1000 if fetched.records else 0.0
        super().__init__(tp.topic, tp.partition, last, at, 0, {}, None, value, None, 0, 0, tp, generation_id=generation)

    @property
    def acked(self) -> bool:
        """Whether it is done."""
        return self.handed.acked

    @acked.setter
    def acked(self, done: bool) -> None:
        self.handed.acked = done


class Consumer(driver.Consumer):  # type: ignore[misc]
    """Hands over messages whose value is :class:`stream.bulk.records.FetchedRecords`.

    What a subclass may decide: :meth:`starting_offsets`, :meth:`values`, :meth:`on_cut_off`, :meth:`retrying`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._acks = Acks()
        self._placing: asyncio.Future[Any] | None = None

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # What a subclass may decide.

    async def starting_offsets(self, assigned: set[TP]) -> Mapping[TP, int]:
        """Where to begin with partitions that are assigned: as :meth:`ConsumerThread.starting_offsets`.

        Raises:
            KafkaError: it is not known now; it is asked for again.
        """
        return cast(Mapping[TP, int], await self._thread.starting_offsets(assigned))

    def values(self, fetched: Mapping[TP, FetchedRecords]) -> Mapping[TP, Any]:
        """The messages' values for what one fetch gave: the same. Nothing is awaited between the two."""
        return fetched

    def on_cut_off(self, tp: TP, offset: int, oldest: int, end: int) -> int:
        """The log ends before ``offset``, which was to be read next. Called on the client's thread.

        Args:
            tp: whose log it is.
            offset: what was to be read next.
            oldest: the first offset that the log holds.
            end: where it ends.

        Returns:
            Where to go on: as ``consumer_auto_offset_reset`` says.
        """
        first = self.app.conf.consumer_auto_offset_reset == "earliest"
        position = oldest if first else end
        logger.error(
            "%s-%d ends at %d, before offset %d, which was to be read next: created anew, or cut off; going on at %d",
            *tp, end, offset, position,
        )  # fmt: skip
        self._forget([tp])
        self._committed_offset[tp] = None
        self._read_offset[tp] = None
        return position

    def retrying(self) -> AbstractContextManager[Retry]:
        """Tries to find assigned partitions' places; the context lasts until they are found."""
        return _Retry("Kafka does not say where assigned partitions begin")

    # The client.

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

    # Assignments and seeks.

    async def perform_seek(self) -> None:
        """Seek every assigned partition to where it begins. Faust calls this after each assignment.

        Returns at once: Faust waits ``broker_request_timeout`` for it (90 s) and then never takes partitions again, and
        who says where to begin may be away for longer. Nothing is fetched meanwhile.
        """
        self._stop_placing()
        self._placing = self.add_future(self._place())

    async def _place(self) -> None:
        assigned, starts = self.assignment(), None
        with self.retrying() as retry:
            while True:
                try:
                    if starts is None:
                        starts = await self.starting_offsets(assigned)
                    return await self.seek_wait(starts)
                except (KafkaError, TimeoutError) as error:
                    # An error that left this would end the worker, and those that are started after it.
                    await retry.failed(f"{type(error).__name__} {error}".rstrip())

    def _stop_placing(self) -> None:
        """An answer to an assignment that is over would undo the one after it."""
        if self._placing is not None:
            self._placing.cancel()

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Read partitions from these offsets on, and wait until it is so."""
        for tp in partitions:
            self._read_offset[tp] = None
        self._forget(partitions)
        if partitions:
            await super().seek_wait(partitions)

    async def _seek(self, partition: TP, offset: int) -> None:
        await self.seek_wait({partition: offset})

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Drop what was fetched of these partitions; who gets them begins where they are told to."""
        self._stop_placing()
        await super().on_partitions_revoked(revoked)  # commits what was done meanwhile
        self._forget(revoked)

    # Messages.

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109
        """One message a partition, for what a fetch gave of it."""
        if self._placing is not None and not self._placing.done():
            await asyncio.wait({self._placing}, timeout=timeout)
            return
        fetched, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        # No seek is needed when the flow stopped: one follows before it is resumed.
        if fetched is None or self.should_stop or not self.flow_active:
            return
        values = self.values(fetched)
        for tp, value in values.items():
            # A rebalance began: everything fetched before it is read again after its seek.
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if active is None or tp in active or tp in self._buffered_partitions:
                self.app.monitor.track_tp_end_offset(tp, fetched[tp].end)
                message = Message(fetched[tp], value, generation)
                if self.app.topics.acks_enabled_for(tp.topic):
                    self._acks.hand(tp, message.handed)
                yield tp, message

    # Commits.

    def _forget(self, tps: Iterable[TP]) -> None:
        """Nothing is to be committed of what was handed over."""
        self._acks.forget(tps)
        self._clear_acked(tps)

    def _clear_acked(self, tps: Iterable[TP]) -> None:
        """Faust's own books, which nobody reads here, must not grow."""
        with ack_lock:
            for tp in tps:
                self._acked.pop(tp, None)
                self._acked_index.pop(tp, None)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in self._acks.partitions() if topics is None or tp in topics or tp[0] in topics)

    def _new_offset(self, tp: TP) -> int | None:
        self._clear_acked([tp])
        return self._acks.committable(tp)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing to note: the offsets between two messages are the records of one."""


class Transport(driver.Transport):  # type: ignore[misc]
    """Transport of the URL scheme ``bulk://``."""

    Consumer = Consumer
