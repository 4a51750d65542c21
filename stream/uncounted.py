"""What no worker has counted, told by the fences: only that may be refused, or called lost.

A worker that comes late may know another tenants file than the one before it, or find a log without records that the
other one still read.
"""

from collections.abc import Sequence

from stream.deadletter import DeadLetter
from stream.event import InvalidEvent, decode
from stream.record import Record, Stretch
from stream.store.keys import shard_of


def letters(dead: Sequence[DeadLetter], fences: Sequence[int]) -> list[DeadLetter]:
    """Those whose records were not counted.

    Args:
        dead: letters of one partition.
        fences: each shard's fence of it. They differ where a worker died between two shards.
    """
    lowest, highest = min(fences), max(fences)
    return [
        letter
        for letter in dead
        if (offset := letter.record.offset) > highest or (offset > lowest and offset > _own(letter.record, fences))
    ]


def stretches(lost: Sequence[Stretch], fences: Sequence[int]) -> list[Stretch]:
    """The offsets of which a shard may lack the records."""
    lowest = min(fences)
    return [Stretch(max(gap.first, lowest + 1), gap.last) for gap in lost if gap.last > lowest]


def _own(record: Record, fences: Sequence[int]) -> int:
    """The fence of the shard that counts a record, if it counts; the lowest where nothing tells which that is."""
    try:
        event = decode(record.value)
    except InvalidEvent:
        return min(fences)
    return fences[shard_of(event.tenant, event.product_id, len(fences))]
