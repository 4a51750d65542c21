"""A dead letter: a record that no event could be made of, as it stands in the dead-letter topic.

It is unchanged, with where it came from and why in headers of ours, its own after them; only what the topic refuses as
too large is cut, and more headers than any reader can be given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from stream.record import Record, TopicPartition

TOPIC_HEADER: Final = "aura-source-topic"
PARTITION_HEADER: Final = "aura-source-partition"
OFFSET_HEADER: Final = "aura-source-offset"
FIELD_HEADER: Final = "aura-field"
REASON_HEADER: Final = "aura-reason"
TIMESTAMP_HEADER: Final = "aura-source-timestamp"
"""The log's, in ms: tells the record from the one that has its place in a topic made anew. The last of ours."""

CUT_HEADER: Final = "aura-cut-from-bytes"
"""Only on a letter whose key and value are too large: the length of the value before it was cut."""

CUT_HEADERS_HEADER: Final = "aura-cut-from-headers"
"""Only on a letter that lacks headers of its record: how many that has."""

CUT_BYTES: Final = 256 * 1024
"""What is left of key, value and headers each in a letter that the topic refuses as too large: together under the
megabyte that brokers take by default. Aura's own topic takes all (:data:`stream.topics.MAX_LETTER_BYTES`); in one made
otherwise, a letter that is never written would stop its partition."""

MAX_HEADERS: Final = 1000
"""Of its record, on any letter. Kafka takes any number, but of 100,000 librdkafka gives none back, and without ours a
letter cannot be told from what somebody else wrote."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One refused record."""

    tp: TopicPartition
    record: Record
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as Kafka takes it."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def written(letter: DeadLetter, *, cut: bool) -> Written:
    """The letter's form in the topic; ``cut`` shortens key, value and headers to :data:`CUT_BYTES` each."""
    record, value, key = letter.record, letter.record.value, letter.record.key
    headers: list[tuple[str, bytes | None]] = [
        (TOPIC_HEADER, letter.tp.topic.encode()),
        (PARTITION_HEADER, str(letter.tp.partition).encode()),
        (OFFSET_HEADER, str(record.offset).encode()),
        (FIELD_HEADER, letter.field.encode()),
        (REASON_HEADER, letter.reason.encode()),
    ]
    if cut and len(value or b"") + len(key or b"") > CUT_BYTES:
        headers.append((CUT_HEADER, str(len(value or b"")).encode()))
        value, key = value and value[:CUT_BYTES], key and key[:CUT_BYTES]
    kept = _first(record.headers, CUT_BYTES) if cut else record.headers[:MAX_HEADERS]
    if len(kept) < len(record.headers):
        headers.append((CUT_HEADERS_HEADER, str(len(record.headers)).encode()))
    headers.append((TIMESTAMP_HEADER, str(record.timestamp).encode()))
    headers += kept  # after ours: what reads letters tells them apart by their place
    return Written(key, value, headers)


def _first(headers: Sequence[tuple[str, bytes | None]], most: int) -> Sequence[tuple[str, bytes | None]]:
    """The first of the headers, of ``most`` bytes together."""
    sizes = accumulate(len(name.encode()) + len(value or b"") for name, value in headers[:MAX_HEADERS])
    return headers[: sum(size <= most for size in sizes)]
