import asyncio

import pytest

from stream.batching import BUFFERED_BATCHES, BatchBuffer
from tests.stream.samples import run


async def test_a_full_batch_does_not_wait_for_its_age() -> None:
    buffer = BatchBuffer(size=4, age_seconds=3600)
    await buffer.put(run(0, 1))
    await buffer.put(run(2, 3))
    async with asyncio.timeout(5):
        _, batch = await buffer.take()
    assert [len(part) for part in batch] == [2, 2]
    assert len(buffer) == 0


async def test_a_batch_that_does_not_fill_goes_when_its_first_record_is_old_enough() -> None:
    buffer = BatchBuffer(size=1_000, age_seconds=0.01)
    await buffer.put(run(0, 0))
    async with asyncio.timeout(5):
        waited, batch = await buffer.take()
    assert waited >= 0.01
    assert [part.last for part in batch] == [0]


async def test_a_taker_that_came_first_gets_what_comes_later() -> None:
    buffer = BatchBuffer(size=1, age_seconds=3600)
    taker = asyncio.create_task(buffer.take())
    await asyncio.sleep(0)
    await buffer.put(run(7, 7))
    async with asyncio.timeout(5):
        _, batch = await taker
    assert batch[0].first == 7


async def test_a_batch_is_at_most_one_run_over_its_size_and_the_rest_stays() -> None:
    buffer = BatchBuffer(size=5, age_seconds=0)
    for first in (0, 4, 8):
        await buffer.put(run(first, first + 3))
    _, batch = await buffer.take()
    assert [part.first for part in batch] == [0, 4]
    assert len(buffer) == 4


async def test_a_full_buffer_holds_the_next_put_back_until_something_is_taken() -> None:
    buffer = BatchBuffer(size=2, age_seconds=0)
    for first in range(0, 2 * BUFFERED_BATCHES, 2):
        await buffer.put(run(first, first + 1))
    blocked = asyncio.create_task(buffer.put(run(100, 101)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(blocked), 0.05)
    await buffer.take()
    async with asyncio.timeout(5):
        await blocked
