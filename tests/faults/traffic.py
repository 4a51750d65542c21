"""The publisher of a run. It keeps its own books: what was sent, and what Kafka has acknowledged."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from confluent_kafka import KafkaError, Message, Producer

from tests.faults.reviews import Bad, Published, Review


@dataclass
class Ledger:
    """What was published: by name, what must become of it, and which names Kafka has acknowledged."""

    sent: dict[str, Review | Bad] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)


class Traffic:
    """Publishes numbered reviews, at full speed or at a rate, in the calling thread or beside it.

    It uses librdkafka itself and none of Aura's code, so that it cannot share an error with it.

    Args:
        bootstrap_servers: where Kafka answers.
        topic: the topic of reviews.
        reviews: number to record; :class:`tests.faults.reviews.Reviews` or anything alike.
        patience: seconds after which an event that Kafka has not acknowledged counts as failed.
        settings: of the producer, beside its own.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        reviews: Callable[[int], Published],
        ledger: Ledger,
        *,
        patience: float = 180.0,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.failed: list[str] = []
        self.last_error = ""
        self.next = 0
        """Number of the next review."""
        self._topic = topic
        self.reviews = reviews
        self._ledger = ledger
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._crash: BaseException | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "enable.idempotence": True,
                "acks": "all",
                "max.in.flight.requests.per.connection": 1,  # see stream.publish
                "linger.ms": 20,
                "queue.buffering.max.messages": 50_000,
                "delivery.timeout.ms": int(patience * 1000),
                "log_level": 0,
                **(settings or {}),
            }
        )

    def send(
        self, count: int, *, rate: float | None = None, unless: Callable[[Published], bool] = lambda _: False
    ) -> None:
        """Publish the next ``count`` reviews; returns once all are handed over.

        Args:
            count: how many.
            rate: in reviews a second.
            unless: which of them are left out.
        """
        started = time.monotonic()
        for sent in range(count):
            if self._stop.is_set():
                return
            if rate is not None:
                while (ahead := sent / rate - (time.monotonic() - started)) > 0:
                    self._producer.poll(min(ahead, 0.05))
            if not unless(record := self.reviews(self.next)):
                self._send(record)
            self.next += 1

    def begin(self, count: int, *, then_rate: float | None = None) -> None:
        """Publish ``count`` reviews at full speed beside the caller; then go on at ``then_rate`` until :meth:`end`."""

        def work() -> None:
            try:
                self.send(count)
                while then_rate is not None and not self._stop.is_set():
                    self.send(int(then_rate), rate=then_rate)
                self._producer.flush()
            except BaseException as error:
                self._crash = error

        self._stop.clear()
        self._thread = threading.Thread(target=work, name="publisher", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until all that was begun is published and answered for."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._producer.flush()
        self._stop.clear()
        if self._crash is not None:
            raise self._crash

    def end(self) -> None:
        """Publish nothing more; wait until everything is answered for."""
        self._stop.set()
        self.finish()

    @property
    def unanswered(self) -> int:
        """Events handed over that Kafka has neither acknowledged nor failed."""
        return len(self._producer)

    def _send(self, record: Published) -> None:
        headers, report = record.all_headers, partial(self._report, record.name)
        while True:
            try:
                self._producer.produce(self._topic, record.value, record.key, headers=headers, on_delivery=report)
            except BufferError:
                self._producer.poll(0.1)
                if self._stop.is_set():
                    self.next -= 1  # this one was not sent
                    return
            else:
                self._ledger.sent[record.name] = record.expected
                self._producer.poll(0)
                return

    def _report(self, name: str, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._ledger.acknowledged.add(name)
        else:
            self.failed.append(name)
            self.last_error = str(error.str())
