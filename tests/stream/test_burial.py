"""Dead letters written to a real Kafka, and to librdkafka's in-process broker: each once."""

import os
import time
import uuid
from collections.abc import Iterable, Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from stream import burial
from stream.burial import DeadLettersUnavailable, DeadLetterWriter
from stream.deadletter import CUT_BYTES, DeadLetter
from stream.letterbox import Letterbox, LetterboxUnavailable, Marker, StoredLetter
from stream.record import TopicPartition
from stream.topics import dead_letters, ensure_topics
from tests.services import free_port
from tests.stream.letters import mark, transaction
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


def stored(address: str, reviews: str) -> list[StoredLetter]:
    with Letterbox(address, dead_letters(reviews)) as box:
        return list(box.letters())


def offsets(address: str, reviews: str) -> list[int]:
    return [found.source_offset for found in stored(address, reviews)]


async def test_letters_stand_in_the_partition_of_their_source_in_order(kafka: str) -> None:
    reviews = reviews_topic(kafka, partitions=3)
    writer = DeadLetterWriter(kafka, dead_letters(reviews))
    for partition in (2, 0, 5):
        tp = TopicPartition(reviews, partition)
        assert len(await writer.send([letter(tp, offset) for offset in (3, 4, 9)])) == 3
    found = [(each.partition, each.source.partition, each.source_offset) for each in stored(kafka, reviews)]
    assert found == [(place, source, offset) for place, source in ((0, 0), (2, 2), (2, 5)) for offset in (3, 4, 9)]


async def test_a_letter_sent_again_is_not_written_again_by_whomever(address: str) -> None:
    reviews = reviews_topic(address)
    tp, topic = TopicPartition(reviews, 0), dead_letters(reviews)
    first = DeadLetterWriter(address, topic)
    await first.send([letter(tp, 1), letter(tp, 2)])
    assert await first.send([letter(tp, 1), letter(tp, 2)]) == []
    other = DeadLetterWriter(address, topic)
    assert [each.record.offset for each in await other.send([letter(tp, 2), letter(tp, 3)])] == [3]
    assert await other.standing(tp, 0, NOW) == {1, 2, 3}
    assert await other.standing(tp, 3, NOW) == {3}
    assert await other.standing(TopicPartition(reviews, 1), 0, NOW) == set()
    assert offsets(address, reviews) == [1, 2, 3]


@pytest.mark.parametrize("late", [1, 100])
async def test_a_worker_that_was_thought_dead_writes_no_letter_after_its_successor(kafka: str, late: int) -> None:
    reviews = reviews_topic(kafka)
    tp, topic = TopicPartition(reviews, 0), dead_letters(reviews)
    zombie, successor = DeadLetterWriter(kafka, topic), DeadLetterWriter(kafka, topic)
    await zombie.send([letter(tp, 1)])
    await successor.send([letter(tp, 2), letter(tp, 3)])
    with pytest.raises(DeadLettersUnavailable, match=f"{late} dead letters of"):
        await zombie.send([letter(tp, 2 + number) for number in range(late)])
    # Should it hold the partition after all, it begins anew and sees what stands there.
    assert [each.record.offset for each in await zombie.send([letter(tp, 3), letter(tp, 4)])] == [4]
    assert offsets(kafka, reviews) == [1, 2, 3, 4]


async def test_what_a_killed_worker_left_unfinished_neither_stands_nor_stops_the_next(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, topic = TopicPartition(reviews, 0), dead_letters(reviews)
    killed = Producer(
        {"bootstrap.servers": kafka, "transactional.id": f"aura-dead-letters-{reviews}-0", "log_level": 0}
    )
    killed.init_transactions(30)
    killed.begin_transaction()
    killed.produce(topic, b"junk", partition=0, headers={"aura-source-offset": b"1"})
    killed.flush(30)
    assert len(await DeadLetterWriter(kafka, topic).send([letter(tp, 1)])) == 1
    assert offsets(kafka, reviews) == [1]


async def test_who_asks_what_stands_there_ends_what_a_killed_worker_left_unfinished(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, topic = TopicPartition(reviews, 0), dead_letters(reviews)
    await DeadLetterWriter(kafka, topic).send([letter(tp, 1)])
    killed = Producer(
        {"bootstrap.servers": kafka, "transactional.id": f"aura-dead-letters-{reviews}-0", "log_level": 0}
    )
    killed.init_transactions(30)
    killed.begin_transaction()
    killed.produce(topic, b"junk", partition=0, headers={"aura-source-offset": b"2"})
    killed.flush(30)
    assert await DeadLetterWriter(kafka, topic).standing(tp, 0, NOW) == {1}
    with pytest.raises(KafkaException, match=r"fenced|newer"):
        killed.commit_transaction(30)


async def test_letters_stand_there_for_others_as_soon_as_they_are_sent(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, topic = TopicPartition(reviews, 0), dead_letters(reviews)
    writer, other = DeadLetterWriter(kafka, topic), DeadLetterWriter(kafka, topic)
    for offset in range(30):
        await writer.send([letter(tp, offset)])
        assert await other.standing(tp, 0, NOW) == set(range(offset + 1))


async def test_a_commit_whose_answer_never_came_is_found_to_have_happened(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    writer = DeadLetterWriter(kafka, dead_letters(reviews))
    commit = burial._Session._committed

    def unanswered(session: "burial._Session", letters: list[DeadLetter], cut: set[int]) -> set[int]:
        commit(session, letters, cut)
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))

    monkeypatch.setattr(burial._Session, "_committed", unanswered)
    with pytest.raises(DeadLettersUnavailable):
        await writer.send([letter(tp, 1)])
    monkeypatch.undo()
    assert await writer.send([letter(tp, 1)]) == []
    assert offsets(kafka, reviews) == [1]


async def test_old_letters_are_found_from_the_time_of_an_old_record(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp = TopicPartition(reviews, 0)
    writer = DeadLetterWriter(kafka, dead_letters(reviews))
    await writer.send([letter(tp, 1)])
    assert await writer.standing(tp, 0, NOW) == {1}
    assert await writer.standing(tp, 0, 0) == {1}
    assert await writer.standing(tp, 0, NOW + 2 * burial.MARGIN_MS) == set()


async def test_a_marker_of_a_replay_is_no_letter(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, topic = TopicPartition(reviews, 0), dead_letters(reviews)
    transaction(kafka, lambda producer: mark(producer, topic, 7))
    assert await DeadLetterWriter(kafka, topic).standing(tp, 0, 0) == set()


async def test_what_compresses_well_stands_as_it_came_though_it_is_20_megabytes(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, value = TopicPartition(reviews, 0), b"[" * 20_000_000
    await DeadLetterWriter(kafka, dead_letters(reviews)).send([letter(tp, 1, value), letter(tp, 2)])
    large, small = stored(kafka, reviews)
    assert (large.value, large.cut_from_bytes) == (value, None)
    assert small.value == b"junk"


async def test_in_a_topic_of_small_records_what_it_refuses_is_cut_and_the_others_stay_as_they_came(kafka: str) -> None:
    reviews = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(dead_letters(reviews), 1, 1)])[dead_letters(reviews)].result(30)
    noise = os.urandom(3_000_000)
    values = [b"first", noise, bytes(70_000_000), b"last"]
    tp = TopicPartition(reviews, 0)
    letters = [letter(tp, offset, value) for offset, value in enumerate(values)]
    assert len(await DeadLetterWriter(kafka, dead_letters(reviews)).send(letters)) == 4
    assert [(each.value, each.cut_from_bytes) for each in stored(kafka, reviews)] == [
        (b"first", None),
        (noise[:CUT_BYTES], 3_000_000),
        (bytes(CUT_BYTES), 70_000_000),
        (b"last", None),
    ]


async def test_letters_that_nobody_takes_are_said_to_be_unwritten() -> None:
    writer = DeadLetterWriter(f"127.0.0.1:{free_port()}", "nowhere", timeout=0.5)
    tp = TopicPartition("reviews", 0)
    with pytest.raises(DeadLettersUnavailable, match="dead letters of reviews-0 cannot be written"):
        await writer.send([letter(tp, 0)])
    with pytest.raises(DeadLettersUnavailable, match="nowhere: Kafka does not give it"):
        await writer.standing(tp, 0, 0)


async def test_a_partition_that_was_given_away_and_came_back_is_opened_anew(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, topic = TopicPartition(reviews, 0), dead_letters(reviews)
    writer, other = DeadLetterWriter(kafka, topic), DeadLetterWriter(kafka, topic)
    await writer.send([letter(tp, 1)])
    writer.release([tp, TopicPartition(reviews, 1)])
    await other.send([letter(tp, 2)])
    assert [each.record.offset for each in await writer.send([letter(tp, 2), letter(tp, 3)])] == [3]


async def test_a_topic_that_is_gone_is_named_with_what_to_do(kafka: str) -> None:
    writer = DeadLetterWriter(kafka, "none-such.dead-letters")
    with pytest.raises(DeadLettersUnavailable, match=r"no topic none-such\.dead-letters; create it"):
        await writer.standing(TopicPartition("none-such", 0), 0, 0)


async def test_what_kafka_did_not_give_is_asked_for_over_a_connection_of_its_own(kafka: str) -> None:
    reviews = reviews_topic(kafka)
    tp, writer = TopicPartition(reviews, 1), DeadLetterWriter(kafka, dead_letters(reviews))
    await writer.send([letter(tp, 5)])

    class Stuck(Letterbox):
        closed = False

        def entries(
            self, partitions: Iterable[int] | None = None, since_ms: int = 0
        ) -> Iterator[StoredLetter | Marker]:
            raise LetterboxUnavailable("Unknown partition")

        def close(self) -> None:
            super().close()
            self.closed = True

    writer._box = stuck = Stuck(kafka, dead_letters(reviews))
    with pytest.raises(DeadLettersUnavailable, match="Unknown partition"):
        await writer.standing(tp, 0, NOW)
    assert stuck.closed
    assert await writer.standing(tp, 0, NOW) == {5}
