"""Publish so many reviews, wait until all are counted, and tell how fast that was."""

from time import monotonic
from typing import Final, TypedDict

from infra.demo.latency import LatencyWatch
from infra.demo.stack import DemoStack
from infra.demo.tenants import TENANTS
from infra.demo.traffic import Outlet, just_now, now_ms
from infra.interrupt import Interrupt
from infra.sending import ProgressBar
from stream.letterbox import Letterbox
from stream.pacing import Pacer
from stream.store.totals import reviews_of

STALL_SECONDS: Final = 30.0
"""The worker applies a batch every 50 ms or so; one that has applied none for this long never will."""

LOOK_SECONDS: Final = 0.01
ANSWER_SECONDS: Final = 10.0
"""Longest wait for the broker of our own process."""


class Measured(TypedDict):
    """What the command prints as JSON. Latencies are from the call of publish to readable in Redis, of every review."""

    published: int
    counted: int
    dead_letters: int
    reviews_per_second: float
    p50_ms: float | None
    p99_ms: float | None
    seconds: float
    device: str


def measure(stack: DemoStack, reviews: int, rate: float | None, seed: int, stop: Interrupt) -> Measured:
    """Publish ``reviews`` events as fast as the workers keep up, or at ``rate`` a second, and wait for their counts.

    Returns what there is when the user wants to stop, or when nothing has moved for :data:`STALL_SECONDS`.

    Raises:
        CommandError: a part of the demo has ended, or the broker does not take events.
    """
    with Outlet(stack, stop) as outlet, LatencyWatch(outlet.fences.by_partition) as watch:
        with ProgressBar("reviews", reviews) as bar:
            started, pacer = monotonic(), Pacer(stop)
            for number, event in enumerate(just_now(seed, now_ms(), reviews)):
                if rate and not pacer.until(number / rate):
                    break
                if not outlet.publish(event, watch.published()):
                    break
                bar.show(outlet.delivered, watch.passed)
            outlet.flush()
            all_sent = monotonic()
            while watch.passed < outlet.delivered and not stop.wait(LOOK_SECONDS):
                stack.check()
                if monotonic() - max(watch.moved_at, all_sent) > STALL_SECONDS:
                    break
                bar.show(outlet.delivered, watch.passed)
        seconds = max(watch.moved_at - started, LOOK_SECONDS)
        counted = sum(reviews_of(outlet.client, tenant) for tenant in TENANTS)
        return Measured(
            published=outlet.delivered,
            counted=counted,
            dead_letters=letters_in(stack.settings.kafka_bootstrap_servers, stack.settings.dead_letter_topic),
            reviews_per_second=round(counted / seconds, 1),
            p50_ms=watch.percentile_ms(0.50),
            p99_ms=watch.percentile_ms(0.99),
            seconds=round(seconds, 3),
            device=next((worker.device for worker in stack.workers()), "unknown"),
        )


def letters_in(bootstrap_servers: str, topic: str) -> int:
    """Dead letters that a topic holds."""
    with Letterbox(bootstrap_servers, topic, timeout=ANSWER_SECONDS) as box:
        return sum(1 for _ in box.entries())
