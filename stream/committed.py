"""What a consumer group has committed: how far the workers are, for whoever knows the broker but not the store.

The store's fences are the truth; workers commit what the fences have passed, every few seconds, so this lags behind
and never runs ahead.
"""

from typing import Final

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from stream.record import TopicPartition

_TIMEOUT_SECONDS: Final = 2.0


class CommittedOffsets:
    """The ``applied`` of a :class:`stream.holdback.FenceGate`, read from the broker.

    Args:
        bootstrap_servers: host:port, comma-separated.
        topic: the topic of review events.
        group: the workers' consumer group, which is not joined.
        partitions: of the topic.
    """

    def __init__(self, bootstrap_servers: str, topic: str, group: str, partitions: int) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap_servers, "group.id": group, "enable.auto.commit": False, "log_level": 2}
        )
        self._asked = [KafkaPartition(topic, partition) for partition in range(partitions)]
        self._known: dict[TopicPartition, int] = {}

    def __call__(self) -> dict[TopicPartition, int]:
        """The last offset applied of each partition that the group has committed; the last answer without one."""
        try:
            return self.ask()
        except KafkaException:
            return self._known

    def ask(self) -> dict[TopicPartition, int]:
        """As a call, but without standing in for a broker that does not answer.

        Raises:
            KafkaException: it did not, or not of every partition.
        """
        answers = self._consumer.committed(self._asked, timeout=_TIMEOUT_SECONDS)
        for answer in answers:
            if answer.error is not None:
                raise KafkaException(answer.error)
        self._known = {TopicPartition(a.topic, a.partition): a.offset - 1 for a in answers if a.offset > 0}
        return self._known

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()
