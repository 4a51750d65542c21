"""What ``aura publish`` and ``aura simulate`` share: one event after another to Kafka, stopped cleanly, counted."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from infra.errors import CommandError
from infra.interrupt import Interrupt
from infra.settings import Settings
from stream.committed import CommittedOffsets
from stream.event import ReviewEvent
from stream.holdback import FenceGate
from stream.publish import BrokerUnavailable, ProducerConfig, Publisher
from stream.tenants import TenantsFileError, load
from stream.topics import TopicsError, ensure_topics

CONNECT_SECONDS: Final = 10.0
"""Wait for the broker's first answer: a local one answers within a second, one that is starting within a few."""

FLUSH_SECONDS: Final = 35.0
"""Wait for the last acknowledgements: just longer than the producer's own delivery timeout."""

_STOP_CHECK_SECONDS: Final = 0.2
"""How soon Ctrl-C is noticed while the queue is full."""

_SHOW_SECONDS: Final = 0.1
"""Between two updates of the progress bar."""

_LINGER_MS: Final = 20
"""Nobody waits for a single event here; fuller batches cost the broker less."""


def check_tenant(settings: Settings, tenant: str) -> None:
    """Refuse a tenant that the tenants file, where there is one, does not name: workers would refuse its every review.

    Raises:
        CommandError: it does not, or cannot be read.
    """
    if not settings.tenants_file.exists():
        return
    try:
        tenants = load(settings.tenants_file)
    except TenantsFileError as error:
        raise CommandError(str(error)) from error
    if tenant not in tenants:
        known = ", ".join(tenants) or "none"
        raise CommandError(f"expected a tenant of {settings.tenants_file} ({known}), got {tenant}; add it there first")


@contextmanager
def open_publisher(settings: Settings, bootstrap_servers: str | None) -> Iterator[Publisher]:
    """A publisher whose topics exist; held back by the workers' progress where the broker is the in-process one.

    Args:
        settings: topic, partitions and the like.
        bootstrap_servers: another broker than that of the settings.

    Raises:
        CommandError: Kafka does not answer.
    """
    servers, topic = bootstrap_servers or settings.kafka_bootstrap_servers, settings.topic
    try:
        topics = ensure_topics(
            servers,
            partitions=settings.partitions,
            replication=settings.replication,
            reviews=topic,
            retention_ms=settings.retention_hours * 3_600_000 or -1,
            timeout=CONNECT_SECONDS,
        )
    except TopicsError as error:
        raise CommandError(f"{error}; is it running, and is AURA_KAFKA_BOOTSTRAP_SERVERS right?") from error
    config = ProducerConfig(servers, topic, client_id="aura-cli", linger_ms=_LINGER_MS)
    if not topics.in_process:
        with Publisher(config) as publisher:
            yield publisher
        return
    applied = CommittedOffsets(servers, topic, settings.consumer_group, topics.reviews.partitions)
    try:
        with Publisher(config, FenceGate(topic, applied)) as publisher:
            yield publisher
    finally:
        applied.close()


class Sending:
    """Hands events to a publisher one by one and remembers which positions Kafka has not acknowledged.

    Attributes:
        seconds: how long it took; set by :meth:`finish`.
    """

    def __init__(self, publisher: Publisher, interrupt: Interrupt) -> None:
        self.seconds = 0.0
        self._publisher = publisher
        self._interrupt = interrupt
        self._unacknowledged: dict[int, None] = {}
        self._next = 1
        self._refused: str | None = None
        self._started = time.monotonic()

    def send(self, position: int, event: ReviewEvent, waiting: Callable[[], None]) -> bool:
        """Hand one event over; ``waiting`` is called now and then while it is not taken.

        False when the user wants to stop or Kafka takes no more: send no other.
        """
        self._unacknowledged[position] = None
        report = partial(self._acknowledged, position)
        try:
            while not self._interrupt.is_set() and not self._publisher.failed:
                if self._publisher.publish(event, report, timeout=_STOP_CHECK_SECONDS):
                    self._next = position + 1
                    return True
                waiting()
        except BrokerUnavailable as error:
            self._refused = error.reason
        return False

    def passed(self, position: int) -> None:
        """A position that needs no sending."""
        self._next = position + 1

    def finish(self, timeout: float) -> None:
        """Wait until Kafka has answered for everything sent, ``timeout`` seconds at most; not if it has failed."""
        if not self._publisher.failed:
            self._publisher.flush(timeout)
        self.seconds = time.monotonic() - self._started

    @property
    def published(self) -> int:
        """Events that Kafka has acknowledged."""
        return self._publisher.delivered

    @property
    def failed(self) -> int:
        """Events that Kafka has not acknowledged."""
        return self._publisher.failed + self._publisher.outstanding

    @property
    def failure(self) -> str | None:
        """Why Kafka takes no more; None when it took everything it was given."""
        if self._refused is None and not self.failed:
            return None
        return self._refused or self._publisher.last_error or "no answer"

    @property
    def resume_from(self) -> int:
        """The first position that is not acknowledged: everything before it is."""
        return min(list(self._unacknowledged), default=self._next)

    @property
    def rate(self) -> float:
        """Acknowledged events a second."""
        return self.published / self.seconds if self.seconds else 0.0

    def _acknowledged(self, position: int, partition: int, offset: int) -> None:
        del self._unacknowledged[position]


class ProgressBar:
    """A bar on standard error, where that is a terminal; updated at most ten times a second.

    Args:
        what: what is counted.
        total: where the bar ends, in whatever unit; None for an endless one.
    """

    def __init__(self, what: str, total: float | None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *([TaskProgressColumn()] if total is not None else []),
            TextColumn("{task.fields[count]:,} sent, {task.fields[rate]:,.0f}/s{task.fields[note]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task(what, total=total, count=0, rate=0.0, note="")
        self._shown = self._before = time.monotonic()
        self._counted = 0

    def waiting(self) -> None:
        """Show that nothing is taken just now."""
        self._progress.update(self._task, note=", waiting until Kafka or the workers take more")

    def due(self) -> bool:
        """Whether it is time to show something new."""
        return time.monotonic() - self._shown >= _SHOW_SECONDS

    def show(self, count: int, completed: float, note: str = "") -> None:
        """Show ``count`` and how far the bar is; cheap when it has just been shown."""
        if not self.due():
            return
        now = self._shown = time.monotonic()
        if now - self._before >= 1:
            rate = (count - self._counted) / (now - self._before)
            self._before, self._counted = now, count
            self._progress.update(self._task, rate=rate)
        self._progress.update(self._task, completed=completed, count=count, note=note)

    def __enter__(self) -> "ProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def print_counts(counts: dict[str, object], sentence: str, *, as_json: bool) -> None:
    """The closing counts: one JSON object or one sentence, on standard output."""
    print(json.dumps(counts) if as_json else sentence)
