"""Records that the log dropped before they were read, remembered so that a restart does not make them forgotten."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from stream.record import Stretch, TopicPartition

KEPT: Final = 1_000
"""Stretches remembered, the newest found. A log whose retention a worker cannot keep up with loses one every few
minutes; whoever has not looked after a thousand knows enough."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A stretch of offsets that is in no total."""

    tp: TopicPartition
    stretch: Stretch
    found_ms: int
    """When a worker found the log without it."""

    @property
    def records(self) -> int:
        """How many offsets that are. Markers of transactions among them are counted as well."""
        return self.stretch.last - self.stretch.first + 1


def member(tp: TopicPartition, stretch: Stretch) -> str:
    """The entry of a stretch in ``aura:lost``."""
    return f"{tp.topic}/{tp.partition}/{stretch.first}/{stretch.last}"


def parsed(entries: Iterable[tuple[bytes, float]]) -> list[Lost]:
    """The entries of ``aura:lost`` with their scores."""
    found = []
    for entry, score in entries:
        topic, partition, first, last = entry.decode().rsplit("/", 3)
        found.append(Lost(TopicPartition(topic, int(partition)), Stretch(int(first), int(last)), int(score)))
    return found
