"""Many ask, one reads."""

import asyncio

import pytest

from api.cache import SharedReads


class Source:
    """Counts how often it is read; answers when it is let to."""

    def __init__(self) -> None:
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return number


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_those_who_ask_at_the_same_time_share_one_read() -> None:
    source, shared = Source(), SharedReads[str, int](1.0, 8)
    source.gate.clear()
    asking = [asyncio.create_task(shared.get("a", source.read)) for _ in range(50)]
    await asyncio.sleep(0)
    source.gate.set()
    assert await asyncio.gather(*asking) == [1] * 50


async def test_an_answer_is_read_anew_when_it_is_too_old() -> None:
    source, clock = Source(), Clock()
    shared = SharedReads[str, int](1.0, 8, clock=clock)
    assert await shared.get("a", source.read) == 1
    clock.now = 0.99
    assert await shared.get("a", source.read) == 1
    clock.now = 1.0
    assert await shared.get("a", source.read) == 2


async def test_an_answer_that_took_long_is_kept_longer() -> None:
    source, clock = Source(), Clock()
    shared = SharedReads[str, int](1.0, 8, clock=clock)
    source.gate.clear()
    asking = asyncio.create_task(shared.get("a", source.read))
    await asyncio.sleep(0)
    clock.now = 2.0
    source.gate.set()
    assert await asking == 1
    clock.now = 9.9
    assert await shared.get("a", source.read) == 1
    clock.now = 10.0
    assert await shared.get("a", source.read) == 2


async def test_keys_do_not_mix_and_the_oldest_goes_when_there_are_too_many() -> None:
    source, shared = Source(), SharedReads[str, int](60.0, 2)
    assert [await shared.get(key, source.read) for key in ("a", "b", "a", "c", "b", "a")] == [1, 2, 1, 3, 2, 4]


async def test_a_failed_read_fails_all_who_wait_and_is_not_kept() -> None:
    source, shared = Source(), SharedReads[str, int](60.0, 8)
    source.error = OSError("away")
    answers = await asyncio.gather(*(shared.get("a", source.read) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 3
    assert source.reads == 1
    source.error = None
    assert await shared.get("a", source.read) == 2


async def test_one_who_goes_away_does_not_fail_the_others() -> None:
    source, shared = Source(), SharedReads[str, int](60.0, 8)
    source.gate.clear()
    first = asyncio.create_task(shared.get("a", source.read))
    second = asyncio.create_task(shared.get("a", source.read))
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()
    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first
