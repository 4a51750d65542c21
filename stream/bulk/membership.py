"""Staying in the consumer group: aiokafka keeps the membership in one task, and nobody asks whether that still runs.

When it ends over an error that it does not foresee, the client goes on without a group: at the start it is never given
partitions, later it keeps those that others have been given meanwhile. Neither is seen from outside.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.errors import NodeNotReadyError


class GroupLeft(Exception):
    """Kafka's client takes no part in the consumer group any more, and never will again."""


def make_patient(consumer: Any) -> None:
    """Let a new ``AIOKafkaConsumer`` wait for a broker that comes back, and at first lists none: aiokafka takes it for
    impossible that there is none, and its membership ends."""
    client = consumer._client
    look_up: Callable[..., Awaitable[Any]] = client.coordinator_lookup

    async def patiently(*arguments: Any) -> Any:
        if client.get_random_node() is None:
            raise NodeNotReadyError("Kafka lists no broker yet")  # after which aiokafka asks again
        return await look_up(*arguments)

    client.coordinator_lookup = patiently


def check(consumer: Any) -> None:
    """Look whether an ``AIOKafkaConsumer``, None before there is one, still takes part in its group.

    Raises:
        GroupLeft: it does not.
    """
    task = getattr(getattr(consumer, "_coordinator", None), "_coordination_task", None)
    if task is not None and task.done() and not task.cancelled() and (error := task.exception()) is not None:
        raise GroupLeft(f"Kafka's client has left the consumer group for good: {error}")
