"""A dead letter: a record that no event could be made of, as it stands in the dead-letter topic.

It is unchanged, with where it came from and why in headers of ours, its own after them; only a value that the topic
refuses as too large is cut.
"""

from dataclasses import dataclass
from typing import Final

from stream.record import Record, TopicPartition

TOPIC_HEADER: Final = "aura-source-topic"
PARTITION_HEADER: Final = "aura-source-partition"
OFFSET_HEADER: Final = "aura-source-offset"
FIELD_HEADER: Final = "aura-field"
REASON_HEADER: Final = "aura-reason"
CUT_HEADER: Final = "aura-cut-from-bytes"
"""Only on a letter whose value the topic refuses as too large: the length before it was cut."""

CUT_BYTES: Final = 256 * 1024
"""What is left of such a value, and of its key: under the megabyte that brokers take by default. Aura's own topic takes
all (:data:`stream.topics.MAX_LETTER_BYTES`); in one made otherwise, a letter that is never written would stop its
partition."""


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
    """The letter's form in the topic; ``cut`` shortens key and value to :data:`CUT_BYTES`."""
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
    headers += record.headers  # after ours: what reads letters tells them apart by their place
    return Written(key, value, headers)
