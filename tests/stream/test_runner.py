"""The runner over a store in memory."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest

from stream.batching import BatchBuffer
from stream.pipeline import Pipeline
from stream.positions import Positions
from stream.record import TopicPartition
from stream.retry import Troubles
from stream.runner import Runner, SeekFailed
from stream.store.writer import Applied
from tests.stream.samples import TP, WordClassifier, run
from tests.stream.test_pipeline import HOUSES, MemoryLetters, MemoryWriter

DEADLINE_SECONDS = 20.0
WORDS: Any = WordClassifier()


class Rig:
    """A runner whose partition is assigned at the store's fence; seeks are only noted."""

    def __init__(self, writer: MemoryWriter) -> None:
        self.positions = Positions()
        self.sought: list[int | None] = []
        self.failures = 0
        self._writer = writer
        pipeline = Pipeline(HOUSES, {"words": WORDS}, writer, MemoryLetters())
        self.runner = Runner(
            pipeline, self.positions, BatchBuffer(10, 0.01), seek=self._seek, fences=self._fences, troubles=Troubles()
        )
        self.positions.assign({TP: list(writer.stored)})

    async def submit(self, first: int, last: int) -> None:
        await self.runner.submit(run(first, last, epoch=self.positions.epochs()[TP]))

    async def _seek(self, wanted: Mapping[TopicPartition, int | None]) -> None:
        if self.failures:
            self.failures -= 1
            raise SeekFailed("Kafka is away")
        self.sought.append(wanted[TP])

    async def _fences(self, tp: TopicPartition) -> list[int]:
        return list(self._writer.stored)


async def test_runs_are_applied_in_order() -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer)
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await rig.submit(20, 24)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while writer.stored != [24]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    work.cancel()
    assert writer.counted == [15]


async def test_what_cannot_be_applied_ends_the_runner_though_no_other_batch_comes() -> None:
    class Broken(MemoryWriter):
        async def apply(
            self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int
        ) -> dict[int, Applied]:
            raise LookupError("the script is broken")

    rig = Rig(Broken([9]))
    await rig.submit(10, 19)
    work = asyncio.create_task(rig.runner.run())
    ended, _ = await asyncio.wait({work}, timeout=DEADLINE_SECONDS)
    work.cancel()
    assert ended, "it waits for another batch"
    with pytest.raises(LookupError, match="broken"):
        await work


async def test_a_gap_is_read_again_though_kafka_refuses_at_first() -> None:
    rig = Rig(MemoryWriter([9]))
    rig.failures = 2
    async with asyncio.timeout(DEADLINE_SECONDS):
        await rig.submit(20, 29)
    assert rig.sought == [10]
