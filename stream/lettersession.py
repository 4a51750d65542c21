"""One writer of one source partition's letters: a Kafka producer whose transactional id names that partition."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stream.deadletter import DeadLetter, written
from stream.letterbox import SEAL_HEADER
from stream.quiet import silent
from stream.record import TopicPartition
from stream.topics import MAX_LETTER_BYTES

TRANSACTION_SECONDS: Final = 15.0
"""After this the broker gives up what a killed worker left unfinished, should no other take its partitions: readers of
the topic see nothing behind it until then. Longer than a step: a slow one must not be given up under its worker."""

ABORT_SECONDS: Final = 2.0
"""How long to wait for the end of a transaction that failed. Whoever takes the partition next ends it otherwise."""

POLL_SECONDS: Final = 0.05

TOO_LARGE: Final = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)

T = TypeVar("T")


class LettersTooLarge(Exception):
    """The topic refuses letters as too large; none of their transaction is written.

    Attributes:
        offsets: of their records.
    """

    def __init__(self, offsets: set[int]) -> None:
        super().__init__(f"{len(offsets)} dead letters are larger than their topic takes")
        self.offsets = offsets


class Session:
    """The only writer of one source partition's letters, from its opening until the next one opens."""

    def __init__(self, bootstrap_servers: str, topic: str, tp: TopicPartition, timeout: float) -> None:
        self.place = 0
        self._topic = topic
        self._timeout = timeout
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "client.id": "aura-dead-letters",
                "transactional.id": f"aura-dead-letters-{tp.topic}-{tp.partition}",
                "transaction.timeout.ms": int(max(TRANSACTION_SECONDS, 1.5 * timeout) * 1000),
                "message.timeout.ms": int(timeout * 1000),
                # A record of many megabytes came into the log because it compresses well; so it does here.
                "compression.type": "zstd",
                "message.max.bytes": MAX_LETTER_BYTES,
                "max.in.flight": 1,  # else what is refused as too large is tried again until it times out
                "logger": silent(),
            }
        )
        self._called(self._producer.init_transactions, timeout)

    def write(self, letters: Sequence[DeadLetter], cut: set[int]) -> int:
        """Write all letters in one transaction, those of the offsets in ``cut`` cut.

        Returns:
            The offset of the last one, at :attr:`place`.

        Raises:
            LettersTooLarge: none is written.
            KafkaException: they are not committed, or that is not known.
        """
        refused: set[int] = set()
        last = -1

        def delivered(offset: int, error: KafkaError | None, message: Message) -> None:
            nonlocal last
            if error is None:
                last = max(last, message.offset())
            elif error.code() in TOO_LARGE:
                refused.add(offset)

        try:
            self._producer.begin_transaction()
            for letter in letters:
                offset = letter.record.offset
                try:
                    self._produce(letter, partial(delivered, offset), cut=offset in cut)
                except KafkaException as error:
                    if error.args[0].code() not in TOO_LARGE:
                        raise
                    refused.add(offset)
            self._called(self._producer.flush, self._timeout)
            if not refused:
                self._called(self._producer.commit_transaction, self._timeout)
                return last
        except KafkaException:
            # Not only for the readers, who wait for its end: with it come the reports on letters that were refused.
            self._give_up()
            if not refused:
                raise
        else:
            self._give_up()
        raise LettersTooLarge(refused)

    def seal(self) -> None:
        """Commit a transaction that holds nothing but a seal. With it Kafka ends another one of the same id at
        :attr:`place` that it had forgotten, as committed.

        Raises:
            KafkaException: it is not committed, or that is not known.
        """
        self._producer.begin_transaction()
        self._producer.produce(self._topic, None, None, self.place, headers=[(SEAL_HEADER, b"")])
        self._called(self._producer.commit_transaction, self._timeout)

    def _produce(self, letter: DeadLetter, delivered: object, *, cut: bool) -> None:
        form = written(letter, cut=cut)
        while True:
            try:
                self._producer.produce(
                    self._topic, form.value, form.key, self.place, headers=form.headers, on_delivery=delivered
                )
            except BufferError:
                self._called(self._producer.poll, POLL_SECONDS)
            else:
                return

    def _give_up(self) -> None:
        with suppress(KafkaException):
            self._called(self._producer.abort_transaction, ABORT_SECONDS)

    @staticmethod
    def _called(call: Callable[[float], T], seconds: float) -> T:
        """Call what lets librdkafka call back.

        Raises:
            KafkaException: this session is shut out. confluent-kafka leaves that error standing while it makes its
                other calls, so that each of them seems to return with an exception set (SystemError).
        """
        try:
            return call(seconds)
        except SystemError as error:
            if isinstance(error.__cause__, KafkaException):
                raise error.__cause__ from None
            raise
