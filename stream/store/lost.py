"""Records that the log dropped before they were read, remembered so that a restart does not make them forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from redis import Redis

from stream.record import Stretch, TopicPartition
from stream.store.connection import Client, unavailable
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


async def remember(client: Client, tp: TopicPartition, stretches: Sequence[Stretch], found_ms: int) -> list[Stretch]:
    """Keep for people what the log dropped before it was read.

    Args:
        client: of the store.
        tp: whose offsets they are.
        stretches: in rising order.
        found_ms: the time of the finding; the same when it is told again because Redis did not answer.

    Returns:
        What was not remembered before this finding, in pieces.

    Raises:
        StoreUnavailable: Redis did not answer; call again with the same time.
    """
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        entries = await client.zrange(LOST_KEY, 0, -1, withscores=True)
        known = _parsed(cast(list[tuple[bytes, float]], entries), tp.topic)
        new = beyond(stretches, [one.stretch for one in known if one.tp == tp and one.found_ms != found_ms])
        if new:
            pipe.zadd(LOST_KEY, {member(tp, stretch): found_ms for stretch in new}, nx=True)
            pipe.zremrangebyrank(LOST_KEY, 0, -KEPT - 1)
            await pipe.execute()
    return new


def beyond(stretches: Sequence[Stretch], known: Sequence[Stretch]) -> list[Stretch]:
    """The pieces of ``stretches`` that lie in none of ``known``."""
    pieces = list(stretches)
    for gap in known:
        pieces = [
            piece
            for one in pieces
            for piece in (
                Stretch(one.first, min(one.last, gap.first - 1)),
                Stretch(max(one.first, gap.last + 1), one.last),
            )
            if piece.first <= piece.last
        ]
    return pieces


def member(tp: TopicPartition, stretch: Stretch) -> str:
    """The entry of a stretch in :data:`~stream.store.keys.LOST_KEY`."""
    return f"{tp.topic}/{tp.partition}/{stretch.first}/{stretch.last}"


def read(client: Redis, topic: str) -> list[Lost]:
    """What is remembered of a topic, in the order in which it was found; ``client`` answers in bytes."""
    return _parsed(cast(list[tuple[bytes, float]], client.zrange(LOST_KEY, 0, -1, withscores=True)), topic)


def _parsed(entries: list[tuple[bytes, float]], topic: str) -> list[Lost]:
    found = []
    for entry, score in entries:
        name, partition, first, last = entry.decode().rsplit("/", 3)
        if name == topic:
            found.append(Lost(TopicPartition(name, int(partition)), Stretch(int(first), int(last)), int(score)))
    return found
