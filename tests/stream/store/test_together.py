"""Calls that share a round trip, in a real Redis."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ResponseError

from stream.fold import Keep, fold
from stream.measures import DAY_MS
from stream.pipeline import Pipeline
from stream.record import TopicPartition
from stream.store.connection import Client, connect, open_store
from stream.store.state import StoreUnavailable
from stream.store.together import Call, Together
from stream.store.writer import StoreWriter
from tests.services import free_port
from tests.stream.samples import NOON_MS, TP, run, scored
from tests.stream.test_pipeline import HOUSES, WORDS, MemoryLetters

KEEP = Keep(5, DAY_MS)


@pytest.fixture
async def fresh(client: Client) -> AsyncIterator[Client]:
    """A second client of the same Redis, with no connection yet."""
    second = connect(f"redis://127.0.0.1:{client.connection_pool.connection_kwargs['port']}/0")
    yield second
    await second.aclose()


async def connections(client: Client) -> int:
    """How many Redis has accepted so far."""
    return int((await client.info("stats"))["total_connections_received"])


def packed(writer: StoreWriter) -> bytes:
    return writer.pack(fold([scored()], lambda _: KEEP, NOON_MS), {"shop": KEEP}, NOON_MS)


async def put(writer: StoreWriter, partition: int, fence: int, last: int, content: bytes | None = None) -> str:
    run = (fence, last, content or packed(writer))
    return (await writer.apply(TP.topic, partition, {0: run}, NOON_MS))[0].outcome


async def test_the_runs_of_a_batch_take_one_connection_and_one_round_trip(client: Client, fresh: Client) -> None:
    pipeline = Pipeline(HOUSES, {"words": WORDS}, StoreWriter(fresh, await open_store(client, 4)), MemoryLetters())
    runs = [run(0, 9, tp=TopicPartition(TP.topic, partition)) for partition in range(8)]
    fences = [[-1] * 4 for _ in runs]
    before = await connections(client)
    for one in runs:
        await pipeline.learn(one)
    await asyncio.gather(*map(pipeline.apply, pipeline.process(runs), fences))
    assert fences == [[9] * 4 for _ in runs]
    assert await connections(client) == before + 1


async def test_each_run_of_a_trip_has_its_own_answer(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))
    assert await put(writer, 1, -1, 9) == "applied"
    answers = await asyncio.gather(
        put(writer, 0, -1, 9), put(writer, 1, -1, 9), put(writer, 2, 4, 9), put(writer, 1, 3, 12), put(writer, 1, 9, 12)
    )
    assert list(answers) == ["applied", "stale", "behind", "overlap", "applied"]


async def test_a_run_that_breaks_the_script_fails_alone(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))
    answers = await asyncio.gather(
        put(writer, 0, -1, 9), put(writer, 1, -1, 9, b"nonsense"), put(writer, 2, -1, 9), return_exceptions=True
    )
    assert list(answers[::2]) == ["applied", "applied"]
    assert isinstance(answers[1], ResponseError)


async def test_a_script_that_redis_forgot_is_loaded_again_for_all_of_a_trip(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))
    await client.script_flush()
    answers = await asyncio.gather(*(put(writer, partition, -1, 9) for partition in range(3)))
    assert answers == ["applied"] * 3


async def test_who_is_cancelled_leaves_the_others_their_trip(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))
    first, second = (asyncio.create_task(put(writer, partition, -1, 9)) for partition in (0, 1))
    await asyncio.sleep(0)  # both have called, none has an answer
    first.cancel()
    assert await second == "applied"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_trip_that_fails_fails_for_all_and_the_next_one_is_another(client: Client) -> None:
    away = connect(f"redis://127.0.0.1:{free_port()}/0", timeout=0.5)
    writer = StoreWriter(away, 1)
    for _ in range(2):
        answers = await asyncio.gather(put(writer, 0, -1, 9), put(writer, 1, -1, 9), return_exceptions=True)
        assert [type(answer) for answer in answers] == [StoreUnavailable] * 2
    await away.aclose()


async def test_a_trip_that_fails_after_all_its_callers_were_cancelled_is_no_complaint_of_asyncio() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about))
    away = connect(f"redis://127.0.0.1:{free_port()}/0", timeout=0.5)
    together = Together(away, "return 'done'")
    caller = asyncio.create_task(together.call([("key",)]))
    await asyncio.sleep(0)  # it has called
    trip = together._trip
    assert trip is not None
    caller.cancel()
    await asyncio.wait({caller, trip})
    del caller, trip
    gc.collect()
    await away.aclose()
    assert complaints == []


async def test_who_was_answered_has_the_answer_though_the_script_cannot_be_loaded_for_the_others(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgotten(Together):
        """In a Redis that forgets the script behind the first call."""

        async def _ask(self, calls: Sequence[Call]) -> list[Any]:
            first = await super()._ask(calls[:1])
            await client.script_flush()
            return first + await super()._ask(calls[1:])

    async def away(_script: str) -> str:
        raise RedisAway("gone meanwhile")

    text = "return redis.call('INCR', KEYS[1])"
    await client.script_load(text)
    monkeypatch.setattr(client, "script_load", away)
    together = Forgotten(client, text)
    answered = asyncio.create_task(together.call([("counted",)]))
    unanswered = asyncio.create_task(together.call([("counted",)]))
    assert await answered == [1]
    with pytest.raises(StoreUnavailable, match="gone meanwhile"):
        await unanswered
    assert await client.get("counted") == b"1"
