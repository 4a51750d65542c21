"""From publish to readable through the API: single reviews of products of their own, looked for until they count.

Probes are due on a fixed schedule, and time runs from when one was due, not from when it was sent: a stall that keeps
the next probes from being sent, or seen, is in the latency of each of them, as it would be in that of reviews.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import httpx

LOOK_SECONDS: Final = 0.005
"""Between two looks at the probes under way: the error of a latency, and 15-20 small requests a probe."""

GAP_SECONDS: Final = 0.5
"""Between two probes: 3,600 of them in half an hour give a 99th percentile, and cost the API some 40 requests a
second."""

LOST_SECONDS: Final = 30.0
"""A probe not seen for so long counts as lost, and as a latency of this much."""


def products_of(gap: float) -> int:
    """Products that probes take turns with: more than are due in :data:`LOST_SECONDS`, so that none has two under way.
    One for each probe would make products without end."""
    return math.ceil(LOST_SECONDS / gap) + 4


class Schedule:
    """Which probe is due when, which are under way, and what became of each. No thread, no clock.

    Moments are in seconds of any clock.

    Args:
        start: when the first probe is due.
        gap: seconds between two.

    Attributes:
        sent: probes sent.
        lost: those that were not readable within :data:`LOST_SECONDS`.
        skipped: probes that were due and not sent, because sending was not possible for so long that their products
            were still waited for.
        latencies: (when due, seconds until readable) of each that was sent; lost ones as :data:`LOST_SECONDS`.
    """

    def __init__(self, start: float, gap: float = GAP_SECONDS) -> None:
        self.sent = 0
        self.lost = 0
        self.skipped = 0
        self.latencies: list[tuple[float, float]] = []
        self._start = start
        self._gap = gap
        self._products = products_of(gap)
        self._turn = 0
        self._of_product: Counter[str] = Counter()
        self._under_way: dict[str, float] = {}

    @property
    def next_at(self) -> float:
        """When the next probe is due."""
        return self._start + self._turn * self._gap

    def take(self) -> str | None:
        """The product of the probe that is due, which counts as sent; None when it must be skipped."""
        product, due = f"probe-{self._turn % self._products}", self.next_at
        self._turn += 1
        if product in self._under_way:
            self.skipped += 1
            return None
        self.sent += 1
        self._of_product[product] += 1
        self._under_way[product] = due
        return product

    def under_way(self) -> list[str]:
        """Products that are looked at, the oldest first."""
        return list(self._under_way)

    def seen(self, product: str, reviews: int | None, now: float) -> None:
        """The API says so many reviews of a product that is looked at; None where it does not answer."""
        due = self._under_way[product]
        readable = reviews is not None and reviews >= self._of_product[product]
        if not readable and now - due < LOST_SECONDS:
            return
        self.lost += not readable
        self.latencies.append((due, now - due if readable else LOST_SECONDS))
        del self._under_way[product]


class Probes:
    """Publishes probes as they are due and looks for them, each on a thread of its own. A context manager.

    Leaving it waits for the probes under way, for :data:`LOST_SECONDS` at most.

    Args:
        api: address of the API.
        tenant: whose products the probes are; it must have none yet.
        key: an API key of that tenant.
        publish: publishes one review of the product it is given, from any thread.
        gap: seconds between two probes.
    """

    def __init__(
        self, api: str, tenant: str, key: str, publish: Callable[[str], object], gap: float = GAP_SECONDS
    ) -> None:
        self.schedule = Schedule(time.monotonic() + gap, gap)
        self._publish = publish
        self._path = f"/v1/tenants/{tenant}/products/"
        self._client = httpx.Client(base_url=api, headers={"X-API-Key": key}, timeout=5)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._sent_all = threading.Event()
        self._error: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"aura-bench-{name}", daemon=True)
            for name, work in (("probes", self._send), ("looks", self._look))
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._client.close()
        if self._error is not None and error is None:
            raise self._error

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # of a thread: told to whoever leaves the context
            self._error = error
            self._closing.set()
            self._sent_all.set()

    def _send(self) -> None:
        while not self._closing.wait(max(0.0, self.schedule.next_at - time.monotonic())):
            with self._lock:
                product = self.schedule.take()
            if product is not None:
                self._publish(product)
        self._sent_all.set()

    def _look(self) -> None:
        while self._error is None:
            last = self._sent_all.is_set()  # asked first: what was sent before is under way below
            with self._lock:
                products = self.schedule.under_way()
            if last and not products:
                return
            for product in products:
                counted = self._counted(product)
                with self._lock:
                    self.schedule.seen(product, counted, time.monotonic())
            time.sleep(LOOK_SECONDS)

    def _counted(self, product: str) -> int | None:
        try:
            answer = self._client.get(self._path + product)
        except httpx.HTTPError:
            return None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return 0
        if answer.status_code != httpx.codes.OK:
            return None
        reviews: int = answer.json()["totals"]["reviews"]
        return reviews


def percentile_ms(seconds: list[float], share: float) -> float | None:
    """What ``share`` of the latencies stay at or under, in ms (nearest rank); None without any."""
    ordered = sorted(seconds)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000, 1) if ordered else None
