"""The reviews topic as it stands in the log, read partition by partition up to given offsets, outside any group."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Self, TypeVar

from confluent_kafka import OFFSET_BEGINNING, TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as NativePartition

from stream.letterbox import FETCH_BYTES
from stream.patience import RECOVERING, answered
from stream.record import LOG_APPEND_TIME, Run, TopicPartition, size_of

TIMEOUT_SECONDS: Final = 30.0
"""Longest silence of Kafka while something is still expected: a broker that is restarted is back within that, and an
audit of an hour need not begin anew."""

RUN_RECORDS: Final = 1024
"""Records handed over at once: what the classifier takes in one call."""

RUN_BYTES: Final = 16 * 1024 * 1024
"""Bytes of records at which they are handed over whatever their number."""


_NO_TOPIC: Final = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)
"""Believed of the list of topics alone: a broker that comes back says for a while of any partition that it knows it
not."""

_GONE: Final = (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET)

T = TypeVar("T")


class LogUnavailable(Exception):
    """Kafka did not give what the log should hold."""


class NoLog(LogUnavailable):
    """There is no such topic."""


class LogExpired(LogUnavailable):
    """The log dropped records before they could be read on from where a reading had ended."""


class Bounds(NamedTuple):
    """What one partition holds."""

    oldest: int
    """Offset of the oldest record, or of the one that it would get."""
    end: int
    """Offset that the next record will get, as far as all before it is decided."""


@dataclass(frozen=True, slots=True)
class LoggedRecord:
    """One record, as :class:`stream.record.Record` asks."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]

    @classmethod
    def of(cls, message: Message) -> Self:
        """What confluent-kafka read; no headers where one has a name that is not UTF-8, which it does not give."""
        kind, timestamp = message.timestamp()
        logged = LOG_APPEND_TIME if kind == TIMESTAMP_LOG_APPEND_TIME else 0
        fields = message.offset(), timestamp, logged, message.key(), message.value()
        try:
            # Both in here: confluent-kafka may leave its exception standing, to come up in whatever is called next.
            return cls(*fields, message.headers() or [])
        except (UnicodeDecodeError, SystemError):
            return cls(*fields, [])


class LogReader:
    """Reads one topic from its oldest records on. Use :meth:`close` at the end.

    Attributes:
        stamped_by_log: whether every record read so far carries the time the log took it, which never runs back.
    """

    def __init__(self, bootstrap_servers: str, topic: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.stamped_by_log = True
        self._topic = topic
        self._timeout = timeout
        self._next: dict[int, int] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "aura-audit",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "fetch.message.max.bytes": FETCH_BYTES,
                "log_level": 0,
            }
        )

    def bounds(self) -> dict[int, Bounds]:
        """What each partition of the topic holds just now.

        Raises:
            NoLog: there is no such topic.
            LogUnavailable: Kafka does not answer.
        """
        found = self._asked(lambda: self._consumer.list_topics(self._topic, timeout=self._timeout)).topics[self._topic]
        if found.error is not None and found.error.code() in _NO_TOPIC:
            raise NoLog(f"Kafka has no topic {self._topic}")
        if found.error is not None:
            raise LogUnavailable(f"{self._topic}: {found.error.str()}")
        return {partition: self._bounds(partition) for partition in sorted(found.partitions)}

    def oldest(self, partition: int) -> int:
        """Offset of the oldest record that the log holds just now, or would get.

        Raises:
            LogUnavailable: Kafka does not answer, or has no such partition.
        """
        return self._bounds(partition).oldest

    def rewind(self) -> None:
        """Begin at the oldest records again."""
        self._next.clear()

    def read(self, partition: int, last: int) -> Iterator[Run]:
        """Records of ``partition`` from where the last call ended up to offset ``last``, this included.

        Raises:
            LogExpired: the log dropped the next records.
            LogUnavailable: Kafka fell silent, and did not come back.
        """
        start = self._next.get(partition, OFFSET_BEGINNING)
        if last < max(start, 0):
            return
        self._consumer.assign([NativePartition(self._topic, partition, start)])
        tp, records, size = TopicPartition(self._topic, partition), list[LoggedRecord](), 0
        position = -1
        while position < last:
            message = self._polled(tp)
            if message is None:
                break  # compacted or transactional tails end before the fence's offset
            position = message.offset()
            self.stamped_by_log &= message.timestamp()[0] == TIMESTAMP_LOG_APPEND_TIME
            if position <= last:
                records.append(LoggedRecord.of(message))
                size += size_of(records[-1])
            if len(records) >= RUN_RECORDS or size >= RUN_BYTES:
                yield Run.of(tp, 0, records)
                records, size = [], 0
        # Where the log begins beyond what is asked for, it is read on from there: nothing else will come.
        self._next[partition] = max(last + 1, position)
        if records:
            yield Run.of(tp, 0, records)

    def _polled(self, tp: TopicPartition) -> Message | None:
        """The next record; None at the end of the partition. Rides out what passes as a broker comes back."""
        deadline = time.monotonic() + self._timeout
        while True:
            message = self._consumer.poll(max(0.0, deadline - time.monotonic()))
            if message is None:
                raise LogUnavailable(f"{tp}: nothing from Kafka for {self._timeout:g} s, where more records must be")
            error = message.error()
            if error is None:
                return message
            if error.code() == KafkaError._PARTITION_EOF:
                return None
            if error.code() in _GONE:
                raise LogExpired(f"{tp}: the log drops its oldest records faster than they are read: {error.str()}")
            if error.code() not in RECOVERING or time.monotonic() > deadline:
                raise LogUnavailable(f"{tp}: {error.str()}")

    def _bounds(self, partition: int) -> Bounds:
        native = NativePartition(self._topic, partition)
        return Bounds(*self._asked(lambda: self._consumer.get_watermark_offsets(native, timeout=self._timeout)))

    def _asked(self, question: Callable[[], T]) -> T:
        try:
            return answered(question, self._timeout)
        except KafkaException as error:
            raise LogUnavailable(f"{self._topic}: Kafka does not answer: {error.args[0].str()}") from error

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()
