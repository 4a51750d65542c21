"""From publish to readable through the API: single reviews of products of their own, looked for until they count."""

import math
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import httpx

LOOK_SECONDS: Final = 0.005
"""Between two looks at a probe's product: the error of a latency, and 15-20 small requests a probe."""

GAP_SECONDS: Final = 0.5
"""Between two probes: 3,600 of them in half an hour give a 99th percentile, and cost the API some 40 requests a
second."""

LOST_SECONDS: Final = 30.0
"""A probe not seen for so long counts as lost, and the next one is sent."""


class Probes:
    """Publishes a probe, waits until the API counts it, and so on, on a thread of its own. A context manager.

    Args:
        api: address of the API.
        tenant: whose products the probes are.
        key: an API key of that tenant.
        publish: publishes one review of the product it is given, from any thread.

    Attributes:
        sent: probes published.
        lost: probes that were not readable within :data:`LOST_SECONDS`.
    """

    def __init__(self, api: str, tenant: str, key: str, publish: Callable[[str], None]) -> None:
        self.sent = 0
        self.lost = 0
        self._publish = publish
        self._path = f"/v1/tenants/{tenant}/products/"
        self._client = httpx.Client(base_url=api, headers={"X-API-Key": key}, timeout=5)
        self._latencies: list[tuple[float, float]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aura-bench-probes", daemon=True)

    def latencies(self) -> list[tuple[float, float]]:
        """(when published, by ``time.monotonic``; seconds until readable) of every probe that was found."""
        return list(self._latencies)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._closing.wait(GAP_SECONDS):
            # A few products in turn: one for each probe would make products without end.
            product = f"probe-{self.sent % 8}"
            before = self._counted(product)
            if before is None:
                continue
            published_at = time.monotonic()
            self._publish(product)
            self.sent += 1
            if (found_at := self._found(product, before, published_at)) is not None:
                self._latencies.append((published_at, found_at - published_at))

    def _found(self, product: str, before: int, published_at: float) -> float | None:
        while time.monotonic() - published_at < LOST_SECONDS:
            now = self._counted(product)
            if now is not None and now > before:
                return time.monotonic()
            if self._closing.wait(LOOK_SECONDS):
                return None
        self.lost += 1
        return None

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
