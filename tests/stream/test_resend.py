"""Dead letters sent again into a real Kafka."""

import uuid
from contextlib import closing
from random import randbytes

import pytest
from confluent_kafka import Consumer, Message, Producer
from confluent_kafka import TopicPartition as NativePartition

from stream.letterbox import Letterbox, StoredLetter
from stream.record import TopicPartition
from stream.resend import REPLAY_OF_HEADER, Resender, ResendFailed, ResendFenced, ResendTooLarge
from stream.topics import MAX_LETTER_BYTES, dead_letters, ensure_topics
from tests.services import free_port
from tests.stream.letters import put, transaction
from tests.stream.samples import NOON_MS

PARTITIONS = 2


class Broker:
    """A topic of reviews with its letters."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.reviews = f"aura.reviews.{uuid.uuid4().hex[:8]}"
        self.letters_topic = dead_letters(self.reviews)
        ensure_topics(address, partitions=PARTITIONS, replication=1, reviews=self.reviews)

    def resender(self) -> Resender:
        resender = Resender(self.address, self.reviews, self.letters_topic)
        resender.begin()
        return resender

    def letters(self) -> list[StoredLetter]:
        with Letterbox(self.address, self.letters_topic) as box:
            return list(box.letters())

    def replayed(self) -> list[int]:
        return [letter.source_offset for letter in self.letters() if letter.replayed_at is not None]

    def records(self) -> list[Message]:
        """What is committed in the reviews topic."""
        settings = {"bootstrap.servers": self.address, "group.id": "test", "enable.partition.eof": True}
        found, open_ones = [], set(range(PARTITIONS))
        with closing(Consumer(settings)) as consumer:
            consumer.assign([NativePartition(self.reviews, partition, 0) for partition in open_ones])
            while open_ones:
                message = consumer.poll(30)
                assert message is not None
                if message.error() is None:
                    found.append(message)
                else:
                    open_ones.discard(message.partition())
        return found


@pytest.fixture
def broker(kafka: str) -> Broker:
    broker = Broker(kafka)

    def letters(producer: Producer) -> None:
        for n in range(6):
            put(producer, broker.letters_topic, n, b"review %d" % n, headers=[("v", b"1"), ("none", None)])

    transaction(kafka, letters)
    return broker


def test_the_same_record_goes_to_the_same_partition_and_the_letter_is_marked(broker: Broker) -> None:
    letters = broker.letters()
    other = StoredLetter(
        1, 0, NOON_MS, TopicPartition(broker.reviews, 1), 44, "", "no key", None, None, b"other", (("v", b"2"),)
    )  # fmt: skip
    resender = broker.resender()
    resender.send([letters[2], other], NOON_MS)
    resender.send([letters[4]], NOON_MS + 1)
    resender.begin()
    found = {message.value(): message for message in broker.records()}
    assert found.keys() == {b"review 2", b"other", b"review 4"}
    assert found[b"review 2"].key() == b"shop/kettle"
    assert found[b"review 2"].headers() == [
        ("v", b"1"), ("none", None), (REPLAY_OF_HEADER, f"{broker.reviews}/0/2".encode())
    ]  # fmt: skip
    assert (found[b"other"].partition(), found[b"other"].key()) == (1, None)
    marked = {letter.source_offset: letter.replayed_at for letter in broker.letters() if letter.replayed_at}
    assert marked == {2: NOON_MS, 4: NOON_MS + 1}


def test_the_letter_of_a_record_whose_time_is_known_is_marked_and_no_other_of_its_offset(broker: Broker) -> None:
    def letters(producer: Producer) -> None:
        for logged_ms in (NOON_MS, -1, NOON_MS + 1):
            put(producer, broker.letters_topic, 70, b"%d" % logged_ms, logged_ms=logged_ms)

    transaction(broker.address, letters)
    resender = broker.resender()
    resender.send([letter for letter in broker.letters() if letter.source_timestamp == -1], NOON_MS)
    resender.begin()
    assert [letter.value for letter in broker.letters() if letter.replayed_at] == [b"-1"]
    assert [message.headers() for message in broker.records()] == [
        [(REPLAY_OF_HEADER, f"{broker.reviews}/0/70".encode())]
    ]


def test_what_the_topic_refuses_as_too_large_is_named_and_nothing_beside_it_is_sent(broker: Broker) -> None:
    letters = broker.letters()
    large = [
        StoredLetter(0, 9, NOON_MS, TopicPartition(broker.reviews, 0), 9 + i, "", "r", None, None, value, ())
        for i, value in enumerate((randbytes(3_000_000), bytes(MAX_LETTER_BYTES)))
    ]
    resender = broker.resender()
    for one in large:
        with pytest.raises(ResendTooLarge) as raised:
            resender.send([letters[0], one, letters[1]], NOON_MS)
        assert raised.value.letters == [one]
        assert broker.records() == []
        assert broker.replayed() == []
        resender.begin()
    resender.send(letters[:2], NOON_MS)
    resender.begin()
    assert [message.value() for message in broker.records()] == [b"review 0", b"review 1"]
    assert broker.replayed() == [0, 1]


def test_a_large_record_that_came_compressed_is_sent_compressed(broker: Broker) -> None:
    large = StoredLetter(
        0, 9, NOON_MS, TopicPartition(broker.reviews, 0), 9, "", "r", None, None, b"[" * 3_000_000, ()
    )  # fmt: skip
    broker.resender().send([large], NOON_MS)
    broker.resender()
    assert [len(message.value() or b"") for message in broker.records()] == [3_000_000]


def test_a_second_replay_ends_the_first_and_nothing_is_sent_twice(broker: Broker) -> None:
    letters = broker.letters()
    first = broker.resender()
    first.send(letters[:2], NOON_MS)
    second = broker.resender()
    with pytest.raises(ResendFenced):
        first.send(letters[2:4], NOON_MS)
    second.send([letter for letter in broker.letters() if letter.replayed_at is None], NOON_MS)
    with pytest.raises(ResendFenced):
        first.send(letters[4:], NOON_MS)
    broker.resender()
    assert sorted(message.value() or b"" for message in broker.records()) == [b"review %d" % n for n in range(6)]
    assert broker.replayed() == list(range(6))


def test_a_transaction_that_cannot_be_is_taken_back_whole(broker: Broker) -> None:
    letters = broker.letters()
    nowhere = StoredLetter(0, 9, NOON_MS, TopicPartition(broker.reviews, 77), 9, "", "r", None, None, b"lost", ())
    resender = broker.resender()
    with pytest.raises(ResendFailed, match="Unknown partition"):
        resender.send([letters[0], nowhere], NOON_MS)
    assert broker.records() == []
    assert broker.replayed() == []
    resender.begin()
    resender.send([letters[0]], NOON_MS)
    resender.begin()
    assert broker.replayed() == [0]


def test_a_kafka_that_does_not_answer_is_said_in_a_sentence() -> None:
    resender = Resender(f"127.0.0.1:{free_port()}", "reviews", "letters", timeout=1.0)
    with pytest.raises(ResendFailed, match="Kafka does not take the letters"):
        resender.begin()
