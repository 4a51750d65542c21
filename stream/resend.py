"""Dead letters sent once more: each record to the partition it came from and the marker beside its letter, together.

One Kafka transaction holds both for some letters, so whatever ends a replay, a letter is either sent and marked or
neither. All replays of a topic share one transactional id: a second one that begins ends the first.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stream.deadletter import OFFSET_HEADER, PARTITION_HEADER, TIMESTAMP_HEADER, TOPIC_HEADER
from stream.letterbox import REPLAYED_HEADER, Headers, StoredLetter
from stream.quiet import silent
from stream.topics import MAX_LETTER_BYTES

REPLAY_OF_HEADER: Final = "aura-replay-of"
"""On a record that was replayed: topic, partition and offset of the record that was refused."""

TIMEOUT_SECONDS: Final = 30.0
"""Within which Kafka has to take a transaction."""

TRANSACTION_SECONDS: Final = 20
"""After which Kafka ends the transaction of a replay that was killed: until then workers wait at its first record."""

POLL_SECONDS: Final = 0.05

_FENCED: Final = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
_TOO_LARGE: Final = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)


class ResendFailed(Exception):
    """Kafka did not take a transaction; what was committed before is sent and marked."""


class ResendFenced(ResendFailed):
    """Another replay of the same topic has begun."""

    def __init__(self) -> None:
        super().__init__("another replay of this topic has begun and goes on from here")


class ResendTooLarge(ResendFailed):
    """The reviews topic refuses letters as too large; nothing of their transaction is sent.

    Attributes:
        letters: what may be to blame: one, or those that were in one request with it.
    """

    def __init__(self, letters: list[StoredLetter]) -> None:
        super().__init__(f"{len(letters)} letters are larger than the reviews topic takes")
        self.letters = letters


class Resender:
    """Sends letters again, in transactions. Call :meth:`begin`, then read the letters, then :meth:`send`.

    Args:
        bootstrap_servers: where Kafka answers.
        reviews: topic that the records go to, each to the partition it came from.
        letters: the dead-letter topic.
        timeout: seconds that Kafka has for each transaction.
    """

    def __init__(self, bootstrap_servers: str, reviews: str, letters: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._reviews = reviews
        self._letters = letters
        self._timeout = timeout
        self._settings = {
            "bootstrap.servers": bootstrap_servers,
            "client.id": "aura-replay",
            "transactional.id": f"aura-replay-{reviews}",
            "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
            "delivery.timeout.ms": TRANSACTION_SECONDS * 1000,
            "message.max.bytes": MAX_LETTER_BYTES,
            # A record of megabytes came into the log because it compresses well; so it does again.
            "compression.type": "zstd",
            "max.in.flight": 1,  # else what is refused as too large is tried again until it times out
            "logger": silent(),
        }

    def begin(self) -> None:
        """End any other replay of the topic. Markers that it wrote can be read afterwards, and only then be relied on.

        Raises:
            ResendFailed: Kafka does not answer.
        """
        self._producer = Producer(self._settings)
        self._retried(self._producer.init_transactions)

    def send(self, letters: Sequence[StoredLetter], now_ms: int) -> None:
        """Send and mark whole letters in one transaction.

        Raises:
            ResendTooLarge: begin again and leave out the letters that it names; a transaction that follows one that was
                ended in the middle may find its records purged.
            ResendFenced: another replay has begun; of these letters none is sent.
            ResendFailed: Kafka did not take them. Whether it committed, their markers say.
        """
        failures: list[tuple[StoredLetter, KafkaError]] = []
        try:
            self._producer.begin_transaction()
            for letter in letters:
                self._produce(letter, now_ms, failures)
            # Not flush(): it goes on with deliveries after it has met the fatal error that is to be raised. Once one
            # record has failed, the others would be waited for in vain: a transaction that will be aborted sends none.
            deadline = time.monotonic() + self._timeout
            while (left := len(self._producer)) and not failures and time.monotonic() < deadline:
                self._producer.poll(POLL_SECONDS)
            if not left and not failures:
                return self._retried(self._producer.commit_transaction)
        except KafkaException as error:
            self._abandon()
            raise self._failed(error.args[0]) from error
        except ResendFailed:
            self._abandon()
            raise
        self._abandon()
        # Only now have all failed that will: some that were purged are told before the one that is to blame.
        if too_large := [letter for letter, error in failures if error.code() in _TOO_LARGE]:
            raise ResendTooLarge(too_large)
        raise self._failed(failures[0][1] if failures else None)

    def _abandon(self) -> None:
        """End the transaction: workers wait at its first record until it is over."""
        with suppress(KafkaException):
            self._producer.abort_transaction(self._timeout)

    def _produce(self, letter: StoredLetter, now_ms: int, failures: list[tuple[StoredLetter, KafkaError]]) -> None:
        def delivered(letter: StoredLetter, error: KafkaError | None, _: Message) -> None:
            if error is not None:
                failures.append((letter, error))

        source, offset = letter.source, letter.source_offset
        origin = f"{source.topic}/{source.partition}/{offset}".encode()
        headers: Headers = (*letter.headers, (REPLAY_OF_HEADER, origin))
        marker: Headers = (
            (TOPIC_HEADER, source.topic.encode()),
            (PARTITION_HEADER, str(source.partition).encode()),
            (OFFSET_HEADER, str(offset).encode()),
            (REPLAYED_HEADER, str(now_ms).encode()),
        )
        if letter.source_timestamp is not None:
            marker = (*marker, (TIMESTAMP_HEADER, str(letter.source_timestamp).encode()))
        report = partial(delivered, letter)
        for topic, partition, key, value, its_headers in (
            (self._reviews, source.partition, letter.key, letter.value, headers),
            (self._letters, letter.partition, None, None, marker),
        ):
            try:
                self._producer.produce(topic, value, key, partition, report, headers=list(its_headers))
            except KafkaException as error:
                if error.args[0].code() not in _TOO_LARGE:
                    raise
                failures.append((letter, error.args[0]))
        self._producer.poll(0)

    def _retried(self, step: Callable[[float], None]) -> None:
        """A step of the transaction, again while Kafka may still take it."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                step(max(POLL_SECONDS, deadline - time.monotonic()))
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise self._failed(error.args[0]) from error
            else:
                return

    def _failed(self, error: KafkaError | None) -> ResendFailed:
        if error is not None and error.code() in _FENCED:
            return ResendFenced()
        reason = f"no acknowledgement within {self._timeout:g} s" if error is None else str(error.str())
        return ResendFailed(f"Kafka does not take the letters: {reason}")
