"""Transactions that Kafka has forgotten, on a real Kafka: no letter is lost over them, and nobody waits for ever."""

import asyncio
import time

import pytest

from stream import hanging
from stream.burial import DeadLettersUnavailable, DeadLetterWriter
from stream.deadletter import DeadLetter, written
from stream.letterbox import Hidden, Letterbox
from stream.record import TopicPartition
from stream.topics import dead_letters
from tests.stream.hanging import hang
from tests.stream.test_burial import NOW, letter, offsets, reviews_topic, standing, stored, unfinished, write

PATIENCE_SECONDS = 60.0


def writer_of(address: str, reviews: str) -> DeadLetterWriter:
    return DeadLetterWriter(address, dead_letters(reviews), timeout=2)


async def forget(address: str, tp: TopicPartition, one: DeadLetter, place: int = 0) -> None:
    """Have a letter of ``tp`` stand there whose transaction nobody ends."""
    name = f"aura-dead-letters-{tp.topic}-{tp.partition}"
    await hang(address, name, dead_letters(tp.topic), place, written(one, cut=False))


async def persistently(writer: DeadLetterWriter, letters: list[DeadLetter]) -> list[int]:
    """As the runner does, until it succeeds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await write(writer, letters)
        except DeadLettersUnavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hanging, "HANGING_SECONDS", 1.0)


@pytest.mark.usefixtures("impatient")
async def test_a_letter_that_kafka_forgot_to_commit_stands_there_and_nobody_waits_for_ever(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    await persistently(writer_of(kafka, reviews), [letter(tp, 1)])
    await forget(kafka, tp, letter(tp, 2))
    with pytest.raises(Hidden), Letterbox(kafka, dead_letters(reviews)) as box:
        box.settle(seconds=1)
    assert await persistently(writer_of(kafka, reviews), [letter(tp, 2), letter(tp, 3)]) == [3]
    assert offsets(kafka, reviews) == [1, 2, 3]


@pytest.mark.usefixtures("impatient")
async def test_it_is_ended_by_whoever_waits_for_it_and_the_one_it_belongs_to_goes_on(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, other = TopicPartition(reviews, 0), TopicPartition(reviews, 1)
    owner = writer_of(kafka, reviews)
    await persistently(owner, [letter(tp, 1)])
    await forget(kafka, tp, letter(tp, 2))
    assert await persistently(writer_of(kafka, reviews), [letter(other, 7)]) == [7]
    assert await persistently(owner, [letter(tp, 2), letter(tp, 3)]) == [3]
    assert offsets(kafka, reviews) == [1, 2, 3, 7]


@pytest.mark.usefixtures("impatient")
async def test_one_in_a_place_of_when_there_were_fewer_partitions_is_ended_too(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 1)
    await forget(kafka, tp, letter(tp, 2), place=0)
    assert await persistently(writer_of(kafka, reviews), [letter(tp, 2), letter(tp, 3)]) == [3]
    assert offsets(kafka, reviews) == [2, 3]


async def test_letters_are_not_said_to_be_written_while_nobody_can_read_them(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    writer = writer_of(kafka, reviews)
    await writer.take(tp, NOW)
    replay = unfinished(kafka, dead_letters(reviews), f"aura-replay-{reviews}")
    with pytest.raises(DeadLettersUnavailable, match="hides what stands there from offset 0 on"):
        await writer.send([letter(tp, 1)])
    assert not writer.holds(tp)
    replay.abort_transaction(30)
    assert await standing(writer, tp) == {1}


@pytest.mark.usefixtures("impatient")
async def test_a_transaction_of_somebody_else_is_left_alone(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    stranger = unfinished(kafka, dead_letters(reviews), "a stranger")
    writer = writer_of(kafka, reviews)
    with Letterbox(kafka, dead_letters(reviews), timeout=2) as box:
        hidden = Hidden(box.topic, 0, 0)
        watch = hanging.Hanging(kafka, box.topic, 2)
        assert not watch.ended(hidden, reviews, box)
        await asyncio.sleep(1.1)
        assert not watch.ended(hidden, reviews, box)
    stranger.abort_transaction(30)
    assert await persistently(writer, [letter(tp, 3)]) == [3]
    assert [found.source_offset for found in stored(kafka, reviews)] == [3], "seals are no letters"
    with Letterbox(kafka, dead_letters(reviews)) as box:
        assert list(box.entries()) != []
        assert box.foreign == 0
