"""One tenant's live stream: reads Redis once, and hands each event to everybody who watches."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from api import shapes
from api.live import frames
from stream.alerts.book import Book
from stream.alerts.stepping import AlertEvent
from stream.store.places import place
from stream.store.reader import Store
from stream.store.state import LiveUpdate, RecentReview, StoreUnavailable

log = structlog.get_logger(__name__)

QUEUE_FRAMES: Final = 64
"""Frames that wait for a client: at 5 a second about 12 s, beside what the kernel buffers. A client that falls
further behind is closed; it comes back by itself and catches up by its last id."""

PACE_SECONDS: Final = 0.25
"""Updates are merged to four events a second: 30 batches a second of 20 reviews each would drown a browser."""

SUMMARY_SECONDS: Final = 1.0
BLOCK_MS: Final = 500
"""How long one read waits for an update; below the store's time-out, or an idle tenant would look like a dead Redis."""

RETRY_SECONDS: Final = 1.0
RATE_SECONDS: Final = 10.0
"""The rate is over this long: shorter, and it jumps with every batch."""

ALERT_SECONDS: Final = 1.0
"""Between two looks at what happened to alerts, which are evaluated every few seconds."""

MISSED_ALERTS: Final = 20
"""Alerts handed to a client that comes back; who was away for longer reads the history."""

READY_SECONDS: Final = 2.0
"""How long a new client waits for the first read before it is told that the store is away."""

_START: Final = "0-0"

ReadSummary = Callable[[float], Awaitable[shapes.LiveSummary | None]]
"""Given the tenant's reviews a second; None when the tenant is none any more."""


class Client:
    """One who watches: a bounded queue of encoded frames, ended by None."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_FRAMES)
        self.dropped = False

    def put(self, frame: bytes) -> None:
        """Hand over a frame, or give the client up when it has not read for too long."""
        if self.queue.full():
            self.dropped = True
            self.end()
        elif not self.dropped:
            self.queue.put_nowait(frame)

    def end(self) -> None:
        """Let the client's stream end, without what still waits for it."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Feed:
    """The live stream of one tenant. It reads until it is stopped."""

    def __init__(self, store: Store, book: Book, tenant_id: str, read_summary: ReadSummary) -> None:
        self._store = store
        self._book = book
        self._tenant_id = tenant_id
        self._read_summary = read_summary
        self._clients: set[Client] = set()
        self._position = _START
        self._alerted = _START
        self._recent: deque[RecentReview] = deque(maxlen=frames.SAMPLE)
        self._counts: deque[tuple[float, int]] = deque()
        self._begun = time.monotonic()
        self._summary: bytes | None = None
        self._ready = asyncio.Event()
        # Cancelling alone is not enough: Python 3.11's wait_for, which redis-py sends with, may swallow it (fixed in
        # 3.12, python/cpython#86296), and the loops below would go on for ever.
        self._stopping = False
        self._task = asyncio.create_task(self._run())

    @property
    def ended(self) -> bool:
        """Whether it has stopped reading, on demand or by a failure."""
        return self._task.done()

    async def join(self, client: Client, last_id: str | None) -> list[bytes]:
        """Add a client; its queue gets all that follows the frames returned.

        Args:
            client: has not joined yet.
            last_id: the last id it saw; None gives it the newest reviews to begin with.

        Raises:
            StoreUnavailable: the store does not answer; the client has not joined.
        """
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
        except TimeoutError:
            raise StoreUnavailable("the live stream cannot be read") from None
        # No await between these two lines: the queue begins exactly behind the position.
        position = self._position
        self._clients.add(client)
        opening = [self._summary] if self._summary else []
        if last_id is None:
            if self._recent:
                opening.append(frames.recent(position, list(self._recent)))
            return opening
        try:
            missed = await self._between(last_id, position)
            alerts = await self._alerts_since(last_id)
        except StoreUnavailable:
            self._clients.discard(client)
            raise
        if missed:
            opening.append(frames.reviews(missed))
        return [*opening, *(frames.alert(event) for _, event in alerts)]

    def leave(self, client: Client) -> None:
        """The client has gone."""
        self._clients.discard(client)

    def stop(self) -> None:
        """Begin to end: reading stops, and every client's stream with it."""
        self._stopping = True
        self._task.cancel()

    async def stopped(self) -> None:
        """Return when it has ended."""
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow())
                tasks.create_task(self._summarise())
                tasks.create_task(self._follow_alerts())
        except ExceptionGroup:
            log.exception("live stream failed, its clients connect again", tenant=self._tenant_id)
        finally:
            for client in self._clients:
                client.end()

    async def _follow(self) -> None:
        while not self._stopping:
            try:
                if not self._ready.is_set():
                    await self._find_end()
                updates = await self._store.live(self._tenant_id, self._position, BLOCK_MS)
            except StoreUnavailable:
                self._broadcast(frames.unavailable(f"/v1/tenants/{self._tenant_id}/live"))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if updates:
                self._take(updates)
                self._counts.append((time.monotonic(), sum(update.reviews for update in updates)))
                self._broadcast(frames.reviews(updates))
                await asyncio.sleep(PACE_SECONDS)

    async def _follow_alerts(self) -> None:
        await self._ready.wait()
        while not self._stopping:
            try:
                for place, event in await self._book.since(self._tenant_id, self._alerted, MISSED_ALERTS):
                    self._alerted = place
                    self._broadcast(frames.alert(event))
            except StoreUnavailable:
                pass  # whoever follows reviews tells of it
            await asyncio.sleep(ALERT_SECONDS)

    async def _find_end(self) -> None:
        """Go to the stream's end; what is read on the way shows a newcomer the newest reviews."""
        while updates := await self._store.live(self._tenant_id, self._position, 1):
            self._take(updates)
        newest = await self._book.history(self._tenant_id, None, 1)  # what happened before stands there
        self._alerted = newest[0][0] if newest else _START
        self._ready.set()

    def _take(self, updates: list[LiveUpdate]) -> None:
        self._position = updates[-1].id
        for update in updates:
            self._recent.extend(update.sample)

    async def _between(self, last_id: str, position: str) -> list[LiveUpdate]:
        """Updates after ``last_id`` up to and with ``position``, as far as the store still has them."""
        missed: list[LiveUpdate] = []
        end = place(position)
        while place(last_id) < end:
            updates = await self._store.live(self._tenant_id, last_id, 1)
            missed.extend(update for update in updates if place(update.id) <= end)
            if not updates:
                break
            last_id = updates[-1].id
        return missed

    async def _alerts_since(self, last_id: str) -> list[tuple[str, AlertEvent]]:
        """What happened to alerts after a client's last update; both are placed by Redis' clock."""
        if place(last_id) >= place(self._alerted):
            return []
        return await self._book.since(self._tenant_id, last_id, MISSED_ALERTS)

    async def _summarise(self) -> None:
        while not self._stopping:
            begin = time.monotonic()
            try:
                summary = await self._read_summary(self._rate(begin))
            except StoreUnavailable:
                self._summary = None
            else:
                if summary is None:
                    return
                self._summary = frames.summary(summary)
                self._broadcast(self._summary)
            await asyncio.sleep(max(0.0, begin + SUMMARY_SECONDS - time.monotonic()))

    def _rate(self, now: float) -> float:
        while self._counts and self._counts[0][0] < now - RATE_SECONDS:
            self._counts.popleft()
        seconds = min(RATE_SECONDS, max(SUMMARY_SECONDS, now - self._begun))
        return sum(count for _, count in self._counts) / seconds

    def _broadcast(self, frame: bytes) -> None:
        for client in self._clients:
            client.put(frame)
