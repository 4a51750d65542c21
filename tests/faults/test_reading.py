"""The log is read to its end, also where a transaction is still open."""

import time
import uuid
from threading import Timer

from confluent_kafka import Producer

from stream.topics import ensure_topics
from tests.faults.log import ends, read_log
from tests.faults.reviews import NAME_HEADER

OPEN_SECONDS = 3.0


def test_what_stands_behind_an_open_transaction_is_waited_for(kafka: str) -> None:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=topic)
    open_one = Producer({"bootstrap.servers": kafka, "transactional.id": topic, "log_level": 0})
    open_one.init_transactions(60)
    open_one.begin_transaction()
    open_one.produce(topic, b"{}", headers={NAME_HEADER: b"taken back"})
    open_one.flush(30)
    plain = Producer({"bootstrap.servers": kafka, "log_level": 0})
    plain.produce(topic, b"{}", headers={NAME_HEADER: b"behind"})
    plain.flush(30)
    assert ends(kafka, topic) == {0: 2}
    started = time.monotonic()
    end = Timer(OPEN_SECONDS, open_one.abort_transaction, [60])
    end.start()
    assert read_log(kafka, topic).names == {(0, 1): "behind"}
    assert time.monotonic() - started >= OPEN_SECONDS
    end.join()
