"""Records as Kafka sends them, without a Kafka: packed by aiokafka's own writer, unpacked as a worker does it."""

from collections.abc import Sequence
from typing import Final

from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from stream.event import EVENT_VERSION, VERSION_HEADER, ReviewEvent, encode
from stream.portions import PlainRecords
from stream.record import Record, size_of

FORMAT: Final = 2
"""Of records (``magic``), since Kafka 0.11."""

_HEADERS: Final = [(VERSION_HEADER, str(EVENT_VERSION).encode())]


def packed(events: Sequence[ReviewEvent], first: int, now_ms: int) -> bytes:
    """One record batch, uncompressed, as a producer sends and a broker stores it.

    Args:
        events: of any products.
        first: offset of the first.
        now_ms: when the log took them.
    """
    builder = DefaultRecordBatchBuilder(
        magic=FORMAT, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=2**31 - 1,
    )  # fmt: skip
    for number, event in enumerate(events):
        builder.append(number, now_ms, event.key, encode(event), _HEADERS)
    batch = bytearray(builder.build())
    # A producer counts from 0; the broker writes the real offset in front, where the checksum does not reach.
    batch[:8] = first.to_bytes(8, "big")
    return bytes(batch)


def unpacked(batch: bytes, topic: str, partition: int, first: int) -> list[Record]:
    """What a worker makes of a batch: its checksum looked at, its records parsed and weighed."""
    parsed = PlainRecords(
        TopicPartition(topic, partition), MemoryRecords(batch), [], first, None, None, True, READ_COMMITTED
    ).parsed()
    records, size = list[Record](), 0
    for record in parsed:
        records.append(record)
        size += size_of(record)
    return records
