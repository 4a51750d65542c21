"""A backlog that is wholly in Kafka before any worker sees a review of it."""

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.errors import CommandError
from stream.event import EVENT_VERSION, VERSION_HEADER, ReviewEvent, encode

TRANSACTION_SECONDS: Final = 900
"""As long as a broker lets a transaction be open (``transaction.max.timeout.ms``). Ten million reviews take less."""

WAIT_SECONDS: Final = 60.0
"""For any one answer of the broker."""

_HEADERS: Final = [(VERSION_HEADER, str(EVENT_VERSION).encode())]


class Backlog:
    """Reviews in one open transaction: :meth:`write` puts them into the log, :meth:`release` shows them.

    Workers read what is committed only, so they can join their group, take their partitions and be warm while the
    backlog is written, and none of them can begin before the others: all of it becomes readable with the commit. A
    backlog that is readable from the start is drained by the first worker that joins, until the group is rebalanced.
    A worker that is held by a signal (SIGSTOP) loses its place in the group after a session's silence, and one that is
    told to pause would have to be told to go on, one after the other.

    A context manager; a transaction that is left open is aborted.

    Args:
        bootstrap_servers: where Kafka answers.
        topic: of reviews.

    Attributes:
        written: reviews that Kafka has acknowledged.
    """

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self.written = 0
        self._topic = topic
        self._error: KafkaError | None = None
        self._open = False
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "client.id": "aura-bench-backlog",
                "transactional.id": f"aura-bench-{topic}",
                "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
                "linger.ms": 20,
                "compression.type": "none",
                "log_level": 2,  # what goes wrong is raised
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open:
            self._producer.abort_transaction(WAIT_SECONDS)

    def write(self, events: Iterable[ReviewEvent]) -> None:
        """Put the events into the log, where nobody sees them yet, and wait until all are acknowledged.

        Raises:
            CommandError: Kafka does not take them.
        """
        try:
            self._producer.init_transactions(WAIT_SECONDS)
            self._producer.begin_transaction()
            self._open = True
            self._produce(events)
            deadline = time.monotonic() + WAIT_SECONDS
            while self._producer.flush(1) and time.monotonic() < deadline and self._error is None:
                pass
        except KafkaException as error:
            raise CommandError(f"Kafka does not take the backlog: {error.args[0].str()}") from error
        if self._error is not None or len(self._producer):
            raise CommandError(f"Kafka does not take the backlog: {self._error or 'no answer'}")

    def release(self) -> None:
        """Let all of it be read.

        Raises:
            CommandError: Kafka does not commit.
        """
        try:
            self._producer.commit_transaction(WAIT_SECONDS)
        except KafkaException as error:
            raise CommandError(f"Kafka does not commit the backlog: {error.args[0].str()}") from error
        self._open = False

    def _produce(self, events: Iterable[ReviewEvent]) -> None:
        for event in events:
            value, key = encode(event), event.key
            while not self._taken(value, key):
                self._producer.poll(0.1)

    def _taken(self, value: bytes, key: bytes) -> bool:
        try:
            self._producer.produce(self._topic, value, key, headers=_HEADERS, on_delivery=self._delivered)
        except BufferError:
            return False
        return True

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.written += 1
        else:
            self._error = error
