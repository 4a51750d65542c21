"""Fetched records handed over a few megabytes at a time: aiokafka bounds their number, and unpacks as many at once.

Twenty megabytes of the same character travel as less than a kilobyte. Sixty such records, which fit into one fetch,
took a worker to 2 GB; some hundreds would have ended it at every start, at the same place. What is left stays packed
in aiokafka's buffer until the next call.

One batch is unpacked whole all the same, by aiokafka as by librdkafka: 25 KB that a hostile producer packed with zstd
took 1.5 GB. What a batch may be on the wire is the topic's ``max.message.bytes``; what may come out of it is bounded by
that only where the topic has ``compression.type=uncompressed``, at the cost of disk: the broker then unpacks first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from aiokafka.consumer import fetcher

from stream.record import size_of

_FetchResult: Final[type[Any]] = fetcher.FetchResult


class _Room:
    def __init__(self, left: int) -> None:
        self.left = left


_room: ContextVar[_Room | None] = ContextVar("room", default=None)


class PortionedResult(_FetchResult):  # type: ignore[misc]
    """Stands in for aiokafka's buffer of what one fetch gave of a partition."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """The next records, as far as there is room; the last one may go over its edge."""
        room = _room.get()
        if room is None:
            return list(super().getall(max_records))
        if room.left <= 0 or not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        records: list[Any] = []
        for record in self._partition_records:
            records.append(record)
            room.left -= size_of(record)
            if room.left <= 0 or len(records) == max_records:
                self._update_position()
                return records
        self._update_position()
        self._partition_records = None
        return records


@contextmanager
def portion(size: int) -> Iterator[None]:
    """What is taken of all partitions in this context ends with the record that fills ``size`` bytes."""
    token = _room.set(_Room(size))
    try:
        yield
    finally:
        _room.reset(token)


def install() -> None:
    """Let the aiokafka consumers of this process take portions where one is set."""
    fetcher.FetchResult = PortionedResult
