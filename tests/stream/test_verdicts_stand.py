"""Verdicts that stand: the pipeline with dead letters in a real Kafka, over a store in memory."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from stream.burial import DeadLettersUnavailable, DeadLetterWriter
from stream.deadletter import DeadLetter
from stream.letterbox import Letterbox
from stream.pipeline import Pipeline
from stream.record import Run, TopicPartition
from stream.scoring import House
from stream.standing import Standing
from stream.store.reign import Deposed
from stream.store.state import StoreUnavailable
from stream.store.writer import Applied
from stream.topics import dead_letters, ensure_topics
from tests.stream.samples import NOON_MS, WordClassifier, record, run
from tests.stream.test_pipeline import HOUSES, MemoryWriter

WORDS: Any = WordClassifier()
BEFORE = {"bank": HOUSES["bank"]}
"""The tenants file while the shop is missing in it."""


class Town:
    """A topic, and workers that share a store."""

    def __init__(self, kafka: str) -> None:
        self.kafka = kafka
        self.tp = TopicPartition(f"aura.reviews.{uuid.uuid4().hex[:8]}", 0)
        self.writer = MemoryWriter([-1])
        ensure_topics(kafka, partitions=1, replication=1, reviews=self.tp.topic)

    def worker(self, houses: Mapping[str, House]) -> Pipeline:
        letters = DeadLetterWriter(self.kafka, dead_letters(self.tp.topic))
        return Pipeline(houses, {"words": WORDS}, self.writer, letters)

    def run(self) -> Run:
        return run(0, 9, tp=self.tp)

    def letters(self) -> list[int]:
        with Letterbox(self.kafka, dead_letters(self.tp.topic)) as box:
            box.settle()
            return [letter.source_offset for letter in box.letters()]


@pytest.fixture
def town(kafka: str) -> Town:
    return Town(kafka)


async def test_a_verdict_outlives_a_mended_tenants_file_and_a_lost_store(town: Town) -> None:
    first = town.worker(BEFORE)
    await first.learn(town.run())
    (result,) = first.process([town.run()])
    await first.apply(result, [-1])
    assert (town.letters(), town.writer.counted) == (list(range(10)), [0])

    town.writer = MemoryWriter([-1])
    second = town.worker(HOUSES)
    await second.learn(town.run())
    (result,) = second.process([town.run()])
    await second.apply(result, [-1])
    assert (town.letters(), town.writer.counted, town.writer.stored) == (list(range(10)), [0], [9])


async def test_the_same_reviews_in_a_topic_made_anew_are_counted_though_the_old_ones_were_refused(town: Town) -> None:
    old = town.run()
    first = town.worker(BEFORE)
    await first.learn(old)
    (result,) = first.process([old])
    await first.apply(result, [-1])

    town.writer = MemoryWriter([-1])
    new = Run.of(town.tp, 1, [replace(record(offset), timestamp=NOON_MS + 60_000) for offset in range(10)])
    assert [one.value for one in new.records] == [one.value for one in old.records]
    second = town.worker(HOUSES)
    await second.learn(new)
    (result,) = second.process([new])
    await second.apply(result, [-1])
    assert (town.letters(), town.writer.counted) == (list(range(10)), [10])


async def test_a_worker_killed_between_its_letters_and_the_fence_leaves_each_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> dict[int, Applied]:
        raise StoreUnavailable("killed")

    first = town.worker(BEFORE)
    await first.learn(town.run())
    (result,) = first.process([town.run()])
    with monkeypatch.context() as patch:
        patch.setattr(town.writer, "apply", killed)
        with pytest.raises(StoreUnavailable):
            await first.apply(result, [-1])
    assert len(result.buried) == 10

    second = town.worker(BEFORE)
    await second.learn(town.run())
    (result,) = second.process([town.run()])
    await second.apply(result, [-1])
    assert (town.letters(), town.writer.stored, result.buried) == (list(range(10)), [9], [])


async def test_a_worker_that_was_thought_dead_refuses_nothing_that_its_successor_has_counted(town: Town) -> None:
    zombie, successor = town.worker(BEFORE), town.worker(HOUSES)
    await zombie.learn(town.run())
    (late,) = zombie.process([town.run()])

    await successor.learn(town.run())
    (result,) = successor.process([town.run()])  # will count all of them
    for _ in range(2):
        with pytest.raises(Deposed):
            await zombie.apply(late, [-1])
    await successor.apply(result, [-1])
    assert (town.letters(), town.writer.counted, late.buried) == ([], [10], [])


async def test_a_worker_that_was_thought_dead_counts_nothing_that_its_successor_refuses(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    zombie, successor = town.worker(HOUSES), town.worker(BEFORE)
    await zombie.learn(town.run())
    (late,) = zombie.process([town.run()])  # will count all of them
    await successor.learn(town.run())
    (result,) = successor.process([town.run()])
    send = successor._letters.send

    async def interrupted(letters: Sequence[DeadLetter]) -> None:
        with pytest.raises(Deposed):
            await zombie.apply(late, [-1])  # between the look at the fences and the letters
        await send(letters)

    monkeypatch.setattr(successor._letters, "send", interrupted)
    await successor.apply(result, [-1])
    assert (town.letters(), town.writer.counted) == (list(range(10)), [0])


async def test_two_that_take_a_partition_at_once_agree_who_has_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is stopped between its two steps; the other takes the partition and refuses what is there."""
    stopped, other = town.worker(HOUSES), town.worker(BEFORE)
    take = stopped._letters.take

    async def later(tp: TopicPartition, since_ms: int) -> Standing:
        await other.learn(town.run())
        return await take(tp, since_ms)

    monkeypatch.setattr(stopped._letters, "take", later)
    await stopped.learn(town.run())  # the letters are its own now, and the store is the other's
    (counting,), (refusing,) = stopped.process([town.run()]), other.process([town.run()])
    with pytest.raises(Deposed):
        await stopped.apply(counting, [-1])
    with pytest.raises(DeadLettersUnavailable, match="another worker has taken them over"):
        await other.apply(refusing, [-1])
    await other.apply(refusing, [-1])
    assert (town.letters(), town.writer.counted) == (list(range(10)), [0])
