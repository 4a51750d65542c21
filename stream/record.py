"""A run of records: consecutive reads of one topic-partition, the unit that is handed over, folded and fenced."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, Self

LOG_APPEND_TIME: Final = 1
"""Kafka's number for it."""

RECORD_BYTES: Final = 256
"""What a record takes beside its content, as measured of aiokafka's. Empty records pack a hundredfold."""

HEADER_BYTES: Final = 100
"""The same for a header. A million without name and value travel as a few kilobytes, and took a worker 70 MB."""


class Record(Protocol):
    """What is read of a Kafka record; aiokafka's records fit, as it parses them and as it gives them to consumers."""

    @property
    def offset(self) -> int:
        """Position in the topic-partition."""

    @property
    def timestamp(self) -> int:
        """When the log took it, ms since 1970-01-01 UTC."""

    @property
    def timestamp_type(self) -> int | None:
        """:data:`LOG_APPEND_TIME` where that was the log's own clock, else it was the producer's."""

    @property
    def key(self) -> bytes | None:
        """``tenant/product_id``."""

    @property
    def value(self) -> bytes | None:
        """The event, encoded."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Among them the event's version."""


def size_of(record: Record) -> int:
    """Bytes that a record takes in memory, about: what counts towards a batch."""
    key, value = record.key, record.value
    size = RECORD_BYTES + (len(value) if value else 0) + (len(key) if key else 0)
    for name, content in record.headers:
        size += HEADER_BYTES + len(name) + (len(content) if content else 0)
    return size


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


class Stretch(NamedTuple):
    """Offsets from ``first`` to ``last``, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one topic-partition as the log gave it, with every record in it that consumers are given.

    Offsets without a record belong to what they are not given: markers and aborted records of transactions. Or the log
    had dropped them.
    """

    tp: TopicPartition
    epoch: int
    """Counts the seeks of this partition; runs fetched before the latest seek are dropped."""
    records: Sequence[Record]
    """In offset order; there may be none."""
    first: int
    last: int
    lost: tuple[Stretch, ...] = ()
    """What the log had dropped before it was read."""
    weighed: int | None = field(default=None, compare=False)
    """Bytes that its records take (:func:`size_of`), where they were weighed already."""

    @classmethod
    def of(cls, tp: TopicPartition, epoch: int, records: Sequence[Record]) -> Self:
        """From the first of ``records`` to the last."""
        return cls(tp, epoch, records, records[0].offset, records[-1].offset)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def size(self) -> int:
        """Bytes that its records take in memory, about."""
        return sum(map(size_of, self.records)) if self.weighed is None else self.weighed

    def part(self, first: int, last: int) -> "Run":
        """What lies between two offsets, both included."""
        records = self.records[
            bisect_left(self.records, first, key=_offset) : bisect_right(self.records, last, key=_offset)
        ]
        lost = tuple(
            Stretch(max(first, gap.first), min(last, gap.last))
            for gap in self.lost
            if gap.first <= last and gap.last >= first
        )
        return Run(self.tp, self.epoch, records, first, last, lost)

    def split(self, count: int) -> tuple["Run", "Run"]:
        """The first ``count`` records, fewer than there are, and the rest."""
        last = self.records[count - 1].offset
        return self.part(self.first, last), self.part(last + 1, self.last)

    def joined(self, after: "Run") -> "Run":
        """This run and the one that follows it, as one."""
        return Run(
            self.tp, self.epoch, [*self.records, *after.records], self.first, after.last, self.lost + after.lost
        )  # fmt: skip


def _offset(record: Record) -> int:
    return record.offset
