"""What Aura asks of Faust's transport in bulk (:mod:`stream.bulk`), given to the app as ``app.transport``.

*Starting at the fence*: after each assignment Faust seeks to the group's committed offsets. Here the store says where
to begin; what is committed to Kafka is for monitoring only.

*Epochs*: runs say in which seek of their partition they were fetched, so that those from before it can be told apart.

*Troubles*: what the consumer waits for is told as everything else that the worker waits for.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, cast

import structlog
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faust.types import TP

from stream.bulk import driver
from stream.bulk.client import ConsumerThread
from stream.bulk.records import FetchedRecords
from stream.record import Run, TopicPartition
from stream.retry import Troubles

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


class RunConsumerThread(ConsumerThread):
    """Kafka's client on a thread that has a name; shares partitions out by range."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        threading.current_thread().name = KAFKA_THREAD
        consumer = super()._create_worker_consumer(transport)
        # What Kafka's other clients do unless they are told otherwise; of one topic it gives each its share as well.
        consumer._partition_assignment_strategy = (RangePartitionAssignor,)
        return consumer


class RunConsumer(driver.Consumer):
    """Hands over runs, starts at the fence."""

    def _new_consumer_thread(self) -> RunConsumerThread:
        return RunConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def _reader(self) -> Reader:
        return cast(RunTransport, self.transport).reader

    async def starting_offsets(self, assigned: set[TP]) -> Mapping[TP, int]:
        """What the store says, however long it takes."""
        return _native(await self._reader.assigned([TopicPartition(*tp) for tp in assigned]))

    def retrying(self) -> AbstractContextManager[driver.Retry]:
        """A trouble of the worker."""
        return cast(RunTransport, self.transport).troubles.retrying(NOT_PLACED, outside=True, by="kafka")

    async def seek_runs(self, wanted: Mapping[TopicPartition, int]) -> None:
        """Read partitions from these offsets on."""
        await self.seek_wait(_native(wanted))

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Drop what was fetched of these partitions; who gets them begins at the fence."""
        self._reader.revoked([TopicPartition(*tp) for tp in revoked])
        await super().on_partitions_revoked(revoked)

    def values(self, fetched: Mapping[TP, FetchedRecords]) -> Mapping[TP, Run]:
        """Runs of the epochs of now, not of when the fetch began: a seek may have come between, and whether these
        records are from before or after it, their offsets tell."""
        epochs = dict(self._reader.epochs())
        return {tp: _run(found, epochs.get(TopicPartition(*tp), 0)) for tp, found in fetched.items()}

    def on_cut_off(self, tp: TP, offset: int, oldest: int, end: int) -> int:
        """Told loudly: nothing is read until the log has grown to the fence, or only what comes now."""
        log.error(
            CUT_OFF, partition=str(TopicPartition(*tp)), next_offset=offset, log_ends_before=end,
            do="use an empty Redis: the totals are counted again from the log; find out why Kafka lost records",
        )  # fmt: skip
        return min(offset, end)  # by now it may hold the offset again

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (TP(*tp) for tp in self._reader.committable())

    def _new_offset(self, tp: TP) -> int | None:
        applied = self._reader.committable().get(TopicPartition(*tp), -1)
        return applied + 1 if applied >= 0 else None

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Progress is judged by the fence, not by Faust's acknowledgements."""


class RunTransport(driver.Transport):
    """Transport whose consumer hands over runs; ``reader`` decides where they begin, ``troubles`` hears what waits."""

    Consumer = RunConsumer

    def __init__(self, url: Any, app: Any, reader: Reader, troubles: Troubles, **kwargs: Any) -> None:
        super().__init__(url, app, **kwargs)
        self.reader = reader
        self.troubles = troubles


def _run(fetched: FetchedRecords, epoch: int) -> Run:
    return Run(
        TopicPartition(*fetched.tp), epoch, fetched.records, fetched.first, fetched.last, fetched.lost, fetched.size
    )


def _native(offsets: Mapping[TopicPartition, int]) -> dict[TP, int]:
    return {TP(*tp): offset for tp, offset in offsets.items()}
