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
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from confluent_kafka import KafkaError, KafkaException

from stream.deadletter import DeadLetter
from stream.hanging import Hanging
from stream.letterbox import Hidden, Letterbox, LetterboxUnavailable, NoLetterbox
from stream.lettersession import LettersTooLarge, Session
from stream.record import TopicPartition
from stream.standing import Standing
from stream.verdicts import Verdicts

TIMEOUT_SECONDS: Final = 10.0
"""How long Kafka may take for one step (opening, reading, writing, committing) before it counts as away."""

THREADS: Final = 16
"""Partitions opened or written at once. Opening one is half a second of waiting: of sixty, one by one, half a minute in
which nothing is counted. Not asyncio's own threads: a stop would wait for them, however long Kafka is stuck."""


class DeadLettersUnavailable(Exception):
    """Kafka has not committed dead letters, or does not say which stand there; the fence must not pass them."""


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
        self._sessions: dict[TopicPartition, Session] = {}
        self._cut: dict[TopicPartition, set[int]] = {}
        self._box: Letterbox | None = None
        self._eye: Letterbox | None = None
        self._hanging = Hanging(bootstrap_servers, topic, timeout)
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
            session = Session(self._bootstrap_servers, self._topic, tp, self._timeout)
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
                try:
                    self._verdicts.read(self._box, since_ms)
                except Hidden as hidden:
                    if not self._hanging.ended(hidden, tp.topic, self._box):
                        raise
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
            last = session.write(letters, self._cut.get(tp, set()))
            self._look(session.place, last)
        except LettersTooLarge as error:
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
        except LetterboxUnavailable as error:
            self._fail(tp, session)
            raise DeadLettersUnavailable(str(error)) from None
        self._cut.pop(tp, None)

    def _look(self, place: int, last: int) -> None:
        """Wait until the letters can be read.

        Kafka may forget to end what it has committed (:mod:`stream.hanging`), and the next transaction decides on both.
        """
        eye = self._eye
        if eye is None:
            eye = self._eye = Letterbox(self._bootstrap_servers, self._topic, timeout=self._timeout)
        try:
            eye.await_visible(place, last)
        except LetterboxUnavailable:
            self._eye = None  # as in _read; who else waits with it keeps it until then
            raise

    def _fail(self, tp: TopicPartition, session: "Session | None") -> None:
        if self._sessions.get(tp) is session:
            self._sessions.pop(tp, None)


def _said(error: KafkaException) -> str:
    known = error.args[0]
    if known.code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH):
        return "another worker has taken them over"
    return str(known.str())
