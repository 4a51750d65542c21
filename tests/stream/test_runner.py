"""The runner over a store in memory."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from stream import metrics
from stream.batching import BatchBuffer
from stream.deadletter import DeadLetter
from stream.limit import DEFAULT_LIMIT, DeadLetterLimit
from stream.pipeline import Pipeline
from stream.positions import Positions
from stream.record import Run, Stretch, TopicPartition
from stream.retry import Troubles
from stream.runner import Runner, SeekFailed
from stream.store.state import StoreUnavailable
from stream.store.writer import Applied
from tests.stream.samples import NOON_MS, TP, WordClassifier, record, run
from tests.stream.test_pipeline import HOUSES, MemoryLetters, MemoryWriter

DEADLINE_SECONDS = 20.0
WORDS: Any = WordClassifier()


class Rig:
    """A runner whose partition is assigned at the store's fence; seeks are only noted."""

    def __init__(self, writer: MemoryWriter, limit: int = DEFAULT_LIMIT) -> None:
        self.letters = MemoryLetters()
        self.positions = Positions()
        self.sought: list[int] = []
        self.failures = 0
        self.limited = asyncio.Event()
        self.troubles = Troubles()
        self.took: list[int] = []
        self._writer = writer
        self.pipeline = Pipeline(HOUSES, {"words": WORDS}, writer, self.letters)
        self.runner = Runner(
            self.pipeline,
            self.positions,
            BatchBuffer(10, 0.01),
            seek=self._seek,
            fences=self._fences,
            limit=DeadLetterLimit(limit),
            troubles=self.troubles,
            took=lambda records, _seconds: self.took.append(records),
        )
        self.positions.assign({TP: list(writer.stored)})

    async def submit(self, first: int, last: int) -> None:
        await self.runner.submit(run(first, last, epoch=self.positions.epochs()[TP]))

    async def _seek(self, wanted: Mapping[TopicPartition, int]) -> None:
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


async def test_what_was_fetched_before_a_seek_takes_nothing_fetched_after_it_along() -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer)
    await rig.submit(10, 14)
    await rig.runner.rewind(TP)
    await rig.submit(10, 14)
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(15, 19)
    await until(lambda: writer.stored == [19])
    work.cancel()
    assert writer.counted == [10]


async def test_what_cannot_be_applied_ends_the_runner_though_no_other_batch_comes() -> None:
    class Broken(MemoryWriter):
        async def apply(
            self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int, token: str = ""
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


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_too_many_dead_letters_pause_the_work_until_the_tenants_file_is_corrected() -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer, limit=12)
    rig.pipeline.settle({"bank": HOUSES["bank"]}, {"words": WORDS})
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await until(lambda: writer.stored == [19])
    assert len(rig.letters.sent) == 10
    await rig.submit(20, 29)
    await until(lambda: rig.runner.paused is not None)
    assert str(rig.runner.paused).startswith("10 dead letters within an hour and 10 more in the next batch are over")
    assert (writer.stored, len(rig.letters.sent)) == ([19], 10)
    rig.pipeline.settle(HOUSES, {"words": WORDS})
    await until(lambda: writer.stored == [29])
    assert (writer.counted, len(rig.letters.sent), rig.runner.paused) == ([10], 10, None)
    work.cancel()


async def test_letters_that_are_written_count_towards_the_limit_though_the_store_has_lost_its_data() -> None:
    class Emptied(MemoryWriter):
        async def apply(
            self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int, token: str = ""
        ) -> dict[int, Applied]:
            self.stored = [-1]
            return await super().apply(topic, partition, runs, now_ms)

    rig = Rig(Emptied([9]))
    rig.pipeline.settle({"bank": HOUSES["bank"]}, {"words": WORDS})
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await until(lambda: rig.sought == [None] or rig.sought == [0])
    await until(lambda: rig.runner.dead_letters == 10)
    assert len(rig.letters.sent) == 10
    work.cancel()


async def test_what_stands_in_the_dead_letters_is_looked_up_after_all_of_an_earlier_epoch_is_written() -> None:
    class Slow(MemoryLetters):
        async def send(self, letters: Sequence[DeadLetter]) -> None:
            begun.set()
            await ended.wait()
            await super().send(letters)

    begun, ended = asyncio.Event(), asyncio.Event()
    writer = MemoryWriter([9])
    rig = Rig(writer)
    letters = Slow()
    rig.pipeline = Pipeline({"bank": HOUSES["bank"]}, {"words": WORDS}, writer, letters)
    rig.runner._pipeline = rig.pipeline
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await begun.wait()
    await rig.runner.rewind(TP)
    rig.pipeline.settle(HOUSES, {"words": WORDS})
    await rig.submit(10, 19)
    await rig.submit(20, 24)
    await until(lambda: rig.runner._buffer._records == 5)  # the runner has the second batch in its hands
    assert letters.taken == [NOON_MS]
    ended.set()
    await until(lambda: writer.stored == [24])
    work.cancel()
    assert (len(letters.sent), writer.counted) == (10, [5])


async def test_a_paused_worker_that_cannot_apply_what_was_before_ends() -> None:
    class Broken(MemoryWriter):
        async def apply(
            self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int, token: str = ""
        ) -> dict[int, Applied]:
            applying.set()
            await rig.limited.wait()
            raise LookupError("the script is broken")

    applying = asyncio.Event()
    rig = Rig(Broken([9]), limit=5)
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await applying.wait()
    rig.pipeline.settle({"bank": HOUSES["bank"]}, {"words": WORDS})
    await rig.submit(20, 29)
    await until(lambda: rig.runner._buffer._records == 0)
    rig.limited.set()
    ended, _ = await asyncio.wait({work}, timeout=DEADLINE_SECONDS)
    work.cancel()
    assert ended, "it pauses for ever"
    with pytest.raises(LookupError, match="broken"):
        await work


async def test_a_batch_of_more_letters_than_the_limit_waits_for_a_higher_one() -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer, limit=5)
    houses = {"bank": HOUSES["bank"]}
    rig.pipeline.settle(houses, {"words": WORDS})
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await until(lambda: rig.runner.paused is not None)
    rig.runner.paused = None
    rig.pipeline.settle(houses, {"words": WORDS})  # changed, but not so that it helps
    await until(lambda: rig.runner.paused is not None)
    assert str(rig.runner.paused).startswith("0 dead letters within an hour and 10 more in the next batch are over")
    assert (writer.stored, rig.letters.sent) == ([9], [])
    work.cancel()

    rig = Rig(writer, limit=10)
    rig.pipeline.settle(houses, {"words": WORDS})
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await until(lambda: writer.stored == [19])
    assert len(rig.letters.sent) == 10
    work.cancel()


async def test_a_paused_worker_lets_go_of_what_another_takes_over() -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer, limit=5)
    rig.pipeline.settle({"bank": HOUSES["bank"]}, {"words": WORDS})
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await until(lambda: rig.runner.paused is not None)
    rig.positions.revoke([TP])
    await until(lambda: rig.runner.paused is None)
    assert (writer.stored, rig.letters.sent) == ([9], [])
    work.cancel()


async def test_letters_that_stand_already_are_neither_written_again_nor_counted_towards_the_limit() -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer, limit=10)
    rig.pipeline.settle({"bank": HOUSES["bank"]}, {"words": WORDS})
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await until(lambda: writer.stored == [19])
    writer.stored = [9]
    await rig.runner.rewind(TP)
    rig.pipeline.settle(HOUSES, {"words": WORDS})
    await rig.submit(10, 19)
    await until(lambda: writer.stored == [19])
    assert (len(rig.letters.sent), writer.counted, rig.runner.dead_letters) == (10, [0], 10)
    work.cancel()


async def test_markers_of_transactions_move_the_fence_and_what_expired_is_alarmed() -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer)
    epoch = rig.positions.epochs()[TP]
    missing = metrics.MISSING_RECORDS.labels(*TP)._value.get()
    work = asyncio.create_task(rig.runner.run())
    with capture_logs() as logs:
        await rig.runner.submit(Run(TP, epoch, [record(11), record(13)], 10, 14))
        await rig.runner.submit(Run(TP, epoch, [], 15, 24, (Stretch(16, 24),)))
        await rig.runner.submit(Run(TP, epoch, [], 25, 25))
        await until(lambda: writer.stored == [25])
    work.cancel()
    assert writer.counted == [2]
    assert list(writer.lost) == [Stretch(16, 24)]
    assert metrics.MISSING_RECORDS.labels(*TP)._value.get() - missing == 9
    (alarm,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (alarm["partition"], alarm["first"], alarm["last"], alarm["records"]) == ("aura.reviews-0", 16, 24, 9)


async def test_letters_are_learned_with_the_first_run_that_holds_records() -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer)
    epoch = rig.positions.epochs()[TP]
    work = asyncio.create_task(rig.runner.run())
    await rig.runner.submit(Run(TP, epoch, [], 10, 12))
    await until(lambda: writer.stored == [12])
    assert rig.letters.taken == []
    await rig.submit(13, 14)
    await until(lambda: writer.stored == [14])
    assert len(rig.letters.taken) == 1
    work.cancel()


async def test_the_last_dead_letters_are_told_of_though_none_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = MemoryWriter([9])
    rig = Rig(writer)
    rig.pipeline.settle({"bank": HOUSES["bank"]}, {"words": WORDS})
    work = asyncio.create_task(rig.runner.run())

    async def batch(first: int, last: int) -> None:
        await rig.submit(first, last)
        await until(lambda: rig.runner.dead_letters == last - 9)

    with capture_logs() as logs:
        await batch(10, 19)
        await batch(20, 24)
        await batch(25, 26)
        rig.runner.tell_of_letters()
        assert [entry["records"] for entry in logs] == [10], "a flood of them is not a flood of lines"
        monkeypatch.setattr("stream.runner.LETTERS_TELL_SECONDS", 0.0)  # so much later
        for _ in range(3):
            rig.runner.tell_of_letters()
        assert [(entry["records"], entry["last_offset"]) for entry in logs] == [(10, 19), (7, 26)]
        monkeypatch.setattr("stream.runner.LETTERS_TELL_SECONDS", 3600.0)
        await batch(27, 29)
        work.cancel()
        await asyncio.wait({work})
    assert [entry["records"] for entry in logs] == [10, 7, 3], "nor does a stop leave any out"
    assert all("aura dead-letters list" in entry["do"] for entry in logs)


async def lose(rig: Rig, first: int, last: int) -> None:
    """Let a worker find that offsets have expired, and get over it."""
    work = asyncio.create_task(rig.runner.run())
    await rig.runner.submit(Run(TP, rig.positions.epochs()[TP], [], first, last, (Stretch(first, last),)))
    await until(lambda: dict(rig.positions.items())[TP].applied >= last)
    work.cancel()


async def test_what_two_workers_find_expired_is_alarmed_once() -> None:
    writer = MemoryWriter([9])
    late, successor = Rig(writer), Rig(writer)
    missing = metrics.MISSING_RECORDS.labels(*TP)
    before = missing._value.get()
    await lose(successor, 10, 19)
    await lose(late, 10, 19)
    assert missing._value.get() - before == 10


async def test_of_what_expired_only_the_new_is_alarmed_after_the_store_has_lost_its_last_second() -> None:
    writer = MemoryWriter([9])
    missing = metrics.MISSING_RECORDS.labels(*TP)
    before = missing._value.get()
    await lose(Rig(writer), 10, 19)
    writer.stored = [9]
    await lose(Rig(writer), 10, 24)
    assert missing._value.get() - before == 15
    assert list(writer.lost) == [Stretch(10, 19), Stretch(20, 24)]


async def deposed(rig: Rig, writer: MemoryWriter) -> asyncio.Task[None]:
    """A worker at work, which another one has taken the partition from after its first batch."""
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await until(lambda: writer.stored == [19])
    await writer.claim(TP)
    before = metrics.REFUSED_RUNS.labels("deposed")._value.get()
    await rig.submit(20, 29)
    await until(lambda: metrics.REFUSED_RUNS.labels("deposed")._value.get() == before + 1)
    return work


async def test_a_deposed_worker_that_is_told_so_by_kafka_takes_nothing_back() -> None:
    rig = Rig(writer := MemoryWriter([9]))
    work = await deposed(rig, writer)
    rig.positions.revoke([TP])
    await until(lambda: rig.troubles.current() == [])
    work.cancel()
    assert (writer.stored, writer.counted, writer.claims, rig.sought) == ([19], [10], 2, [])


async def test_a_deposed_worker_that_keeps_the_partition_takes_it_anew_and_reads_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stream.runner.DEPOSED_SECONDS", 0.1)
    rig = Rig(writer := MemoryWriter([9]))
    work = await deposed(rig, writer)
    await until(lambda: rig.sought == [20])
    await rig.submit(20, 29)
    await until(lambda: writer.stored == [29])
    work.cancel()
    assert (writer.counted, writer.claims) == ([20], 3)


async def test_a_partition_is_taken_over_though_its_first_run_holds_no_records() -> None:
    rig = Rig(writer := MemoryWriter([9]))
    work = asyncio.create_task(rig.runner.run())
    await rig.runner.submit(Run(TP, rig.positions.epochs()[TP], [], 10, 12))
    await until(lambda: writer.stored == [12])
    assert writer.claims == 1
    await rig.submit(13, 14)
    await until(lambda: writer.stored == [14])
    work.cancel()
    assert writer.claims == 1


async def test_the_cost_of_a_batch_is_told_unless_it_was_retried() -> None:
    class Away(MemoryWriter):
        refusals = 0

        async def apply(
            self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int, token: str = ""
        ) -> dict[int, Applied]:
            if self.refusals:
                self.refusals -= 1
                raise StoreUnavailable("Redis is away")
            return await super().apply(topic, partition, runs, now_ms, token)

    rig = Rig(writer := Away([9]))
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 13)
    await until(lambda: rig.took == [4])
    writer.refusals = 2
    await rig.submit(14, 19)
    await until(lambda: writer.stored == [19])
    await rig.submit(20, 22)
    await until(lambda: rig.took != [4])
    work.cancel()
    assert rig.took == [4, 3], "what the process did while Redis was away would make batches small for long"


async def test_the_cost_of_a_batch_that_waited_for_a_person_is_not_told() -> None:
    rig = Rig(writer := MemoryWriter([9]), limit=5)
    rig.pipeline.settle({"bank": HOUSES["bank"]}, {"words": WORDS})
    work = asyncio.create_task(rig.runner.run())
    await rig.submit(10, 19)
    await until(lambda: rig.runner.paused is not None)
    rig.pipeline.settle(HOUSES, {"words": WORDS})
    await until(lambda: writer.stored == [19])
    await rig.submit(20, 22)
    await until(lambda: rig.took != [])
    work.cancel()
    assert rig.took == [3]
