"""What is handed over: records, where they were read from and to, and what the log no longer had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:  # Faust takes a while to import, and readers of records need not have it
    from faust.types import TP

RECORD_BYTES: Final = 256
"""What a record takes beside its content, as measured of aiokafka's. Empty records pack a hundredfold."""

HEADER_BYTES: Final = 100
"""The same for a header. A million without name and value travel as a few kilobytes, and took a consumer 70 MB."""


class Record(Protocol):
    """What is read of a Kafka record; aiokafka's records fit, as it parses them and as it gives them to consumers."""

    @property
    def offset(self) -> int:
        """Position in the topic-partition."""

    @property
    def timestamp(self) -> int:
        """Of its creation, or of when the log took it; ms since 1970-01-01 UTC."""

    @property
    def timestamp_type(self) -> int | None:
        """1 where the timestamp is the log's own, 0 where it is the producer's."""

    @property
    def key(self) -> bytes | None:
        """As it was sent."""

    @property
    def value(self) -> bytes | None:
        """As it was sent."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """In their order; a name may come several times."""


def size_of(record: Record) -> int:
    """Bytes that a record takes in memory, about."""
    key, value = record.key, record.value
    size = RECORD_BYTES + (len(value) if value else 0) + (len(key) if key else 0)
    for name, content in record.headers:
        size += HEADER_BYTES + len(name) + (len(content) if content else 0)
    return size


class Stretch(NamedTuple):
    """Offsets from ``first`` to ``last``, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class FetchedRecords:
    """A stretch of one topic-partition as the log gave it, with every committed record in it.

    The next one begins at ``last + 1``, unless the partition was sought or assigned anew in between. Offsets without a
    record are markers and aborted records of transactions, what compaction took, or stand in ``lost``.
    """

    tp: TP
    records: Sequence[Record]
    """In offset order; there may be none."""
    first: int
    last: int
    end: int
    """Where the log ended when it was asked: the offset of the next record, or of the first one of a transaction that
    is still open. ``end - last - 1`` is the lag."""
    lost: tuple[Stretch, ...] = ()
    """What the log had dropped (retention, deletion) before it was read."""
    size: int = 0
    """Bytes that the records take in memory, about (:func:`size_of`)."""

    def __len__(self) -> int:
        return len(self.records)
