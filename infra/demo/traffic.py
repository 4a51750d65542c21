"""The simulator's events to a demo: the past at once, the present as it comes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice, takewhile
from time import time_ns
from types import TracebackType
from typing import Final, Self

from redis import Redis

from infra.demo.fences import Fences
from infra.demo.stack import DemoStack
from infra.errors import CommandError
from infra.interrupt import Interrupt
from stream.event import ReviewEvent
from stream.holdback import FenceGate
from stream.publish import Delivered, ProducerConfig, Publisher
from stream.simulate import traffic

CHECK_SECONDS: Final = 0.2
"""How soon Ctrl-C, or a part that ended, is noticed while publishing is held back."""

FLUSH_SECONDS: Final = 10.0
"""The broker is in our own process and answers in milliseconds."""

UNAPPLIED_BYTES: Final = 512 * 1024
"""Bytes of a partition on their way at most. 4 x 512 KiB are some 4,000 reviews, two batches: enough for full speed
(256 KiB cost 3 %, 1 MiB gained 2 %), and each KiB more only makes the queue longer (p50 0.23 s, 0.44 s, 0.90 s)."""

RECENT_MS: Final = 30 * 60_000
"""The last half hour is told in full, so that minute charts are not empty; it takes the workers some seconds."""

WEEK_MS: Final = 7 * 86_400_000
WEEK_REVIEWS: Final = 6_000
"""Reviews of the week before it: some forty an hour, enough for the longer windows to show something."""


def now_ms() -> int:
    """The clock, ms since 1970-01-01 UTC."""
    return time_ns() // 1_000_000


def week_before(seed: int, at_ms: int) -> Iterator[ReviewEvent]:
    """Sparse reviews from a week before ``at_ms`` until the last half hour begins."""
    end_ms = at_ms - RECENT_MS
    events = traffic(seed, at_ms - WEEK_MS, WEEK_REVIEWS / (WEEK_MS / 1000), story_ms=at_ms)
    return takewhile(lambda event: event.occurred_ms < end_ms, events)


def around(seed: int, at_ms: int, rate: float) -> Iterator[ReviewEvent]:
    """Reviews of the half hour before ``at_ms`` and on without end; the story lines begin at ``at_ms``."""
    return traffic(seed, at_ms - RECENT_MS, rate, story_ms=at_ms)


def just_now(seed: int, at_ms: int, reviews: int) -> Iterator[ReviewEvent]:
    """So many reviews, spread over the half hour before ``at_ms``."""
    return islice(traffic(seed, at_ms - RECENT_MS, reviews / (RECENT_MS / 1000)), reviews)


class Outlet(AbstractContextManager["Outlet"]):
    """A way into a demo's topic that never runs ahead of its workers, which the embedded broker would punish.

    Args:
        stack: the running demo.
        stop: the user's wish to stop.

    Attributes:
        fences: how far the workers are.
        client: the demo's Redis.
    """

    def __init__(self, stack: DemoStack, stop: Interrupt) -> None:
        settings = stack.settings
        self.client = Redis.from_url(settings.redis_url)
        self.fences = Fences(self.client, settings.topic)
        self._stack = stack
        self._stop = stop
        config = ProducerConfig(settings.kafka_bootstrap_servers, settings.topic, client_id="aura-demo")
        self._publisher = Publisher(
            config, FenceGate(settings.topic, self.fences.by_topic_partition, limit=UNAPPLIED_BYTES)
        )

    @property
    def delivered(self) -> int:
        """Reviews that the broker has acknowledged."""
        return self._publisher.delivered

    def publish(self, event: ReviewEvent, report: Delivered | None = None) -> bool:
        """Publish one review; False when the user wants to stop.

        Raises:
            CommandError: a part of the demo has ended.
        """
        while not self._stop.is_set():
            if self._publisher.publish(event, report, timeout=CHECK_SECONDS):
                return True
            self._stack.check()
        return False

    def flush(self) -> None:
        """Wait until the broker has acknowledged everything.

        Raises:
            CommandError: it has not.
        """
        left = self._publisher.flush(FLUSH_SECONDS) + self._publisher.failed
        if left:
            raise CommandError(f"the embedded broker did not take {left} reviews: {self._publisher.last_error}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._publisher.close(timeout=0.5)
        self.client.close()
