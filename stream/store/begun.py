"""The first fences of a topic: every partition that there is gets one in every shard before anything of it is read.

So whoever finds a fence, be it -1, knows that the store answers for all records after it: what the log drops of these
is lost. ``aura:begun`` says that the partitions which the topic had then have theirs. One without a fence is younger,
or the store has lost it: either way it begins with its very first offset.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from stream.store import keys
from stream.store.connection import Client, unavailable


@dataclass(frozen=True, slots=True)
class Begun:
    """What a store knows of a topic."""

    fences: list[dict[int, int]]
    """For each shard, partition to fence."""
    told: bool
    """Whether the first fences were written."""

    @property
    def partitions(self) -> set[int]:
        """Those that any shard has a fence of."""
        return set[int]().union(*self.fences)

    def lacks(self, partition: int) -> bool:
        """Whether a shard has no fence of it."""
        return any(partition not in shard for shard in self.fences)


async def read(client: Client, shards: int, topic: str) -> Begun:
    """See how far a store is with a topic.

    Raises:
        StoreUnavailable: Redis did not answer.
    """
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        pipe.hexists(keys.BEGUN_KEY, topic)  # before the fences: they were written before it
        for shard in range(shards):
            pipe.hgetall(keys.fence_key(shard))
        told, *fields = await pipe.execute()
    return Begun([keys.fences(each, topic) for each in fields], bool(told))


async def write(client: Client, shards: int, topic: str, firsts: Mapping[int, int]) -> None:
    """Write first fences, by partition, wherever there is none, and then that they are written.

    Who is interrupted in between leaves fences that the next one completes.

    Raises:
        StoreUnavailable: Redis did not answer; some may be written.
    """
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        for shard in range(shards):
            for partition, fence in firsts.items():
                pipe.hsetnx(keys.fence_key(shard), keys.fence_field(topic, partition), str(fence))
        await pipe.execute()
        pipe.hsetnx(keys.BEGUN_KEY, topic, str(time.time_ns() // 1_000_000))
        await pipe.execute()
