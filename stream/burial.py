"""Dead letters into their topic, each once, whatever is killed and whenever.

The letters of one source partition have one place, partition ``P modulo n`` of the dead-letter topic, and at any time
one writer: a Kafka transaction whose id names the source partition. Whoever opens it anew ends what a killed worker
left unfinished and shuts out a worker that was thought dead; then it looks which letters stand there already. So the
topic itself says what has been written, and neither a crash between a commit and the fence nor a log that is read
again from its beginning writes a letter twice.

Exactly-once writing: https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stream.deadletter import DeadLetter, written
from stream.letterbox import Letterbox, LetterboxUnavailable, NoLetterbox, StoredLetter
from stream.record import TopicPartition
from stream.topics import MAX_LETTER_BYTES

TIMEOUT_SECONDS: Final = 10.0
"""How long Kafka may take for one step (opening, writing, committing) before it counts as away."""

TRANSACTION_SECONDS: Final = 15.0
"""After this the broker gives up what a killed worker left unfinished, should no other take its partitions: readers of
the topic see nothing behind it until then. Longer than a step: a slow one must not be given up under its worker."""

MARGIN_MS: Final = 3_600_000
"""Letters are looked for from the time of the oldest record in question on, less this: clocks of brokers may differ or
be set back, by an hour at worst where a zone was wrong. To read an hour of letters too many costs little."""

DECIDE_SECONDS: Final = 2.0
"""How long what another has just committed may take until it can be read: some tens of milliseconds as a rule, longer
on a busy broker. What lasts longer was left open by somebody who was killed."""

POLL_SECONDS: Final = 0.05

_TOO_LARGE: Final = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)


class DeadLettersUnavailable(Exception):
    """Kafka has not committed dead letters, or does not say which stand there; the fence must not pass them."""


class DeadLetterWriter:
    """Writes dead letters and tells which stand in their topic.

    Args:
        bootstrap_servers: where Kafka answers.
        topic: the dead-letter topic.
        timeout: seconds that one step may take.

    Attributes:
        read: entries read back so far, to see that a long reading goes on.
    """

    def __init__(self, bootstrap_servers: str, topic: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.read = 0
        self._bootstrap_servers = bootstrap_servers
        self._topic = topic
        self._timeout = timeout
        self._sessions: dict[TopicPartition, _Session] = {}
        self._box: Letterbox | None = None
        self._places = 0
        self._reading = threading.Lock()

    async def standing(self, tp: TopicPartition, first: int, logged_ms: int) -> set[int]:
        """Offsets of ``tp`` from ``first`` on whose records stand in the dead letters.

        Args:
            tp: the source partition.
            first: the lowest offset in question.
            logged_ms: when the log took the record of that offset.

        Raises:
            DeadLettersUnavailable: Kafka does not say.
        """
        return await asyncio.to_thread(self._standing, tp, first, logged_ms)

    async def send(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Write the letters of one source partition, in offset order; those that stand there already are left out.

        Returns:
            The letters that this call has written, all of them committed.

        Raises:
            DeadLettersUnavailable: nothing is certain; call again.
        """
        return await asyncio.to_thread(self._send, letters) if letters else []

    def release(self, partitions: Iterable[TopicPartition]) -> None:
        """Let go of partitions that another worker takes over."""
        gone = [self._sessions.pop(tp, None) for tp in partitions]
        # To end a producer takes librdkafka a moment, in which the event loop has better things to do.
        threading.Thread(target=gone.clear, name="aura-dead-letters-end", daemon=True).start()

    def _standing(self, tp: TopicPartition, first: int, logged_ms: int) -> set[int]:
        if self._decided(tp):
            return self._read(tp, first, logged_ms)
        # Somebody was killed in the middle of writing, or is still at it. A session of our own puts an end to that.
        return set(self._open(tp, first, logged_ms).standing)

    def _decided(self, tp: TopicPartition) -> bool:
        """Whether every letter can be read that was written; waits a moment for what has just been committed."""
        deadline = time.monotonic() + DECIDE_SECONDS
        while True:
            with self._letterbox() as box:
                if box.decided(self._place(tp)):
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)

    def _open(self, tp: TopicPartition, first: int, logged_ms: int) -> "_Session":
        session = self._sessions.get(tp)
        if session is None:
            try:
                session = _Session(self._bootstrap_servers, self._topic, tp, self._timeout)
            except KafkaException as error:
                raise DeadLettersUnavailable(
                    f"dead letters of {tp} cannot be written: {error.args[0].str()}"
                ) from error
            # Only now: the one before us can write no more, and all that it has written can be read.
            session.standing = self._read(tp, first, logged_ms)
            session.place = self._place(tp)
            self._sessions[tp] = session
        return session

    def _read(self, tp: TopicPartition, first: int, logged_ms: int) -> set[int]:
        found: set[int] = set()
        with self._letterbox() as box:
            for entry in box.entries([self._place(tp)], max(0, logged_ms - MARGIN_MS)):
                self.read += 1
                if isinstance(entry, StoredLetter) and entry.source == tp and entry.source_offset >= first:
                    found.add(entry.source_offset)
        return found

    @contextmanager
    def _letterbox(self) -> Iterator[Letterbox]:
        with self._reading:
            try:
                if self._box is None:
                    self._box = Letterbox(self._bootstrap_servers, self._topic, timeout=self._timeout)
                    # Asked of each connection, to see whether the topic is gone; but letters stay where they went.
                    places = len(self._box.partitions())
                    self._places = self._places or places
                yield self._box
            except LetterboxUnavailable as error:
                # librdkafka may keep for ever what a broker told it that was coming back: begin anew.
                if self._box is not None:
                    self._box.close()
                    self._box = None
                if isinstance(error, NoLetterbox):
                    raise DeadLettersUnavailable(
                        f"there is no topic {self._topic}; create it, or start the worker afresh, which does"
                    ) from error
                raise DeadLettersUnavailable(str(error)) from error

    def _place(self, tp: TopicPartition) -> int:
        return tp.partition % self._places

    def _send(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        tp, oldest = letters[0].tp, letters[0].record
        session = self._open(tp, oldest.offset, oldest.timestamp)
        fresh = [letter for letter in letters if letter.record.offset not in session.standing]
        try:
            session.write(fresh)
        except KafkaException as error:
            # What became of the letters is not known. Opening the next session finds out.
            self._sessions.pop(tp, None)
            raise DeadLettersUnavailable(
                f"{len(letters)} dead letters of {tp} are not committed: {error.args[0].str()}"
            ) from error
        return fresh


class _Session:
    """The only writer of one source partition's letters, from its opening until the next one opens."""

    def __init__(self, bootstrap_servers: str, topic: str, tp: TopicPartition, timeout: float) -> None:
        self.standing: set[int] = set()
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
                "log_level": 0,
            }
        )
        self._producer.init_transactions(timeout)

    def write(self, letters: Sequence[DeadLetter]) -> None:
        """Write all letters in one transaction.

        Raises:
            KafkaException: they are not committed, or that is not known.
        """
        if not letters:
            return
        cut: set[int] = set()
        # Each round finds at least one more that the topic refuses as too large, mostly all of them.
        while too_large := self._committed(letters, cut):
            cut |= too_large
        # What was before these is fenced, or looked for anew before it is read again.
        last = letters[-1].record.offset
        self.standing = {offset for offset in self.standing if offset > last}
        self.standing.update(letter.record.offset for letter in letters)

    def _committed(self, letters: Sequence[DeadLetter], cut: set[int]) -> set[int]:
        """Write and commit; when letters are too large, commit nothing and return their offsets."""
        refused: set[int] = set()

        def delivered(offset: int, error: KafkaError | None, _: Message) -> None:
            if error is not None and error.code() in _TOO_LARGE and offset not in cut:
                refused.add(offset)

        self._producer.begin_transaction()
        for letter in letters:
            offset = letter.record.offset
            try:
                self._produce(letter, partial(delivered, offset), cut=offset in cut)
            except KafkaException as error:
                if error.args[0].code() not in _TOO_LARGE or offset in cut:
                    raise
                refused.add(offset)
        self._serve(self._producer.flush, self._timeout)
        if refused:
            self._producer.abort_transaction(self._timeout)
        else:
            self._producer.commit_transaction(self._timeout)
        return refused

    def _produce(self, letter: DeadLetter, delivered: object, *, cut: bool) -> None:
        form = written(letter, cut=cut)
        while True:
            try:
                self._producer.produce(
                    self._topic, form.value, form.key, self.place, headers=form.headers, on_delivery=delivered
                )
            except BufferError:
                self._serve(self._producer.poll, POLL_SECONDS)
            else:
                return

    @staticmethod
    def _serve(calls: Callable[[float], int], seconds: float) -> None:
        """Let librdkafka call back.

        Raises:
            KafkaException: this session is shut out. confluent-kafka leaves that error standing while it makes its
                other calls, so that each of them seems to return with an exception set (SystemError).
        """
        try:
            calls(seconds)
        except SystemError as error:
            if isinstance(error.__cause__, KafkaException):
                raise error.__cause__ from None
            raise
