"""Many clients of the live stream on real sockets, in a process of its own.

Each review's text says when it was written into the store, so a viewer knows how old it is when it arrives. What the
processes' clocks differ in is nothing: it is one machine's.

Run as ``python -m infra.bench.viewers``: :class:`Viewers` as JSON on standard input, :class:`Seen` on standard output.
"""

import asyncio
import re
import socket
import sys
import time
from contextlib import suppress
from typing import Final

import msgspec

WRITTEN: Final = re.compile(rb"written (\d+) ns")
OPEN_SECONDS: Final = 60.0
"""How long all may take until they are open."""

READ_BYTES: Final = 65_536


class Viewers(msgspec.Struct, frozen=True):
    """Who watches, and for how long."""

    host: str
    port: int
    path: str
    headers: dict[str, str]
    viewers: int
    lazy: int
    """Clients beside them that never read."""
    seconds: float
    """From when all are open."""


class Seen(msgspec.Struct, frozen=True):
    """What they saw."""

    delays: list[float]
    """Seconds from each ``reviews`` event's newest review until a viewer had it; one a viewer and event."""
    opened: int
    """Viewers that were answered 200."""
    ended: int
    """Viewers whose stream ended before its time."""
    bytes_received: int
    processor_seconds: float


class _Tally:
    def __init__(self) -> None:
        self.delays: list[float] = []
        self.opened = 0
        self.ended = 0
        self.received = 0
        self.settled = asyncio.Semaphore(0)
        """Released by each viewer once it is open or has failed."""


def run(asked: Viewers) -> Seen:
    """Watch."""
    return asyncio.run(_run(asked))


async def _run(asked: Viewers) -> Seen:
    processor = time.process_time()
    tally, over = _Tally(), asyncio.Event()
    lazy = [_lazy(asked) for _ in range(asked.lazy)]
    watching = [asyncio.create_task(_watch(asked, tally, over)) for _ in range(asked.viewers)]
    with suppress(TimeoutError):
        async with asyncio.timeout(OPEN_SECONDS):
            for _ in range(asked.viewers):
                await tally.settled.acquire()
    sys.stderr.write("open\n")
    sys.stderr.flush()
    await asyncio.sleep(asked.seconds)
    over.set()
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    for one in lazy:
        one.close()
    spent = time.process_time() - processor
    return Seen(tally.delays, tally.opened, tally.ended, tally.received, spent)


def _request(asked: Viewers) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": asked.host, **asked.headers}.items())
    return f"GET {asked.path} HTTP/1.1\r\n{head}\r\n".encode()


def _lazy(asked: Viewers) -> socket.socket:
    client = socket.socket()
    # Before it connects, or the kernel takes megabytes for it.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    client.connect((asked.host, asked.port))
    client.sendall(_request(asked))
    return client


async def _watch(asked: Viewers, tally: _Tally, over: asyncio.Event) -> None:
    try:
        reader, writer = await asyncio.open_connection(asked.host, asked.port)
        writer.write(_request(asked))
        head = await reader.readuntil(b"\r\n\r\n")
        if head[9:12] != b"200":
            raise OSError(f"the live stream answered {head[9:12]!r}")
        tally.opened += 1
        tally.settled.release()
        try:
            await _read(reader, tally)
        finally:
            writer.close()
    except (OSError, asyncio.IncompleteReadError):
        pass
    if not over.is_set():
        tally.ended += 1
        tally.settled.release()


async def _read(reader: asyncio.StreamReader, tally: _Tally) -> None:
    rest = b""
    while data := await reader.read(READ_BYTES):
        tally.received += len(data)
        *events, rest = (rest + data).split(b"\n\n")
        for event in events:
            if b"event: reviews" in event and (written := WRITTEN.findall(event)):
                tally.delays.append((time.time_ns() - max(map(int, written))) / 1e9)


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Viewers)
    sys.stdout.buffer.write(msgspec.json.encode(run(asked)))
