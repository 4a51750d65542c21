import asyncio
import time
from dataclasses import replace

import pytest

from stream.batching import BUFFERED_BATCHES, MAX_BATCH_BYTES, BatchBuffer
from stream.bulk.records import HEADER_BYTES, RECORD_BYTES
from stream.record import Run
from tests.stream.samples import TP, FakeRecord, run


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


async def test_a_record_that_comes_after_a_pause_waits_for_no_other() -> None:
    buffer = BatchBuffer(size=1_000, age_seconds=3600, interval=lambda: 0.01)
    await buffer.put(run(0, 0))
    async with asyncio.timeout(60):
        waited, batch = await buffer.take()
    assert [part.last for part in batch] == [0]
    assert waited < 3600


async def test_records_that_come_soon_after_a_batch_share_the_next_one() -> None:
    buffer = BatchBuffer(size=4, age_seconds=3600, interval=lambda: 1800)
    buffer._began = time.monotonic()
    await buffer.put(run(0, 0))
    taker = asyncio.create_task(buffer.take())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not taker.done(), "a batch began just now"
    await buffer.put(run(1, 3))
    async with asyncio.timeout(60):
        _, batch = await taker
    assert [(part.first, part.last) for part in batch] == [(0, 0), (1, 3)]


async def test_a_batch_holds_no_more_than_the_load_allows_now() -> None:
    allowed = [99, 5, 3]
    buffer = BatchBuffer(size=8, age_seconds=3600, most=lambda: allowed[-1])
    await buffer.put(run(0, 19))
    sizes = []
    while allowed:
        _, batch = await buffer.take()
        sizes.append(sum(map(len, batch)))
        allowed.pop()
    assert sizes == [3, 5, 8]
    assert len(buffer) == 4


async def test_a_taker_that_came_first_gets_what_comes_later() -> None:
    buffer = BatchBuffer(size=1, age_seconds=3600)
    taker = asyncio.create_task(buffer.take())
    await asyncio.sleep(0)
    await buffer.put(run(7, 7))
    async with asyncio.timeout(5):
        _, batch = await taker
    assert batch[0].first == 7


async def test_a_run_that_a_batch_has_no_room_for_is_divided_and_nothing_is_lost() -> None:
    buffer = BatchBuffer(size=5, age_seconds=0)
    for first in (0, 4, 8):
        await buffer.put(run(first, first + 3))
    batches = [[(part.first, part.last) for part in (await buffer.take())[1]] for _ in range(3)]
    assert batches == [[(0, 3), (4, 4)], [(5, 7), (8, 9)], [(10, 11)]]
    assert len(buffer) == 0


async def test_a_run_larger_than_the_buffer_holds_the_next_put_back_until_it_is_nearly_gone() -> None:
    buffer = BatchBuffer(size=1, age_seconds=0)
    await buffer.put(run(0, 9))
    blocked = asyncio.create_task(buffer.put(run(10, 19)))
    for _ in range(10 - BUFFERED_BATCHES):
        await buffer.take()
        await asyncio.sleep(0)
        assert not blocked.done()
    await buffer.take()
    async with asyncio.timeout(5):
        await blocked


LARGE = {
    "value": FakeRecord(0, bytes(MAX_BATCH_BYTES // 2)),
    "header": FakeRecord(0, b"{}", headers=[("h", bytes(MAX_BATCH_BYTES // 2))]),
    "name of a header": FakeRecord(0, b"{}", headers=[("h" * (MAX_BATCH_BYTES // 2), b"")]),
    "headers of nothing": FakeRecord(0, b"{}", headers=[("", b"")] * (MAX_BATCH_BYTES // 2 // HEADER_BYTES)),
}


@pytest.mark.parametrize("half", LARGE.values(), ids=LARGE.keys())
async def test_a_batch_of_large_records_is_full_before_it_has_its_number(half: FakeRecord) -> None:
    buffer = BatchBuffer(size=1_000, age_seconds=3600)
    await buffer.put(Run.of(TP, 1, [replace(half, offset=offset) for offset in range(5)]))
    async with asyncio.timeout(5):
        batches = [[(part.first, part.last) for part in (await buffer.take())[1]] for _ in range(2)]
    assert batches == [[(0, 1)], [(2, 3)]]
    assert len(buffer) == 1


async def test_a_batch_of_records_of_nothing_is_full_as_well() -> None:
    fit = MAX_BATCH_BYTES // RECORD_BYTES
    buffer = BatchBuffer(size=2 * fit, age_seconds=3600)
    await buffer.put(Run.of(TP, 1, [FakeRecord(offset, None, key=None) for offset in range(fit + 1)]))
    async with asyncio.timeout(5):
        (batch,) = (await buffer.take())[1]
    assert (len(batch), len(buffer)) == (fit, 1)


async def test_large_records_hold_the_next_put_back_too() -> None:
    buffer = BatchBuffer(size=1_000, age_seconds=0)
    await buffer.put(Run.of(TP, 1, [FakeRecord(0, bytes(MAX_BATCH_BYTES * BUFFERED_BATCHES))]))
    blocked = asyncio.create_task(buffer.put(run(1, 2)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(blocked), 0.05)
    await buffer.take()
    async with asyncio.timeout(5):
        await blocked


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


async def test_runs_without_records_hold_the_next_put_back_and_fill_a_batch() -> None:
    buffer = BatchBuffer(size=3, age_seconds=3600)
    empty = [Run(TP, 1, [], offset, offset) for offset in range(3 * BUFFERED_BATCHES + 1)]
    async with asyncio.timeout(60):
        for marker in empty[:-1]:
            await buffer.put(marker)
    blocked = asyncio.create_task(buffer.put(empty[-1]))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not blocked.done(), "they would pile up for as long as Redis is away"
    taken: list[Run] = []
    async with asyncio.timeout(60):
        for _ in range(BUFFERED_BATCHES):
            _, batch = await buffer.take()
            assert len(batch) == 3
            taken += batch
        await blocked
    assert taken == empty[:-1]


async def test_a_record_behind_runs_without_records_is_taken_with_them() -> None:
    buffer = BatchBuffer(size=3, age_seconds=0)
    await buffer.put(Run(TP, 1, [], 0, 4))
    await buffer.put(run(5, 6))
    await buffer.put(Run(TP, 1, [], 7, 7))
    _, batch = await buffer.take()
    assert [(part.first, part.last, len(part)) for part in batch] == [(0, 4, 0), (5, 6, 2), (7, 7, 0)]
    assert len(buffer) == 0
