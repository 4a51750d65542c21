"""A run of records: consecutive reads of one topic-partition, the unit that is handed over, folded and fenced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Record(Protocol):
    """What is read of a Kafka record; aiokafka's ``ConsumerRecord`` fits."""

    @property
    def offset(self) -> int:
        """Position in the topic-partition."""

    @property
    def timestamp(self) -> int:
        """When the log took it, ms since 1970-01-01 UTC."""

    @property
    def key(self) -> bytes | None:
        """``tenant/product_id``."""

    @property
    def value(self) -> bytes | None:
        """The event, encoded."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Among them the event's version."""


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


@dataclass(frozen=True, slots=True)
class Run:
    """Records of one topic-partition in offset order, at least one."""

    tp: TopicPartition
    epoch: int
    """Counts the seeks of this partition; runs fetched before the latest seek are dropped."""
    records: Sequence[Record]

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return self.records[0].offset

    @property
    def last(self) -> int:
        """Offset of the last record."""
        return self.records[-1].offset

    def __len__(self) -> int:
        return len(self.records)
