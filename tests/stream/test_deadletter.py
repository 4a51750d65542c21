"""Dead letters in a real Kafka."""

import uuid

import pytest
from confluent_kafka import Consumer

from stream.deadletter import CUT_BYTES, CUT_HEADER, OFFSET_HEADER, DeadLetter, DeadLettersUnavailable, DeadLetterWriter
from stream.topics import dead_letters, ensure_topics
from tests.services import free_port
from tests.stream.samples import TP, FakeRecord


async def test_a_value_that_the_topic_refuses_is_cut_and_the_others_stay_as_they_came(kafka: str) -> None:
    reviews = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=reviews)
    values = [b"first", bytes(3_000_000), bytes(40_000_000), b"last", None]
    keys = {4: bytes(2_000_000)}
    letters = [DeadLetter(TP, FakeRecord(i, value, key=keys.get(i)), "", "not JSON") for i, value in enumerate(values)]
    await DeadLetterWriter(kafka, dead_letters(reviews)).send(letters)
    reader = Consumer({"bootstrap.servers": kafka, "group.id": reviews, "auto.offset.reset": "earliest"})
    reader.subscribe([dead_letters(reviews)])
    found: dict[int, tuple[bytes | None, bytes | None]] = {}
    while len(found) < len(values):
        message = reader.poll(30)
        assert message is not None, f"only {sorted(found)} came"
        assert message.error() is None
        headers = dict(message.headers() or [])
        found[int(headers[OFFSET_HEADER])] = (message.value(), headers.get(CUT_HEADER))
    reader.close()
    assert found == {
        0: (b"first", None),
        1: (bytes(CUT_BYTES), b"3000000"),
        2: (bytes(CUT_BYTES), b"40000000"),
        3: (b"last", None),
        4: (None, b"0"),
    }


async def test_letters_that_nobody_takes_are_said_to_be_unwritten() -> None:
    writer = DeadLetterWriter(f"127.0.0.1:{free_port()}", "nowhere", timeout=0.5)
    with pytest.raises(DeadLettersUnavailable, match="1 of 1 dead letters"):
        await writer.send([DeadLetter(TP, FakeRecord(0, b"junk"), "", "not valid JSON")])
