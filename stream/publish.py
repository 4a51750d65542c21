"""The way into the topic: events to Kafka, acknowledged, in order, each once."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final, Literal, Self

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stream.event import EVENT_VERSION, VERSION_HEADER, ReviewEvent, encode
from stream.holdback import OVERHEAD_BYTES, REFRESH_SECONDS, HoldBack
from stream.pending import BrokerUnavailable, Pending
from stream.topics import REVIEWS

_POLL_SECONDS: Final = 0.1
"""Longest sleep of the polling thread; a delivery wakes it at once, so this only bounds how long closing takes."""

_HEADERS: Final = [(VERSION_HEADER, str(EVENT_VERSION).encode())]

Compression = Literal["none", "gzip", "snappy", "lz4", "zstd"]

Delivered = Callable[[int, int], None]
"""Called with the partition and offset of a record that Kafka has acknowledged, on the polling thread: it must be
quick and must not raise."""

__all__ = ["BrokerUnavailable", "Compression", "Delivered", "ProducerConfig", "Publisher"]

log = structlog.get_logger("aura.publish")


@dataclass(frozen=True, slots=True)
class ProducerConfig:
    """How a :class:`Publisher` connects and buffers."""

    bootstrap_servers: str
    topic: str = REVIEWS
    client_id: str = "aura-publisher"
    linger_ms: int = 5
    """How long a record waits for company. 5 ms fills batches from a few thousand events a second on."""
    compression: Compression = "none"
    """None is fastest where broker and producer share a machine."""
    queue_messages: int = 100_000
    queue_kib: int = 64 * 1024
    """Both bound what a stopped broker costs in memory; together about a second of the fastest producer."""
    delivery_timeout_seconds: float = 30.0
    """After it an event counts as failed: longer than a change of leader, shorter than a user's patience."""


class Publisher:
    """An idempotent producer (``acks=all``) of review events.

    A thread of its own serves deliveries, so that counters move and callbacks come while the caller does other work.
    One thread at a time publishes. Use it as a context manager, or call :meth:`close`.

    Args:
        config: where to and how.
        gate: holds publishing back; None lets it run as fast as the broker takes it.

    Attributes:
        delivered: events that Kafka has acknowledged.
        failed: events that it has not within ``delivery_timeout_seconds``.
        last_error: what Kafka or the connection to it said last.
    """

    def __init__(self, config: ProducerConfig, gate: HoldBack | None = None) -> None:
        self.delivered = 0
        self.failed = 0
        self.last_error: str | None = None
        self._config = config
        self._gate = gate
        self._accepted = 0
        self._progress = threading.Condition()
        self._closing = False
        self._producer = Producer(
            {
                "bootstrap.servers": config.bootstrap_servers,
                "client.id": config.client_id,
                "enable.idempotence": True,
                "acks": "all",
                # Kafka takes any batch as the first of a producer that it does not know. With a second one on its way
                # while the first is refused, the second becomes the first, and librdkafka then takes the refusal of
                # what is sent again for the answer to a copy: acknowledged, and not in the log.
                "max.in.flight.requests.per.connection": 1,
                "linger.ms": config.linger_ms,
                "compression.type": config.compression,
                "queue.buffering.max.messages": config.queue_messages,
                "queue.buffering.max.kbytes": config.queue_kib,
                "delivery.timeout.ms": int(config.delivery_timeout_seconds * 1000),
                "error_cb": self._note,
                "log_level": 2,  # what goes wrong is reported by our errors, not printed as well
            }
        )
        self._poller = threading.Thread(target=self._poll, name="aura-publish-poll", daemon=True)
        self._poller.start()

    @property
    def outstanding(self) -> int:
        """Events accepted that Kafka has neither acknowledged nor failed."""
        return self._accepted - self.delivered - self.failed

    def publish(
        self, event: ReviewEvent, on_delivery: Delivered | None = None, *, timeout: float | None = None
    ) -> bool:
        """Hand one event over; waits while the queue is full or the gate holds back.

        Args:
            event: what to publish, under the key ``event.key``.
            on_delivery: called once Kafka has acknowledged it, never for an event that failed.
            timeout: seconds to wait at most; None waits for ever.

        Returns:
            Whether it was accepted. False after ``timeout``.

        Raises:
            BrokerUnavailable: Kafka refuses for good (authorisation, a broken idempotent session).
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        key, value = event.key, encode(event)
        size = len(key) + len(value) + OVERHEAD_BYTES
        while not self._try_produce(key, value, size, on_delivery, None):
            if deadline is not None and time.monotonic() >= deadline:
                return False
            with self._progress:
                self._progress.wait(REFRESH_SECONDS)
            if self._gate is not None:
                self._gate.refresh()
        return True

    async def publish_acked(self, events: Sequence[ReviewEvent], timeout: float) -> None:  # noqa: ASYNC109 - see Raises
        """Publish ``events`` and return once Kafka has acknowledged every one. To be called on an event loop.

        Args:
            events: what to publish.
            timeout: seconds.

        Raises:
            BrokerUnavailable: some are not acknowledged within ``timeout``, or the queue is full. Events that were
                handed over before may still arrive.
        """
        loop = asyncio.get_running_loop()
        pending = Pending(len(events), loop)
        try:
            async with asyncio.timeout(timeout):
                for event in events:
                    key, value = event.key, encode(event)
                    size = len(key) + len(value) + OVERHEAD_BYTES
                    while not self._try_produce(key, value, size, None, pending):
                        if self._gate is None:
                            raise BrokerUnavailable("the queue of unacknowledged events is full")
                        await asyncio.sleep(REFRESH_SECONDS)
                        await asyncio.to_thread(self._gate.refresh)
                if events:
                    await pending.done
        except TimeoutError:
            said = f" ({self.last_error})" if self.last_error else ""
            raise BrokerUnavailable(f"no acknowledgement within {timeout:g} s{said}") from None
        finally:
            pending.done.cancel()  # nobody waits for it any more; without effect once it is done

    def flush(self, timeout: float) -> int:
        """Wait until Kafka has answered for every event.

        Returns:
            Events that are still unanswered after ``timeout`` seconds.
        """
        with self._progress:
            self._progress.wait_for(lambda: self.outstanding == 0, timeout)
        return self.outstanding

    def close(self, timeout: float = 10.0) -> int:
        """Flush, then end the polling thread. Returns what :meth:`flush` does."""
        left = self.flush(timeout)
        self._closing = True
        self._poller.join()
        return left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Where events have failed already, those still on their way would only be waited for to fail.
        self.close(timeout=0 if kind or self.failed else self._config.delivery_timeout_seconds)

    def _try_produce(
        self, key: bytes, value: bytes, size: int, on_delivery: Delivered | None, pending: Pending | None
    ) -> bool:
        """Hand one record to librdkafka; False when its queue is full or the gate holds back."""
        if self._gate is not None and not self._gate.try_reserve(size):
            return False
        report = partial(self._report, size, on_delivery, pending)
        try:
            self._producer.produce(self._config.topic, value, key, headers=_HEADERS, on_delivery=report)
        except BufferError:
            if self._gate is not None:
                self._gate.failed(size)
            return False
        except KafkaException as error:
            if self._gate is not None:
                self._gate.failed(size)
            raise BrokerUnavailable(str(error.args[0])) from error
        self._accepted += 1
        return True

    def _report(
        self,
        size: int,
        on_delivery: Delivered | None,
        pending: Pending | None,
        error: KafkaError | None,
        message: Message,
    ) -> None:
        """Kafka has answered for one record. Runs on the polling thread."""
        if error is None:
            self.delivered += 1
            if self._gate is not None:
                self._gate.delivered(message.partition(), message.offset(), size)
            if on_delivery is not None:
                on_delivery(message.partition(), message.offset())
        else:
            self.failed += 1
            self.last_error = self._reason(error)
            if self._gate is not None:
                self._gate.failed(size)
        if pending is not None:
            pending.settle(None if error is None else self._reason(error))

    def _reason(self, error: KafkaError) -> str:
        if error.code() == KafkaError._MSG_TIMED_OUT:
            return f"no acknowledgement within {self._config.delivery_timeout_seconds:g} s"
        return str(error.str())

    def _note(self, error: KafkaError) -> None:
        """The connection has a problem, which librdkafka goes on trying to overcome."""
        self.last_error = error.str()

    def _poll(self) -> None:
        while not self._closing:
            try:
                served = self._producer.poll(_POLL_SECONDS)
            except Exception:  # a callback that raises must not end the deliveries of all others
                log.exception("a callback of a delivery failed; other deliveries go on")
                served = 1
            if served:
                with self._progress:
                    self._progress.notify_all()
