"""Dead letters made up for tests, and put into a Kafka."""

import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from confluent_kafka import Producer

from stream.deadletter import (
    FIELD_HEADER,
    OFFSET_HEADER,
    PARTITION_HEADER,
    REASON_HEADER,
    TIMESTAMP_HEADER,
    TOPIC_HEADER,
)
from stream.letterbox import REPLAYED_HEADER, StoredLetter
from stream.record import TopicPartition
from tests.stream.samples import NOON_MS


def letter(offset: int = 17, **changes: Any) -> StoredLetter:
    """A letter as it is read."""
    fields: dict[str, Any] = {
        "partition": 0, "offset": offset, "written_ms": NOON_MS, "source": TopicPartition("aura.reviews", 0),
        "source_offset": offset, "field": "tenant", "reason": "not in the tenants file", "cut_from_bytes": None,
        "key": b"bank/account", "value": b'{"tenant": "bank"}', "headers": (),
    }  # fmt: skip
    return StoredLetter(**(fields | changes))


def transaction(
    address: str,
    produce: Callable[[Producer], object],
    *,
    commit: bool = True,
    visible: bool = True,
    settings: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """What ``produce`` does with a producer, in a transaction; ``visible`` to readers when this returns."""
    settings = {"bootstrap.servers": address, "transactional.id": uuid.uuid4().hex, "log_level": 0, **settings}
    producer = Producer(settings)
    producer.init_transactions(30)
    producer.begin_transaction()
    produce(producer)
    producer.flush(30)
    producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    if not visible:
        return
    # Kafka answers a commit before readers see it, but keeps the next of that id waiting until they do.
    Producer(settings).init_transactions(30)


def source(topic: str, partition: int, offset: int) -> list[tuple[str, str | bytes | None]]:
    """The headers by which letters and markers name a record."""
    place = (TOPIC_HEADER, topic.encode()), (PARTITION_HEADER, b"%d" % partition), (OFFSET_HEADER, b"%d" % offset)
    return list(place)


def put(producer: Producer, topic: str, offset: int, value: bytes | None = b"{", **changes: Any) -> None:
    """Write a letter of the record at ``offset`` of partition 0 of the reviews topic that ``topic`` belongs to.

    As letters were before they carried the time ``logged_ms`` of their record, unless that is given.
    """
    options: dict[str, Any] = {
        "partition": 0,
        "field": b"",
        "reason": b"not JSON",
        "key": b"shop/kettle",
        "headers": [],
        "logged_ms": None,
    }
    options |= changes
    if (logged_ms := options.pop("logged_ms")) is not None:
        options["headers"] = [(TIMESTAMP_HEADER, b"%d" % logged_ms), *options["headers"]]
    headers = source(topic.removesuffix(".dead-letters"), 0, offset)
    headers += [(FIELD_HEADER, options.pop("field")), (REASON_HEADER, options.pop("reason")), *options.pop("headers")]
    producer.produce(topic, value, options.pop("key"), headers=headers, **options)


def mark(producer: Producer, topic: str, offset: int, at_ms: int = NOON_MS, logged_ms: int | None = None) -> None:
    """Mark the letter of the record at ``offset``, which the log took at ``logged_ms``, as replayed."""
    headers = source(topic.removesuffix(".dead-letters"), 0, offset)
    if logged_ms is not None:
        headers.append((TIMESTAMP_HEADER, b"%d" % logged_ms))
    producer.produce(topic, None, None, 0, headers=[*headers, (REPLAYED_HEADER, b"%d" % at_ms)])
