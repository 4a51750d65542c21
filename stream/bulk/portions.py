"""Fetched records handed over a few megabytes at a time: aiokafka bounds their number, and unpacks as many at once.

Twenty megabytes of the same character travel as less than a kilobyte. Sixty such records, which fit into one fetch,
took a consumer to 2 GB; some hundreds would have ended it at every start, at the same place. What is left stays packed
in aiokafka's buffer until the next call.

One batch is unpacked whole all the same, by aiokafka as by librdkafka: 25 KB that a hostile producer packed with zstd
took 1.5 GB. What a batch may be on the wire is the topic's ``max.message.bytes``; what may come out of it is bounded by
that only where the topic has ``compression.type=uncompressed``, at the cost of disk: the broker then unpacks first.

Records come as aiokafka's parser in C made them. It would copy each into an object of its own, with topic and partition
in it, which takes as long as all the rest of reading it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from aiokafka.consumer import fetcher

from stream.bulk.records import size_of

_FetchResult: Final[type[Any]] = fetcher.FetchResult
_PartitionRecords: Final[type[Any]] = fetcher.PartitionRecords


class Portion:
    """What is taken in one context."""

    def __init__(self, room: int) -> None:
        self.room = room
        """Bytes that it may still take."""
        self.sizes: dict[Any, int] = {}
        """aiokafka's partition to the bytes taken of it (:func:`stream.bulk.records.size_of`)."""


_portion: ContextVar[Portion | None] = ContextVar("portion", default=None)


class PlainRecords(_PartitionRecords):  # type: ignore[misc]
    """Stands in for aiokafka's reader of what one fetch gave of a partition; it knows transactions and checksums."""

    plain = False
    """Whether records are given as they were parsed."""

    def _consumer_record(self, tp: Any, record: Any) -> Any:
        return record if self.plain else super()._consumer_record(tp, record)

    def parsed(self) -> Iterator[Any]:
        """The next records, as they were parsed."""
        self.plain = True
        found: Iterator[Any] = self._records_iterator
        return found


class PortionedResult(_FetchResult):  # type: ignore[misc]
    """Stands in for aiokafka's buffer of what one fetch gave of a partition."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """The next records, as far as there is room; the last one may go over its edge."""
        portion = _portion.get()
        if portion is None:
            return list(super().getall(max_records))
        tp = self._topic_partition
        if portion.room <= 0 or not self.check_assignment(tp) or not self.has_more():
            return []
        records: list[Any] = []
        room = whole = portion.room
        for record in self._partition_records.parsed():
            records.append(record)
            room -= size_of(record)
            if room <= 0 or len(records) == max_records:
                self._update_position()
                break
        else:
            self._update_position()
            self._partition_records = None
        portion.room = room
        portion.sizes[tp] = whole - room
        return records


@contextmanager
def portion(size: int) -> Iterator[Portion]:
    """What is taken of all partitions in this context ends with the record that fills ``size`` bytes."""
    taken = Portion(size)
    token = _portion.set(taken)
    try:
        yield taken
    finally:
        _portion.reset(token)


def install() -> None:
    """Let the aiokafka consumers of this process take portions where one is set."""
    fetcher.FetchResult = PortionedResult
    fetcher.PartitionRecords = PlainRecords
