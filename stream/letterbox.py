"""The dead-letter topic read back: what was refused, why, and whether it has been replayed since.

A record there is a letter (:mod:`stream.deadletter`: our headers, then those that the record came with) or a marker: no
value, the source of a letter, and when that was replayed. Or a seal (:mod:`stream.hanging`), which says nothing. Only
what is committed is read, and outside any group.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Self, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as NativePartition

from stream.deadletter import (
    CUT_HEADER,
    CUT_HEADERS_HEADER,
    FIELD_HEADER,
    OFFSET_HEADER,
    PARTITION_HEADER,
    REASON_HEADER,
    TIMESTAMP_HEADER,
    TOPIC_HEADER,
)
from stream.patience import PASSING, answered
from stream.record import TopicPartition

REPLAYED_HEADER: Final = "aura-replayed-at"
"""Only on a marker: when its letter was replayed, ms since 1970-01-01 UTC."""

SEAL_HEADER: Final = "aura-seal"
"""The only one of a record that was written for the end of its transaction."""

TIMEOUT_SECONDS: Final = 30.0
"""Longest silence of Kafka while something is still expected."""

FETCH_WAIT_MS: Final = 50
"""How long a broker holds the fetch that finds the end of a partition; librdkafka's 500 ms are paid twice a partition
where the end is made of transaction markers, which no consumer is given."""

T = TypeVar("T")

Headers = tuple[tuple[str, bytes | None], ...]

FETCH_BYTES: Final = 8 * 1024
"""Asked for at once, compressed; Kafka gives one batch in any case. Twenty megabytes of the same character are less
than one kilobyte, and all that a fetch brings is unpacked together: 60 such letters took 1.2 GB with librdkafka's
megabyte, 260 MB with this. Ordinary letters come at some 90,000 a second with either."""

SETTLE_SECONDS: Final = 0.005
"""Between two looks whether a transaction has ended: a few milliseconds after its commit."""

_NO_TOPIC: Final = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)
"""Believed of the list of topics alone: a broker that comes back says for a while of any partition that it knows it
not, and letters that are there must not be taken for missing."""

_SOURCE: Final = frozenset((TOPIC_HEADER, PARTITION_HEADER, OFFSET_HEADER, TIMESTAMP_HEADER))
_LETTER: Final = _SOURCE | {FIELD_HEADER, REASON_HEADER, CUT_HEADER, CUT_HEADERS_HEADER}
_MARKER: Final = _SOURCE | {REPLAYED_HEADER}


class LetterboxUnavailable(Exception):
    """Kafka did not give what the dead-letter topic should hold."""


class NoLetterbox(LetterboxUnavailable):
    """There is no such topic."""


class Hidden(LetterboxUnavailable):
    """A transaction that is not finished hides letters.

    Attributes:
        partition: of the dead-letter topic.
        offset: from here on.
    """

    def __init__(self, topic: str, partition: int, offset: int) -> None:
        super().__init__(
            f"{topic}-{partition}: a transaction that is not finished hides what stands there from offset {offset} on; "
            "Kafka ends it within half a minute, or the workers do within two"
        )
        self.partition = partition
        self.offset = offset


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """One letter as it stands in the dead-letter topic."""

    partition: int
    """Of the dead-letter topic, as ``offset``."""
    offset: int
    written_ms: int
    source: TopicPartition
    source_offset: int
    """Where the record stands, or stood, that was refused."""
    field: str
    reason: str
    cut_from_bytes: int | None
    """Length of the value before it was cut; None for a letter that is whole."""
    key: bytes | None
    value: bytes | None
    headers: Headers
    """Those that the record came with."""
    replayed_at: int | None = None
    """ms since 1970-01-01 UTC."""
    source_timestamp: int | None = None
    """The record's in its log, ms; None in letters of before they carried it."""
    cut_from_headers: int | None = None
    """How many the record has; None where all are there."""

    @property
    def whole(self) -> bool:
        """Whether nothing was cut from the record."""
        return self.cut_from_bytes is None and self.cut_from_headers is None


@dataclass(frozen=True, slots=True)
class Marker:
    """Says that the letter of this source, which stands before it in its partition, has been replayed."""

    offset: int
    source: TopicPartition
    source_offset: int
    source_timestamp: int | None
    """As its letter has it."""
    replayed_at: int


def parse(message: Message) -> StoredLetter | Marker | None:
    """What a record of the dead-letter topic says; None where it is neither letter nor marker."""
    ours: dict[str, str] = {}
    try:
        headers = [(name, value) for name, value in message.headers() or []]
        if message.value() is None and REPLAYED_HEADER in (names := {name for name, _ in headers}) and names <= _MARKER:
            ours = {name: (value or b"").decode() for name, value in headers}
            stamp = _number(ours, TIMESTAMP_HEADER)
            return Marker(message.offset(), *_source(ours), stamp, int(ours[REPLAYED_HEADER]))
        # Ours stand first, each once; a record may come with headers of the same names, of a letter sent on by hand.
        for name, value in headers:
            if name not in _LETTER or name in ours:
                break  # they ended so before they had a last one
            ours[name] = (value or b"").decode()
            if name == TIMESTAMP_HEADER:
                break
        source, offset = _source(ours)
        return StoredLetter(
            message.partition(), message.offset(), message.timestamp()[1], source, offset,
            ours[FIELD_HEADER], ours[REASON_HEADER], _number(ours, CUT_HEADER), message.key(), message.value(),
            tuple(headers[len(ours):]), None, _number(ours, TIMESTAMP_HEADER), _number(ours, CUT_HEADERS_HEADER),
        )  # fmt: skip
    except (KeyError, ValueError, SystemError):  # the last two: names of headers that are not UTF-8, none of ours
        return None


def _is_seal(message: Message) -> bool:
    with suppress(UnicodeDecodeError, SystemError):
        return message.value() is None and [name for name, _ in message.headers() or []] == [SEAL_HEADER]
    return False


def _source(ours: dict[str, str]) -> tuple[TopicPartition, int]:
    return TopicPartition(ours[TOPIC_HEADER], int(ours[PARTITION_HEADER])), int(ours[OFFSET_HEADER])


def _number(ours: dict[str, str], name: str) -> int | None:
    return int(ours[name]) if name in ours else None


@dataclass(frozen=True, slots=True)
class Span:
    """What to read of one partition: from ``start`` up to ``end``, this not included."""

    partition: int
    start: int
    end: int


class Letterbox:
    """Reads the dead-letter topic. One reading at a time; use :meth:`close` at the end.

    Args:
        bootstrap_servers: where Kafka answers.
        topic: the dead-letter topic.
        timeout: seconds of silence after which Kafka counts as away.

    Attributes:
        foreign: records met that are neither letters nor markers; somebody else wrote them.
    """

    def __init__(self, bootstrap_servers: str, topic: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.foreign = 0
        self.topic = topic
        self._timeout = timeout
        self._settings = {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "aura-letterbox",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",  # what expires while we read is no error
            "enable.partition.eof": True,
            "fetch.wait.max.ms": FETCH_WAIT_MS,
            "fetch.message.max.bytes": FETCH_BYTES,
            "log_level": 0,
        }
        self._consumer = Consumer(self._settings)
        self._undecided: Consumer | None = None

    def partitions(self, name: str | None = None) -> list[int]:
        """The topic's partitions, or those of another.

        Raises:
            LetterboxUnavailable: Kafka does not answer, or has no such topic.
        """
        name = name or self.topic
        try:
            topic = self._consumer.list_topics(name, timeout=self._timeout).topics[name]
        except KafkaException as error:
            raise self._unavailable(error.args[0]) from error
        if topic.error is not None and topic.error.code() in _NO_TOPIC:
            raise NoLetterbox(f"Kafka has no topic {name}: no worker has run with this AURA_TOPIC yet")
        if topic.error is not None:
            raise self._unavailable(topic.error)
        return sorted(topic.partitions)

    def settle(self, partitions: Iterable[int] | None = None, seconds: float | None = None) -> None:
        """Wait until all that the topic has taken so far is decided, and so can be read if it was committed.

        Kafka answers a commit before readers see it. And a transaction that is not finished, such as that of a killed
        worker or replay, hides whatever follows it in its partition, also what others have committed there; Kafka ends
        it when its time is up, or when its next begins.

        Args:
            partitions: of the dead-letter topic; None for all.
            seconds: longest wait; None for the box's timeout.

        Raises:
            Hidden: it takes longer.
            LetterboxUnavailable: Kafka does not answer, or has no such topic.
        """
        if self._undecided is None:
            self._undecided = Consumer(self._settings | {"isolation.level": "read_uncommitted"})
        wanted = self.partitions() if partitions is None else list(partitions)
        deadline = time.monotonic() + (self._timeout if seconds is None else seconds)
        ends = {partition: self._bounds(self._undecided, partition)[1] for partition in wanted}
        for partition, end in ends.items():
            self._await_decided(partition, end, deadline)

    def await_visible(self, partition: int, offset: int, seconds: float | None = None) -> None:
        """Wait until what was committed up to an offset can be read. Threads may call it at once.

        Args:
            partition: of the dead-letter topic, as ``offset``.
            offset: of the last record.
            seconds: longest wait; None for the box's timeout.

        Raises:
            Hidden: it takes longer.
            LetterboxUnavailable: Kafka does not answer.
        """
        deadline = time.monotonic() + (self._timeout if seconds is None else seconds)
        self._await_decided(partition, offset + 1, deadline)

    def _await_decided(self, partition: int, end: int, deadline: float) -> None:
        while (decided := self._bounds(self._consumer, partition)[1]) < end:
            if time.monotonic() > deadline:
                raise Hidden(self.topic, partition, decided)
            time.sleep(SETTLE_SECONDS)

    def entries(self, partitions: Iterable[int] | None = None, since_ms: int = 0) -> Iterator[StoredLetter | Marker]:
        """Letters and markers in the order of each partition, up to the end as it stands when the first is asked for.

        Letters do not tell whether they were replayed; their markers come later.

        Args:
            partitions: of the dead-letter topic; None for all.
            since_ms: begin with what was written then.

        Raises:
            LetterboxUnavailable: Kafka does not answer, or has no such topic.
        """
        for span in self.spans(partitions, since_ms):
            yield from self.read(span, since_ms)

    def letters(self, partitions: Iterable[int] | None = None, since_ms: int = 0) -> Iterator[StoredLetter]:
        """The letters alone, each with when it was replayed. Reads every partition twice: a marker follows its letter.

        Raises:
            LetterboxUnavailable: Kafka does not answer, or has no such topic.
        """
        for span in self.spans(partitions, since_ms):
            markers = {
                (marker.source, marker.source_offset, marker.source_timestamp): marker
                for marker in self.read(span, since_ms, count=False)
                if isinstance(marker, Marker)
            }
            for letter in self.read(span, since_ms):
                if isinstance(letter, StoredLetter):
                    marker = markers.get((letter.source, letter.source_offset, letter.source_timestamp))
                    if marker is not None and marker.offset > letter.offset:
                        letter = replace(letter, replayed_at=marker.replayed_at)
                    # A marker that stands before it is of a record that had its place in a topic that was deleted.
                    yield letter

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()
        if self._undecided is not None:
            self._undecided.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def spans(self, partitions: Iterable[int] | None = None, since_ms: int = 0) -> list[Span]:
        """Where the partitions are to be read from a time on, and up to where what they hold is decided.

        Raises:
            LetterboxUnavailable: Kafka does not answer, or has no such topic.
        """
        wanted = self.partitions() if partitions is None else list(partitions)
        bounds = [self._bounds(self._consumer, partition) for partition in wanted]
        later = self._asked(partial(self._since, wanted, since_ms)) if since_ms > 0 else {}
        return [
            Span(partition, min(max(later.get(partition, oldest), oldest), end), end)
            for partition, (oldest, end) in zip(wanted, bounds, strict=True)
        ]

    def _bounds(self, consumer: Consumer, partition: int) -> tuple[int, int]:
        """The oldest offset and the next; for who reads what is committed, the next that is not decided yet."""
        native = NativePartition(self.topic, partition)
        oldest, end = self._asked(lambda: consumer.get_watermark_offsets(native, timeout=self._timeout))
        return oldest, end

    def _asked(self, question: Callable[[], T]) -> T:
        try:
            return answered(question, self._timeout)
        except KafkaException as error:
            raise self._unavailable(error.args[0]) from error

    def _since(self, partitions: Sequence[int], since_ms: int) -> dict[int, int]:
        """Partition to its first offset at or after a time; none where the broker does not know."""
        first = self._offsets_at(partitions, since_ms)
        # None at that time means nothing so late; but librdkafka's in-process broker says so of every time.
        if silent := [partition for partition, offset in first.items() if offset < 0]:
            knows = self._offsets_at(silent, 0)
            first |= {partition: 1 << 62 if offset >= 0 else 0 for partition, offset in knows.items()}
        return first

    def _offsets_at(self, partitions: Sequence[int], at_ms: int) -> dict[int, int]:
        asked = [NativePartition(self.topic, partition, at_ms) for partition in partitions]
        answers = self._consumer.offsets_for_times(asked, timeout=self._timeout)
        for answer in answers:
            if answer.error is not None:
                raise KafkaException(answer.error)
        return {answer.partition: answer.offset for answer in answers}

    def read(self, span: Span, since_ms: int = 0, *, count: bool = True) -> Iterator[StoredLetter | Marker]:
        """What a span holds that was written at ``since_ms`` or later; ``count`` foreign records.

        Raises:
            LetterboxUnavailable: Kafka does not answer.
        """
        if span.start >= span.end:
            return
        self._consumer.assign([NativePartition(self.topic, span.partition, span.start)])
        try:
            yield from self._fetched(span, since_ms, count)
        finally:
            with suppress(RuntimeError):  # closed, by whoever gave the reading up
                self._consumer.unassign()  # else it goes on fetching what comes, for nobody

    def _fetched(self, span: Span, since_ms: int, count: bool) -> Iterator[StoredLetter | Marker]:
        deadline = time.monotonic() + self._timeout
        while True:
            message = self._consumer.poll(max(0.0, deadline - time.monotonic()))
            if message is None:
                raise LetterboxUnavailable(
                    f"{self.topic}-{span.partition}: nothing from Kafka for {self._timeout:g} s; is it running?"
                )
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                return  # transactions leave offsets at the end that no reader is given
            if error is not None and error.code() in PASSING:
                continue
            if error is not None:
                raise self._unavailable(error)
            deadline = time.monotonic() + self._timeout
            if message.offset() >= span.end:
                return
            if message.timestamp()[1] >= since_ms:
                entry = parse(message)
                if entry is not None:
                    yield entry
                elif count and not _is_seal(message):
                    self.foreign += 1
            if message.offset() == span.end - 1:
                return

    def _unavailable(self, error: KafkaError) -> LetterboxUnavailable:
        return LetterboxUnavailable(f"{self.topic}: Kafka does not give it: {error.str()}")
