"""Where partitions begin that the store has no fence of: at their oldest record, or at their very first offset.

An Aura that is put in front of an old topic begins at the oldest records that the log holds; those before are not its
loss. From then on every partition has a fence, -1 where the log has its beginning, and whatever is dropped after it
unread is counted, alarmed and named (:mod:`stream.store.begun`).

A store that was emptied, or is another one, looks like that of a new Aura. What tells them apart is what the group has
committed to Kafka: nothing, before the first record was counted. A topic of which something was counted is rebuilt from
its first offsets, and what the log no longer holds is lost to this store. Kafka forgets what a group has committed some
time after the last of it has gone (``offsets.retention.minutes``, a week).

A store that was made by an Aura which wrote no first fences gets them for what it has no fence of, as a new one would.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence

import structlog
from confluent_kafka import KafkaException

from stream.committed import CommittedOffsets
from stream.identity import ASK_SECONDS
from stream.logreader import LogReader, LogUnavailable
from stream.record import TopicPartition
from stream.store import begun
from stream.store.begun import Begun
from stream.store.connection import Client

log = structlog.get_logger("aura.worker")


class Beginnings:
    """Gives each assigned partition of one topic its fences.

    Args:
        bootstrap_servers: host:port, comma-separated.
        topic: its name.
        group: the workers' consumer group.
        client: the store's Redis.
        shards: of the store.
    """

    def __init__(self, bootstrap_servers: str, topic: str, group: str, client: Client, shards: int) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._topic = topic
        self._group = group
        self._client = client
        self._shards = shards
        self._one = asyncio.Lock()  # all partitions of an emptied store come here at once, and the first serves all

    async def fences(
        self, partitions: Sequence[TopicPartition], counted: Collection[TopicPartition]
    ) -> dict[TopicPartition, list[int]]:
        """Each shard's fence of each partition, after those that have none were given their first.

        Args:
            partitions: of the topic.
            counted: those of which this worker knows that something was counted.

        Raises:
            StoreUnavailable: Redis did not answer.
            LogUnavailable: Kafka did not.
        """
        async with self._one:
            while True:
                found = await begun.read(self._client, self._shards, self._topic)
                if not any(found.lacks(tp.partition) for tp in partitions):
                    return {tp: [shard[tp.partition] for shard in found.fences] for tp in partitions}
                firsts = await self._firsts(found, partitions, counted)
                await begun.write(self._client, self._shards, self._topic, firsts)

    async def _firsts(
        self, found: Begun, partitions: Sequence[TopicPartition], counted: Collection[TopicPartition]
    ) -> Mapping[int, int]:
        if found.told:
            return {tp.partition: -1 for tp in partitions}
        oldest, committed = await asyncio.to_thread(self._ask)
        known = committed.union(tp.partition for tp in counted)
        fences = first_fences(oldest, known, found.partitions)
        if known and not found.partitions:
            log.warning(
                "the store knows nothing of a topic that was counted before; it is rebuilt from the log",
                topic=self._topic,
                do="nothing, if Redis was emptied or exchanged on purpose; else find out why it lost its data",
            )
        for partition, fence in fences.items():
            if fence >= 0 and found.lacks(partition):
                log.warning(
                    "the store knows nothing of this partition; it begins with the oldest record that the log holds, "
                    "and what was before is in no total",
                    partition=str(TopicPartition(self._topic, partition)), from_offset=fence + 1,
                    do="nothing, if Redis is new; else publish what was before, or go back to the Redis that had it",
                )  # fmt: skip
        return fences

    def _ask(self) -> tuple[dict[int, int], set[int]]:
        """Each partition's oldest offset, and those that the group has committed something of."""
        reader = LogReader(self._bootstrap_servers, self._topic, timeout=ASK_SECONDS)
        try:
            oldest = {partition: bounds.oldest for partition, bounds in reader.bounds().items()}
        finally:
            reader.close()
        group = CommittedOffsets(self._bootstrap_servers, self._topic, self._group, max(oldest, default=-1) + 1)
        try:
            return oldest, {tp.partition for tp in group.ask()}
        except KafkaException as error:
            reason = error.args[0].str()
            raise LogUnavailable(f"Kafka does not say what {self._group} has committed: {reason}") from error
        finally:
            group.close()


def first_fences(oldest: Mapping[int, int], counted: Collection[int], fenced: Collection[int]) -> dict[int, int]:
    """The fence that each partition gets where it has none.

    Args:
        oldest: partition to the offset of the oldest record that its log holds, or would get.
        counted: partitions of which something was counted.
        fenced: partitions that the store has a fence of, though it was not told the first ones of the topic.
    """
    emptied = bool(counted) and not fenced
    return {partition: -1 if emptied or partition in counted else first - 1 for partition, first in oldest.items()}
