"""Records that the log dropped before they were read, remembered so that a restart does not make them forgotten."""

from dataclasses import dataclass
from typing import Final, cast

from redis import Redis

from stream.record import Stretch, TopicPartition
from stream.store.keys import LOST_KEY

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
    """The entry of a stretch in :data:`~stream.store.keys.LOST_KEY`."""
    return f"{tp.topic}/{tp.partition}/{stretch.first}/{stretch.last}"


def read(client: Redis, topic: str) -> list[Lost]:
    """What is remembered of a topic, in the order in which it was found; ``client`` answers in bytes."""
    entries = cast(list[tuple[bytes, float]], client.zrange(LOST_KEY, 0, -1, withscores=True))
    found = []
    for entry, score in entries:
        name, partition, first, last = entry.decode().rsplit("/", 3)
        if name == topic:
            found.append(Lost(TopicPartition(name, int(partition)), Stretch(int(first), int(last)), int(score)))
    return found
