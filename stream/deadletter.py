"""The dead-letter topic: records that no event could be made of, each with where it came from and why.

They are unchanged, except for those that the topic refuses as too large; their own headers follow ours.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stream.record import Record, TopicPartition

TOPIC_HEADER: Final = "aura-source-topic"
PARTITION_HEADER: Final = "aura-source-partition"
OFFSET_HEADER: Final = "aura-source-offset"
FIELD_HEADER: Final = "aura-field"
REASON_HEADER: Final = "aura-reason"
CUT_HEADER: Final = "aura-cut-from-bytes"
"""Only on a letter whose value the topic refuses as too large: the length before it was cut."""

CUT_BYTES: Final = 256 * 1024
"""What is left of such a value, and of its key: under the megabyte that brokers take by default. Producers who compress
can put far larger records into the topic of reviews; a letter that is never written would stop its partition."""

POLL_SECONDS: Final = 0.05
"""Longest wait in one poll: a stop is noticed within it."""


_TOO_LARGE: Final = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One refused record."""

    tp: TopicPartition
    record: Record
    field: str
    reason: str


class DeadLettersUnavailable(Exception):
    """Kafka has not acknowledged dead letters; the fence must not pass them."""


class DeadLetterWriter:
    """Writes dead letters and waits for Kafka's acknowledgement.

    Args:
        bootstrap_servers: where Kafka answers.
        topic: the dead-letter topic.
        timeout: seconds within which Kafka has to acknowledge.
    """

    def __init__(self, bootstrap_servers: str, topic: str, *, timeout: float = 10.0) -> None:
        self._topic = topic
        self._timeout = timeout
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "client.id": "aura-dead-letters",
                "enable.idempotence": True,
                "acks": "all",
                "message.timeout.ms": int(timeout * 1000),
                "message.max.bytes": 32 * 1024 * 1024,
                "log_level": 3,
            }
        )

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Write the letters; returns once every one of them is acknowledged.

        Raises:
            DeadLettersUnavailable: some are not; those that are may stand in the topic a second time after a retry.
        """
        if letters:
            await asyncio.get_running_loop().run_in_executor(None, self._send, letters)

    def _send(self, letters: Sequence[DeadLetter]) -> None:
        failures = self._written(letters, cut=False)
        too_large = [letter for letter, error in failures if error.code() in _TOO_LARGE]
        failures = [failure for failure in failures if failure[1].code() not in _TOO_LARGE]
        failures += self._written(too_large, cut=True)
        if failures:
            raise DeadLettersUnavailable(
                f"{len(failures)} of {len(letters)} dead letters were not acknowledged within {self._timeout:g} s: "
                f"{failures[0][1].str()}"
            )

    def _written(self, letters: Sequence[DeadLetter], *, cut: bool) -> list[tuple[DeadLetter, KafkaError]]:
        """Write the letters and wait; those that were not acknowledged, and why."""
        acknowledged = 0
        failures: list[tuple[DeadLetter, KafkaError]] = []

        def delivered(letter: DeadLetter, error: KafkaError | None, _: Message) -> None:
            nonlocal acknowledged
            if error is None:
                acknowledged += 1
            else:
                failures.append((letter, error))

        for letter in letters:
            try:
                self._produce(letter, partial(delivered, letter), cut=cut)
            except KafkaException as error:
                failures.append((letter, error.args[0]))
        while acknowledged + len(failures) < len(letters):
            self._producer.poll(POLL_SECONDS)
        return failures

    def _produce(self, letter: DeadLetter, delivered: object, *, cut: bool) -> None:
        record, value, key = letter.record, letter.record.value, letter.record.key
        headers: list[tuple[str, bytes | None]] = [
            (TOPIC_HEADER, letter.tp.topic.encode()),
            (PARTITION_HEADER, str(letter.tp.partition).encode()),
            (OFFSET_HEADER, str(record.offset).encode()),
            (FIELD_HEADER, letter.field.encode()),
            (REASON_HEADER, letter.reason.encode()),
        ]
        if cut:
            headers.append((CUT_HEADER, str(len(value or b"")).encode()))
            value, key = value and value[:CUT_BYTES], key and key[:CUT_BYTES]
        headers += record.headers  # after ours: what reads letters tells them apart by their place
        while True:
            try:
                self._producer.produce(self._topic, value, key, headers=headers, on_delivery=delivered)
            except BufferError:
                self._producer.poll(POLL_SECONDS)
            else:
                return
