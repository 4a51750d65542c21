"""Requests at a constant rate, whether or not the answers keep up, from a process of its own.

A client that waits for one answer before it asks again asks less the slower it is answered, and so never measures the
requests that would have come meanwhile (G. Tene calls it *coordinated omission*). Here each request is due at a time
that nothing moves, is sent then on a connection that is free or new, and its latency runs from when it was due.

Run as ``python -m infra.bench.load``: a :class:`Load` as JSON on standard input, a :class:`Measured` on standard
output.
"""

import asyncio
import random
import re
import selectors
import sys
import time
from collections import Counter
from typing import Final, cast

import msgspec

MAX_CONNECTIONS: Final = 400
"""select() takes file descriptors below 1,024. A request that would need one more is an error: the server is not coming
back."""

ANSWER_SECONDS: Final = 10.0
"""How long the last answers are waited for."""

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Load(msgspec.Struct, frozen=True):
    """What is asked."""

    host: str
    port: int
    paths: list[str]
    """One of them at random each time."""
    headers: dict[str, str]
    rate: float
    """Requests a second."""
    seconds: float
    warm_up: float
    """Seconds before these, of which nothing is told: connections open, caches fill."""


class Measured(msgspec.Struct, frozen=True):
    """What came of it, without the warm-up."""

    latencies: list[float]
    """Seconds from when each request was due until its whole answer was there; of answered ones."""
    late: list[float]
    """Seconds from when each was due until it was sent: what the load itself adds."""
    outcomes: dict[str, int]
    """Status, or what else became of a request, to how many there were of it."""
    connections: int
    """The most that were open at once."""
    bytes_received: int
    processor_seconds: float
    """Of this process, all of it."""
    seconds: float
    """From the first request that is told of until the last answer."""


class _Connection(asyncio.Protocol):
    """Carries one request after another."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._needed: int | None = None
        self._due: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio."""
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes, due: float) -> None:
        """Send a request."""
        self._due = due
        cast(asyncio.Transport, self._transport).write(request)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """asyncio."""
        self._buffer += data
        if self._needed is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._buffer, 0, end)
            self._needed = end + 4 + (int(length[1]) if length else 0)
        if len(self._buffer) >= self._needed and self._due is not None:
            status = self._buffer[9:12].decode("ascii", "replace")
            due, self._due = self._due, None
            self._run.answered(self, due, status, len(self._buffer))
            self._buffer.clear()
            self._needed = None

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio."""
        self._run.lost(self, self._due)


class _Run:
    def __init__(self, load: Load) -> None:
        self._load = load
        head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": load.host, **load.headers}.items())
        self._requests = [f"GET {path} HTTP/1.1\r\n{head}\r\n".encode() for path in load.paths]
        self._chance = random.Random(1)
        self._free: list[_Connection] = []
        self._open = 0
        self._most = 0
        self._bytes = 0
        self._waiting = 0
        self._all_answered = asyncio.Event()
        self._told_from = 0.0
        self._last = 0.0
        self._latencies: list[float] = []
        self._late: list[float] = []
        self._outcomes: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self) -> Measured:
        load = self._load
        started = time.monotonic() + 0.1
        self._told_from = started + load.warm_up
        processor = time.process_time()
        for number in range(round((load.warm_up + load.seconds) * load.rate)):
            due = started + number / load.rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            elif number % 64 == 0:
                await asyncio.sleep(0)  # where sending is behind all the time, answers are still taken
            self._send(due)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while self._waiting:
                    self._all_answered.clear()
                    await self._all_answered.wait()
        except TimeoutError:
            self._outcomes["no answer"] += self._waiting
        for connection in self._free:
            connection.close()
        return Measured(
            latencies=self._latencies,
            late=self._late,
            outcomes=dict(self._outcomes),
            connections=self._most,
            bytes_received=self._bytes,
            processor_seconds=time.process_time() - processor,
            seconds=self._last - self._told_from,
        )

    def answered(self, connection: _Connection, due: float, status: str, size: int) -> None:
        now = time.monotonic()
        self._free.append(connection)
        self._done()
        if due >= self._told_from:
            self._latencies.append(now - due)
            self._outcomes[status] += 1
            self._bytes += size
            self._last = now

    def lost(self, connection: _Connection, due: float | None) -> None:
        self._open -= 1
        if due is not None:
            self._failed("connection lost", due)
        elif connection in self._free:
            self._free.remove(connection)

    def _send(self, due: float) -> None:
        self._waiting += 1
        request = self._chance.choice(self._requests)
        if self._free:
            self._ask(self._free.pop(), request, due)
        elif self._open >= MAX_CONNECTIONS:
            self._failed("no connection left", due)
        else:
            self._open += 1
            self._most = max(self._most, self._open)
            task = asyncio.get_running_loop().create_task(self._connect(request, due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, request: bytes, due: float) -> None:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self), self._load.host, self._load.port
            )
        except OSError:
            self._open -= 1
            self._failed("not connected", due)
        else:
            self._ask(connection, request, due)

    def _ask(self, connection: _Connection, request: bytes, due: float) -> None:
        connection.ask(request, due)
        if due >= self._told_from:
            self._late.append(time.monotonic() - due)

    def _failed(self, outcome: str, due: float) -> None:
        self._done()
        if due >= self._told_from:
            self._outcomes[outcome] += 1

    def _done(self) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._all_answered.set()


def run(load: Load) -> Measured:
    """Ask, and wait for the answers."""
    # epoll, which asyncio takes by itself, counts its waits in whole milliseconds: half a millisecond late on average.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    try:
        return loop.run_until_complete(_Run(load)())
    finally:
        loop.close()


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Load))))
