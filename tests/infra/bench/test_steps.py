"""The steps of a worker in a row, as its own parts take them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from infra.bench.reading import Spent, TopicReader
from infra.bench.steps import SHARDS, Steps
from infra.bench.texts import events
from stream.batching import DEFAULT_SIZE
from stream.cadence import LEAST
from stream.event import encode
from stream.positions import Positions
from stream.record import Record, Run, TopicPartition
from stream.store.writer import Applied, StoreWriter
from tests.stream.samples import FakeRecord

TP = TopicPartition("steps", 0)


class AllAtOnce(TopicReader):
    """Gives a topic as one run, as Kafka's client does where the network is fast."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records

    def begin(self) -> Positions:
        positions = Positions()
        positions.assign({TP: [-1] * SHARDS})
        self._run = Run.of(TP, positions.epochs()[TP], self._records)
        return positions

    async def read(self, submit: Callable[[Run], Awaitable[None]], done: Callable[[], int], wanted: int) -> Spent:
        await submit(self._run)
        while done() < wanted:  # noqa: ASYNC110 - there is nothing but to ask
            await asyncio.sleep(0.01)
        return Spent(0.0, 0.0, 0.0, {})


async def test_batches_begin_as_small_as_a_workers(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, apply = list[int](), StoreWriter.apply

    async def sized(self: StoreWriter, *arguments: Any) -> dict[int, Applied]:
        ((before, last, _),) = arguments[2].values()
        sizes.append(last - before)
        return await apply(self, *arguments)

    monkeypatch.setattr(StoreWriter, "apply", sized)
    count, now_ms = 4 * LEAST, time.time_ns() // 1_000_000
    records = [FakeRecord(number, encode(event), now_ms) for number, event in enumerate(events(None, count))]
    steps = await Steps.ready("reference", 0, redis_url, 1)
    try:
        await steps.sequence(AllAtOnce(records), count, DEFAULT_SIZE)
    finally:
        await steps.close()
    assert (sum(sizes), sizes[0]) == (count, LEAST)
