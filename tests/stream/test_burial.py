"""Dead letters written to a real Kafka, and to librdkafka's in-process broker: each once."""

import contextlib
import os
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Final

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from stream.burial import DeadLettersUnavailable, DeadLetterWriter
from stream.deadletter import CUT_BYTES, MAX_HEADERS, DeadLetter
from stream.letterbox import Headers, Letterbox, LetterboxUnavailable, StoredLetter
from stream.lettersession import Session
from stream.record import TopicPartition
from stream.topics import dead_letters, ensure_topics
from stream.verdicts import Verdicts
from tests.services import free_port
from tests.stream.letters import put
from tests.stream.samples import FakeRecord

NOW = time.time_ns() // 1_000_000


@pytest.fixture(params=["kafka", "kafka_address"])
def address(request: pytest.FixtureRequest) -> str:
    """Either broker."""
    found: str = request.getfixturevalue(request.param)
    return found


def reviews_topic(address: str, partitions: int = 2) -> str:
    name = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(address, partitions=partitions, replication=1, reviews=name)
    return name


def letter(tp: TopicPartition, offset: int, value: bytes = b"junk") -> DeadLetter:
    return DeadLetter(tp, FakeRecord(offset, value, timestamp=NOW), "", "not valid JSON")


def writer_of(address: str, reviews: str) -> DeadLetterWriter:
    return DeadLetterWriter(address, dead_letters(reviews))


async def write(writer: DeadLetterWriter, letters: list[DeadLetter]) -> list[int]:
    """As the pipeline does: take the partition unless it is held, leave out what stands there; what was written."""
    tp = letters[0].tp
    if not writer.holds(tp):
        standing = await writer.take(tp, NOW)
        letters = [one for one in letters if not standing.holds(one.record)]
    if letters:
        await writer.send(letters)
    return [one.record.offset for one in letters]


async def standing(writer: DeadLetterWriter, tp: TopicPartition, since_ms: int = NOW) -> set[int]:
    """Which of the first offsets stand there."""
    found = await writer.take(tp, since_ms)
    return {offset for offset in range(20) if found.holds(letter(tp, offset).record)}


def stored(address: str, reviews: str) -> list[StoredLetter]:
    with Letterbox(address, dead_letters(reviews)) as box:
        box.settle()
        return list(box.letters())


def offsets(address: str, reviews: str) -> list[int]:
    return [found.source_offset for found in stored(address, reviews)]


def unfinished(address: str, topic: str, name: str) -> Producer:
    """A transaction that was begun in partition 0 and never ended."""
    producer = Producer({"bootstrap.servers": address, "transactional.id": name, "log_level": 0})
    producer.init_transactions(30)
    producer.begin_transaction()
    put(producer, topic, 99)
    assert producer.flush(30) == 0
    return producer


async def test_letters_stand_in_the_partition_of_their_source_in_order(kafka: str) -> None:
    reviews = reviews_topic(kafka, partitions=3)
    writer = writer_of(kafka, reviews)
    for partition in (2, 0, 5):
        tp = TopicPartition(reviews, partition)
        assert await write(writer, [letter(tp, offset) for offset in (3, 4, 9)]) == [3, 4, 9]
    found = [(each.partition, each.source.partition, each.source_offset) for each in stored(kafka, reviews)]
    assert found == [(place, source, offset) for place, source in ((0, 0), (2, 2), (2, 5)) for offset in (3, 4, 9)]


async def test_whoever_takes_a_partition_sees_what_stands_there(address: str) -> None:
    reviews = reviews_topic(address)
    tp = TopicPartition(reviews, 0)
    await write(writer_of(address, reviews), [letter(tp, 1), letter(tp, 2)])
    other = writer_of(address, reviews)
    assert await write(other, [letter(tp, 2), letter(tp, 3)]) == [3]
    assert await standing(other, tp) == {1, 2, 3}
    assert await standing(other, TopicPartition(reviews, 1)) == set()
    assert offsets(address, reviews) == [1, 2, 3]


@pytest.mark.parametrize("late", [1, 100])
async def test_a_worker_that_was_thought_dead_writes_no_letter_after_its_successor(kafka: str, late: int) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    zombie, successor = writer_of(kafka, reviews), writer_of(kafka, reviews)
    await write(zombie, [letter(tp, 1)])
    await write(successor, [letter(tp, 2), letter(tp, 3)])
    with pytest.raises(DeadLettersUnavailable, match=f"{late} dead letters of"):
        await write(zombie, [letter(tp, 2 + number) for number in range(late)])
    # Should it hold the partition after all, it begins anew and sees what stands there.
    assert await write(zombie, [letter(tp, 3), letter(tp, 4)]) == [4]
    assert offsets(kafka, reviews) == [1, 2, 3, 4]


async def test_no_letter_comes_after_its_record_was_counted_by_whoever_has_the_partition_now(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    zombie, successor = writer_of(kafka, reviews), writer_of(kafka, reviews)
    await write(zombie, [letter(tp, 1)])
    # With a tenants file that was mended meanwhile, the successor has nothing to refuse, and so nothing to write.
    assert await standing(successor, tp) == {1}
    with pytest.raises(DeadLettersUnavailable):
        await write(zombie, [letter(tp, 2)])
    assert offsets(kafka, reviews) == [1]


async def test_what_a_killed_worker_left_unfinished_neither_stands_nor_stops_the_next(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    topic = dead_letters(reviews)
    unfinished(kafka, topic, f"aura-dead-letters-{reviews}-0")
    assert await write(writer_of(kafka, reviews), [letter(TopicPartition(reviews, 0), 1)]) == [1]
    assert offsets(kafka, reviews) == [1]


async def test_who_takes_a_partition_ends_what_a_killed_worker_left_unfinished(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    await write(writer_of(kafka, reviews), [letter(tp, 1)])
    killed = unfinished(kafka, dead_letters(reviews), f"aura-dead-letters-{reviews}-0")
    assert await standing(writer_of(kafka, reviews), tp) == {1}
    with pytest.raises(KafkaException, match=r"fenced|newer"):
        killed.commit_transaction(30)


async def test_letters_stand_there_for_others_as_soon_as_they_are_sent(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    writer = writer_of(kafka, reviews)
    with Letterbox(kafka, dead_letters(reviews)) as box:
        verdicts = Verdicts()
        for offset in range(20):
            await write(writer, [letter(tp, offset)])
            verdicts.read(box)
            assert len(verdicts.of(tp)) == offset + 1


async def test_letters_behind_what_another_left_unfinished_are_not_written_again(kafka: str) -> None:
    """It hides them from readers until its time is up. A replay writes to the same partition, as do other workers."""
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    writer = writer_of(kafka, reviews)
    await writer.take(tp, NOW)
    replay = unfinished(kafka, dead_letters(reviews), "a replay that was killed")
    with pytest.raises(DeadLettersUnavailable, match="hides what stands there from offset 0 on"):
        await write(writer, [letter(tp, 1)])
    successor = DeadLetterWriter(kafka, dead_letters(reviews), timeout=1)
    with pytest.raises(DeadLettersUnavailable, match="hides what stands there from offset 0 on"):
        await write(successor, [letter(tp, 1)])
    replay.abort_transaction(30)
    assert await write(successor, [letter(tp, 1)]) == []
    assert offsets(kafka, reviews) == [1]


async def test_a_commit_whose_answer_never_came_is_found_to_have_happened(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    writer = writer_of(kafka, reviews)
    complete = Session.write

    def unanswered(session: Session, letters: list[DeadLetter], cut: set[int]) -> None:
        complete(session, letters, cut)
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))

    monkeypatch.setattr(Session, "write", unanswered)
    with pytest.raises(DeadLettersUnavailable):
        await write(writer, [letter(tp, 1)])
    monkeypatch.undo()
    assert await write(writer, [letter(tp, 1)]) == []
    assert offsets(kafka, reviews) == [1]


async def test_what_is_not_held_is_not_written(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    writer = writer_of(kafka, reviews)
    await writer.take(tp, NOW)
    writer.release([tp, TopicPartition(reviews, 1)])
    assert not writer.holds(tp)
    with pytest.raises(DeadLettersUnavailable, match="not ours"):
        await writer.send([letter(tp, 1)])
    assert offsets(kafka, reviews) == []


async def test_what_compresses_well_stands_as_it_came_though_it_is_20_megabytes(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, value = TopicPartition(reviews, 0), b"[" * 20_000_000
    await write(writer_of(kafka, reviews), [letter(tp, 1, value), letter(tp, 2)])
    large, small = stored(kafka, reviews)
    assert (large.value, large.cut_from_bytes) == (value, None)
    assert small.value == b"junk"


async def persistently(writer: DeadLetterWriter, letters: list[DeadLetter]) -> None:
    """As the runner does, three times."""
    for _ in range(2):
        with contextlib.suppress(DeadLettersUnavailable):
            await write(writer, letters)
            return
    await write(writer, letters)


def small_topic(address: str) -> str:
    """A dead-letter topic that Aura has not made: it takes a megabyte."""
    reviews = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(dead_letters(reviews), 1, 1)])[dead_letters(reviews)].result(30)
    return reviews


async def test_in_a_topic_of_small_records_what_it_refuses_is_cut_and_the_others_stay_as_they_came(kafka: str) -> None:
    reviews = small_topic(kafka)
    noise = os.urandom(3_000_000)
    values = [b"first", noise, bytes(70_000_000), b"last"]
    tp = TopicPartition(reviews, 0)
    letters = [letter(tp, offset, value) for offset, value in enumerate(values)]
    writer = writer_of(kafka, reviews)
    await persistently(writer, letters)
    assert [(each.value, each.cut_from_bytes) for each in stored(kafka, reviews)] == [
        (b"first", None),
        (noise[:CUT_BYTES], 3_000_000),
        (bytes(CUT_BYTES), 70_000_000),
        (b"last", None),
    ]
    found = await writer.take(tp, NOW)
    assert all(found.holds(one.record) for one in letters), "a letter that was cut is the verdict on the whole record"


async def test_many_that_are_too_large_among_others_do_not_hold_the_partition_up(kafka: str) -> None:
    reviews = small_topic(kafka)
    tp = TopicPartition(reviews, 0)
    large = {7, 32, 57, 82}
    letters = [letter(tp, n, os.urandom(2_000_000) if n in large else b"x" * 500) for n in range(100)]
    await persistently(writer_of(kafka, reviews), letters)
    found = stored(kafka, reviews)
    assert [each.source_offset for each in found] == list(range(100))
    assert {each.source_offset for each in found if each.cut_from_bytes is not None} == large


MANY: Final = 100_000
"""Headers of which librdkafka gives none back."""

NAMELESS: Final[Headers] = (("", b"1"), ("", None))

ODD: Final[dict[str, Callable[[], tuple[Headers, Headers, int | None]]]] = {
    "a value beyond all limits": lambda: ((("first", b"1"), ("long", bytes(70_000_000))), (("first", b"1"),), 2),
    "a name beyond all limits": lambda: ((("n" * 70_000_000, b""),), (), 1),
    "more than are given back": lambda: ((("", b""),) * MANY, (("", b""),) * MAX_HEADERS, MANY),
    "many, and long": lambda: ((("", bytes(100_000)),) * MANY, (("", bytes(100_000)),) * 2, MANY),
    "no names": lambda: (NAMELESS, NAMELESS, None),
}
"""What a record has, what its letter has of it, and how many that says there were. Made when asked for: megabytes."""


@pytest.mark.parametrize("kind", ODD)
async def test_no_headers_stop_a_partition_or_hide_its_letter(kafka: str, kind: str) -> None:
    headers, kept, many = ODD[kind]()
    reviews = reviews_topic(kafka)
    one = DeadLetter(TopicPartition(reviews, 0), FakeRecord(1, b"{", NOW, headers=headers), "", "not JSON")
    await persistently(writer_of(kafka, reviews), [one])
    (found,) = stored(kafka, reviews)
    assert (found.value, found.cut_from_bytes) == (b"{", None)
    assert (found.headers, found.cut_from_headers, found.whole) == (kept, many, many is None)
    assert (await writer_of(kafka, reviews).take(one.tp, NOW)).holds(one.record)


async def test_letters_that_nobody_takes_are_said_to_be_unwritten() -> None:
    writer = DeadLetterWriter(f"127.0.0.1:{free_port()}", "nowhere", timeout=0.5)
    with pytest.raises(DeadLettersUnavailable, match="the dead letters of reviews-0 cannot be taken over"):
        await writer.take(TopicPartition("reviews", 0), 0)


async def test_a_topic_that_was_deleted_is_named(kafka: str) -> None:
    writer = writer_of(kafka, f"aura.reviews.{uuid.uuid4().hex[:8]}")
    with pytest.raises(DeadLettersUnavailable, match=r"there is no topic aura\.reviews\..* create it"):
        await writer.take(TopicPartition("reviews", 0), 0)


async def test_what_kafka_did_not_give_is_asked_for_over_a_connection_of_its_own(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, writer = TopicPartition(reviews, 1), writer_of(kafka, reviews)
    await write(writer, [letter(tp, 5)])

    class Stuck(Letterbox):
        closed = False

        def settle(self, partitions: Iterable[int] | None = None, seconds: float | None = None) -> None:
            raise LetterboxUnavailable("Unknown partition")

        def close(self) -> None:
            super().close()
            self.closed = True

    writer._box = stuck = Stuck(kafka, dead_letters(reviews))
    with pytest.raises(DeadLettersUnavailable, match="Unknown partition"):
        await writer.take(tp, NOW)
    assert stuck.closed
    assert not writer.holds(tp)
    assert await standing(writer, tp) == {5}
