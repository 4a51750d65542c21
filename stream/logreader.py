"""The reviews topic as it stands in the log, read partition by partition up to given offsets, outside any group."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from confluent_kafka import OFFSET_BEGINNING, TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as NativePartition

from stream.letterbox import FETCH_BYTES
from stream.record import LOG_APPEND_TIME, Run, TopicPartition, size_of

TIMEOUT_SECONDS: Final = 30.0
"""Longest silence of Kafka while records are still expected."""

RUN_RECORDS: Final = 1024
"""Records handed over at once: what the classifier takes in one call."""

RUN_BYTES: Final = 16 * 1024 * 1024
"""Bytes of records at which they are handed over whatever their number."""


class LogUnavailable(Exception):
    """Kafka did not give what the log should hold."""


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

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self.stamped_by_log = True
        self._topic = topic
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

    def oldest(self, partition: int) -> int:
        """Offset of the oldest record that the log holds just now, or would get.

        Raises:
            LogUnavailable: Kafka does not answer, or has no such partition.
        """
        try:
            low: int = self._consumer.get_watermark_offsets(
                NativePartition(self._topic, partition), timeout=TIMEOUT_SECONDS
            )[0]
        except KafkaException as error:
            raise LogUnavailable(f"{self._topic}-{partition}: {error.args[0].str()}") from error
        return low

    def rewind(self) -> None:
        """Begin at the oldest records again."""
        self._next.clear()

    def read(self, partition: int, last: int) -> Iterator[Run]:
        """Records of ``partition`` from where the last call ended up to offset ``last``, this included.

        Raises:
            LogUnavailable: Kafka fell silent, or the records are gone.
        """
        start = self._next.get(partition, OFFSET_BEGINNING)
        if last < max(start, 0):
            return
        self._consumer.assign([NativePartition(self._topic, partition, start)])
        tp, records, size = TopicPartition(self._topic, partition), list[LoggedRecord](), 0
        position = -1
        while position < last:
            message = self._consumer.poll(TIMEOUT_SECONDS)
            if message is None:
                raise LogUnavailable(f"{tp}: no record for {TIMEOUT_SECONDS:.0f} s; {position} of {last} read")
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise LogUnavailable(f"{tp}: {error.str()}")
            if error is not None:
                break  # compacted or transactional tails end before the fence's offset
            position = message.offset()
            self.stamped_by_log &= message.timestamp()[0] == TIMESTAMP_LOG_APPEND_TIME
            if position <= last:
                records.append(LoggedRecord.of(message))
                size += size_of(records[-1])
            if len(records) >= RUN_RECORDS or size >= RUN_BYTES:
                yield Run.of(tp, 0, records)
                records, size = [], 0
        self._next[partition] = last + 1
        if records:
            yield Run.of(tp, 0, records)

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()
