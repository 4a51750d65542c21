"""A real server on a real port, and a reader of server-sent events."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from api.app import create_app
from api.config import ApiConfig
from api.server import Server, listen

DEADLINE_SECONDS = 60.0


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return as soon as ``condition`` holds; fail after a while."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not await condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def served(config: ApiConfig) -> AsyncIterator[str]:
    """The application served by uvicorn; yields its URL."""
    listening = listen("127.0.0.1", 0)
    server = Server(create_app(config))
    task = asyncio.create_task(server.serve([listening]))

    async def started() -> bool:
        return server.started or task.done()

    try:
        await until(started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(DEADLINE_SECONDS):
            await task


@dataclass(frozen=True)
class Event:
    """One server-sent event, or a comment (``name`` is ":")."""

    name: str
    data: Any = None
    id: str | None = None


async def events(answer: httpx.Response) -> AsyncGenerator[Event, None]:
    """The events of a live stream, as a browser would see them, and the comments, which it would not."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            yield Event(":", line[1:].strip())
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
            fields = {}
        else:
            fields = {}


@asynccontextmanager
async def watching(url: str, headers: dict[str, str]) -> AsyncIterator[AsyncGenerator[Event, None]]:
    """Watch the shop's live stream."""
    async with (
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as http,
        http.stream("GET", f"{url}/v1/tenants/shop/live", headers=headers) as answer,
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        stream = events(answer)
        try:
            yield stream
        finally:
            await stream.aclose()


async def next_event(stream: AsyncGenerator[Event, None], name: str) -> Event:
    """The next event of that name; fail after a while."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        async for event in stream:
            if event.name == name:
                return event
    raise AssertionError(f"the stream ended without an event {name}")
