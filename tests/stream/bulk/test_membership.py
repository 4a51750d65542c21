"""Membership in a consumer group of librdkafka's in-process broker."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from stream.bulk import membership
from stream.bulk.membership import GroupLeft

DEADLINE_SECONDS = 60.0


@asynccontextmanager
async def consumer_of(address: str, *changes: Callable[[Any], None]) -> AsyncIterator[Any]:
    """A consumer that is about to join a group; what ``changes`` does to it comes first."""
    name = uuid.uuid4().hex
    consumer = AIOKafkaConsumer(name, bootstrap_servers=address, group_id=name)
    for change in changes:
        change(consumer)
    starting = asyncio.create_task(consumer.start())
    try:
        yield consumer
    finally:
        starting.cancel()
        await asyncio.wait({starting})
        await consumer._client.close()


def without_brokers(questions: int) -> Callable[[Any], None]:
    """Let the cluster list no broker when it is first asked for one, and some times after."""

    def change(consumer: Any) -> None:
        left, pick = iter(range(questions)), consumer._client.get_random_node
        consumer._client.get_random_node = lambda: None if next(left, None) is not None else pick()

    return change


async def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not check():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_client_that_is_told_of_no_broker_at_first_joins_when_there_is_one(kafka_address: str) -> None:
    async with consumer_of(kafka_address, without_brokers(3), membership.make_patient) as consumer:
        await until(lambda: bool(consumer.assignment()))
        membership.check(consumer)


async def test_a_client_whose_membership_ended_says_so(kafka_address: str) -> None:
    async with consumer_of(kafka_address, without_brokers(3)) as consumer:  # as aiokafka is, not patient
        await until(lambda: consumer._coordinator is not None and consumer._coordinator._coordination_task.done())
        with pytest.raises(GroupLeft, match=r"left the consumer group for good: .*Did we not perform bootstrap"):
            membership.check(consumer)


def test_a_client_that_is_not_there_yet_has_left_no_group() -> None:
    membership.check(None)
    membership.check(object())
