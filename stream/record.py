"""A run of records: consecutive reads of one topic-partition, the unit that is handed over, folded and fenced."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from stream.bulk.records import Record, Stretch, size_of

__all__ = ["LOG_APPEND_TIME", "Record", "Run", "Stretch", "TopicPartition", "size_of"]

LOG_APPEND_TIME: Final = 1
"""Kafka's number for it."""


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


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
