"""Dead letters into their topic, each once, whatever is killed and whenever.

The letters of one source partition have one place, partition ``P modulo n`` of the dead-letter topic, and at any time
one writer: a Kafka transaction whose id names the source partition. Whoever takes a partition ends what a killed worker
left unfinished, shuts out a worker that was thought dead, and only then looks which letters stand there. So the topic
itself says what has been written: neither a crash between a commit and the fence nor a log that is read again from its
beginning writes a letter twice, and no letter comes after its record was counted.

Exactly-once writing: https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stream.deadletter import DeadLetter, written
from stream.letterbox import Letterbox, LetterboxUnavailable, NoLetterbox
from stream.quiet import silent
from stream.record import TopicPartition
from stream.standing import Standing
from stream.topics import MAX_LETTER_BYTES
from stream.verdicts import Verdicts

TIMEOUT_SECONDS: Final = 10.0
"""How long Kafka may take for one step (opening, reading, writing, committing) before it counts as away."""

TRANSACTION_SECONDS: Final = 15.0
"""After this the broker gives up what a killed worker left unfinished, should no other take its partitions: readers of
the topic see nothing behind it until then. Longer than a step: a slow one must not be given up under its worker."""

ABORT_SECONDS: Final = 2.0
"""How long to wait for the end of a transaction that failed. Whoever takes the partition next ends it otherwise."""

THREADS: Final = 16
"""Partitions opened or written at once. Opening one is half a second of waiting: of sixty, one by one, half a minute in
which nothing is counted. Not asyncio's own threads: a stop would wait for them, however long Kafka is stuck."""

POLL_SECONDS: Final = 0.05

_TOO_LARGE: Final = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)

T = TypeVar("T")


class DeadLettersUnavailable(Exception):
    """Kafka has not committed dead letters, or does not say which stand there; the fence must not pass them."""


class _TooLarge(Exception):
    """The topic refuses letters as too large; none of their transaction is written.

    Attributes:
        offsets: of their records.
    """

    def __init__(self, offsets: set[int]) -> None:
        super().__init__(f"{len(offsets)} dead letters are larger than their topic takes")
        self.offsets = offsets


class DeadLetterWriter:
    """Writes dead letters and tells which stand in their topic.

    Args:
        bootstrap_servers: where Kafka answers.
        topic: the dead-letter topic.
        timeout: seconds that one step may take.
    """

    def __init__(self, bootstrap_servers: str, topic: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._topic = topic
        self._timeout = timeout
        self._sessions: dict[TopicPartition, _Session] = {}
        self._cut: dict[TopicPartition, set[int]] = {}
        self._box: Letterbox | None = None
        self._verdicts = Verdicts()
        self._reading = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="aura-dead-letters")

    @property
    def read(self) -> int:
        """Entries of the topic read back so far, to see that a long reading goes on."""
        return self._verdicts.entries

    async def take(self, tp: TopicPartition, since_ms: int) -> Standing:
        """Become the only writer of the letters of ``tp``, and look which of its records stand there.

        Args:
            tp: the source partition.
            since_ms: when the log took the oldest record in question; 0 if that is not known.

        Raises:
            DeadLettersUnavailable: Kafka does not answer; call again.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._take, tp, since_ms)

    def holds(self, tp: TopicPartition) -> bool:
        """Whether ``tp`` was taken, and nothing has failed since."""
        return tp in self._sessions

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Write letters of one partition, which is held, in one transaction; they stand there when this returns.

        Raises:
            DeadLettersUnavailable: whether they stand there is not known; take the partition again to see it.
        """
        await asyncio.get_running_loop().run_in_executor(self._threads, self._send, letters)

    def release(self, partitions: Iterable[TopicPartition]) -> None:
        """Let go of partitions that another worker takes over."""
        gone = [self._sessions.pop(tp, None) for tp in partitions]
        # To end a producer takes librdkafka a moment, in which the event loop has better things to do.
        threading.Thread(target=gone.clear, name="aura-dead-letters-end", daemon=True).start()

    def _take(self, tp: TopicPartition, since_ms: int) -> Standing:
        self._sessions.pop(tp, None)
        try:
            session = _Session(self._bootstrap_servers, self._topic, tp, self._timeout)
            standing, places = self._read(tp, since_ms)  # only now: those before us can write no more
        except KafkaException as error:
            raise DeadLettersUnavailable(f"the dead letters of {tp} cannot be taken over: {_said(error)}") from None
        except NoLetterbox:
            raise DeadLettersUnavailable(
                f"there is no topic {self._topic}; create it, or start the worker afresh, which does"
            ) from None
        except LetterboxUnavailable as error:
            raise DeadLettersUnavailable(str(error)) from None
        session.place = tp.partition % places
        self._sessions[tp] = session
        return standing

    def _read(self, tp: TopicPartition, since_ms: int) -> tuple[Standing, int]:
        with self._reading:
            if self._box is None:
                self._box = Letterbox(self._bootstrap_servers, self._topic, timeout=self._timeout)
            try:
                self._verdicts.read(self._box, since_ms)
            except LetterboxUnavailable:
                # librdkafka may keep for ever what a broker told it that was coming back: begin anew.
                self._box.close()
                self._box = None
                raise
            return self._verdicts.of(tp), len(self._verdicts)

    def _send(self, letters: Sequence[DeadLetter]) -> None:
        tp = letters[0].tp
        session = self._sessions.get(tp)
        try:
            if session is None:
                raise DeadLettersUnavailable(f"the dead letters of {tp} are not ours to write")
            session.write(letters, self._cut.get(tp, set()))
        except _TooLarge as error:
            # Cut by a new producer: after the end of a transaction in the middle one may lose what the next holds.
            self._fail(tp, session)
            cut = self._cut.get(tp, set())
            if error.offsets <= cut:
                raise DeadLettersUnavailable(f"{error}, even cut: raise max.message.bytes of {self._topic}") from None
            # Some of those refused were only in one request with what is too large; the second time they all are cut.
            self._cut[tp] = {letter.record.offset for letter in letters} if cut else error.offsets
            raise DeadLettersUnavailable(f"{error} (max.message.bytes of {self._topic}); they will be cut") from None
        except KafkaException as error:
            self._fail(tp, session)
            raise DeadLettersUnavailable(
                f"{len(letters)} dead letters of {tp} are not committed: {_said(error)}"
            ) from None
        self._cut.pop(tp, None)

    def _fail(self, tp: TopicPartition, session: "_Session | None") -> None:
        if self._sessions.get(tp) is session:
            self._sessions.pop(tp, None)


class _Session:
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

    def write(self, letters: Sequence[DeadLetter], cut: set[int]) -> None:
        """Write all letters in one transaction, those of the offsets in ``cut`` cut.

        Raises:
            _TooLarge: none is written.
            KafkaException: they are not committed, or that is not known.
        """
        refused: set[int] = set()

        def delivered(offset: int, error: KafkaError | None, _: Message) -> None:
            if error is not None and error.code() in _TOO_LARGE:
                refused.add(offset)

        try:
            self._producer.begin_transaction()
            for letter in letters:
                offset = letter.record.offset
                try:
                    self._produce(letter, partial(delivered, offset), cut=offset in cut)
                except KafkaException as error:
                    if error.args[0].code() not in _TOO_LARGE:
                        raise
                    refused.add(offset)
            self._called(self._producer.flush, self._timeout)
            if not refused:
                self._called(self._producer.commit_transaction, self._timeout)
                return
        except KafkaException:
            # Not only for the readers, who wait for its end: with it come the reports on letters that were refused.
            self._give_up()
            if not refused:
                raise
        else:
            self._give_up()
        raise _TooLarge(refused)

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


def _said(error: KafkaException) -> str:
    known = error.args[0]
    if known.code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH):
        return "another worker has taken them over"
    return str(known.str())
