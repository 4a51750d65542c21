"""What is told of troubles, by a clock that the tests set."""

import asyncio

import pytest
from structlog.testing import capture_logs

from stream.retry import REMEDIES, RETRY_SECONDS, Cause, Troubles
from tests.stream.clock import Clock


async def test_an_outage_of_half_a_minute_is_three_lines_and_one_at_its_end() -> None:
    clock = Clock()
    troubles = Troubles(clock)
    with capture_logs() as logs:
        for _ in range(301):
            troubles.seen("holding back", "Redis is away", who="reviews-0")
            clock.now += 0.1
        troubles.over("holding back", who="reviews-0")
    assert [(entry["event"], entry.get("for_seconds")) for entry in logs] == [
        ("holding back", None), ("holding back", 5.0), ("holding back", 15.0), ("over: holding back", None),
    ]  # fmt: skip
    assert logs[0]["error"] == "Redis is away"
    assert logs[-1]["seconds"] == 30.1


async def test_many_partitions_are_one_trouble_until_the_last_goes_on() -> None:
    clock = Clock()
    troubles = Troubles(clock)
    with capture_logs() as logs:
        for partition in range(8):
            troubles.seen("holding back", "away", who=f"reviews-{partition}")
        clock.now += 6
        troubles.seen("holding back", "away", who="reviews-3")
        for partition in range(8):
            assert troubles.sentences() == ["holding back for 6 s: away"]
            troubles.over("holding back", who=f"reviews-{partition}")
    assert troubles.sentences() == []
    assert [entry.get("partitions") for entry in logs] == [
        ["reviews-0"], [f"reviews-{partition}" for partition in range(8)], None,
    ]  # fmt: skip


async def test_what_holds_partitions_up_is_known_while_it_does_and_its_lines_say_what_to_do() -> None:
    troubles = Troubles()

    def held_by() -> list[Cause]:
        return [cause for cause in REMEDIES if troubles.held_by(cause)]

    assert held_by() == []
    with capture_logs() as logs:
        troubles.seen("holding back", "no answer", who="reviews-0", by="redis")
        troubles.seen("holding back", "not committed", who="reviews-1", by="dead_letters")
        assert held_by() == ["redis", "dead_letters"]
        troubles.seen("waiting", "no answer", by="redis", do="start Redis")
        troubles.seen("holding back", "not committed", who="reviews-0", by="dead_letters")
        troubles.over("waiting")
        assert held_by() == ["dead_letters"]
        for partition in range(2):
            troubles.over("holding back", who=f"reviews-{partition}")
    assert held_by() == []
    assert [entry["do"] for entry in logs if entry["log_level"] == "warning"] == [REMEDIES["redis"], "start Redis"]


async def test_pauses_grow_and_end_with_the_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    troubles = Troubles()
    with troubles.retrying("seeking") as retry:
        for _ in range(8):
            await retry.failed("no answer")
        assert [trouble.what for trouble in troubles.current()] == ["seeking"]
    assert troubles.current() == []
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, RETRY_SECONDS[1]]


async def test_who_gives_up_is_not_said_to_have_overcome_it() -> None:
    troubles = Troubles()

    async def seek() -> None:
        with troubles.retrying("seeking") as retry:
            while True:
                await retry.failed("no answer")

    with capture_logs() as logs, pytest.raises(TimeoutError):
        await asyncio.wait_for(seek(), 0.02)
    assert troubles.current() == []
    assert [entry["event"] for entry in logs] == ["seeking"]
