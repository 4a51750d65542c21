"""The dead-letter topic: records that no event could be made of, unchanged, each with where it came from and why."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stream.record import Record, TopicPartition

TOPIC_HEADER: Final = "aura-source-topic"
PARTITION_HEADER: Final = "aura-source-partition"
OFFSET_HEADER: Final = "aura-source-offset"
FIELD_HEADER: Final = "aura-field"
REASON_HEADER: Final = "aura-reason"

POLL_SECONDS: Final = 0.05
"""Longest wait in one poll: a stop is noticed within it."""


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
        acknowledged = 0
        failures: list[KafkaError] = []

        def delivered(error: KafkaError | None, _: Message) -> None:
            nonlocal acknowledged
            if error is None:
                acknowledged += 1
            else:
                failures.append(error)

        for letter in letters:
            self._produce(letter, delivered)
        while acknowledged + len(failures) < len(letters):
            self._producer.poll(POLL_SECONDS)
        if failures:
            raise DeadLettersUnavailable(
                f"{len(failures)} of {len(letters)} dead letters were not acknowledged within {self._timeout:g} s: "
                f"{failures[0].str()}"
            )

    def _produce(self, letter: DeadLetter, delivered: object) -> None:
        record = letter.record
        headers = [
            (TOPIC_HEADER, letter.tp.topic.encode()),
            (PARTITION_HEADER, str(letter.tp.partition).encode()),
            (OFFSET_HEADER, str(record.offset).encode()),
            (FIELD_HEADER, letter.field.encode()),
            (REASON_HEADER, letter.reason.encode()),
        ]
        while True:
            try:
                self._producer.produce(self._topic, record.value, record.key, headers=headers, on_delivery=delivered)
            except BufferError:
                self._producer.poll(POLL_SECONDS)
            except KafkaException as error:
                raise DeadLettersUnavailable(f"Kafka refused a dead letter: {error}") from error
            else:
                return
