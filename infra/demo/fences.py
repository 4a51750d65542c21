"""The store's fences as a function that never raises: what it knew last stands in while Redis is away."""

from contextlib import suppress

from redis import Redis
from redis.exceptions import RedisError

from stream.record import TopicPartition
from stream.store.totals import fences_of


class Fences:
    """Reads the fences of one topic. May be called from any thread."""

    def __init__(self, client: Redis, topic: str) -> None:
        self._client = client
        self._topic = topic
        self._known: dict[int, int] = {}

    def by_partition(self) -> dict[int, int]:
        """Partition to the last offset whose effects are in the store."""
        with suppress(RedisError):
            self._known = fences_of(self._client, self._topic)
        return self._known

    def by_topic_partition(self) -> dict[TopicPartition, int]:
        """The same, keyed as :class:`stream.holdback.FenceGate` asks."""
        return {TopicPartition(self._topic, partition): fence for partition, fence in self.by_partition().items()}
