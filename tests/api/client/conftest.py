"""The API in a thread of its own, on a real port, so that a client that waits can be tested beside one that is
awaited."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from inspect import isawaitable
from typing import Any

import pytest

from api.app import create_app
from api.client import AsyncAura, Aura, Retries
from api.config import ApiConfig
from api.server import Server, listen
from tests.api.filling import House
from tests.api.serving import DEADLINE_SECONDS

ONCE = Retries(patience_seconds=0.0)
PATIENT = Retries(patience_seconds=DEADLINE_SECONDS, first_wait_seconds=0.02, longest_wait_seconds=0.2)


@contextmanager
def serving(config: ApiConfig, port: int = 0) -> Iterator[str]:
    """The application on ``port``, in a thread; yields its URL."""
    listening = listen("127.0.0.1", port)
    server = Server(create_app(config))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()


@pytest.fixture
def url(config: ApiConfig) -> Iterator[str]:
    with serving(config) as url:
        yield url


@pytest.fixture
def aura(url: str, house: House) -> Iterator[Aura]:
    with Aura(url, house.keys["shop", "write"], retries=PATIENT) as aura:
        yield aura


@pytest.fixture
async def async_aura(url: str, house: House) -> AsyncIterator[AsyncAura]:
    async with AsyncAura(url, house.keys["shop", "write"], retries=PATIENT) as aura:
        yield aura


async def both(url: str, key: str, use: Callable[[Any], Any], retries: Retries = PATIENT) -> list[Any]:
    """What ``use`` gives of a client that waits, and of one that is awaited; an iterator's items as a list."""
    with Aura(url, key, retries=retries) as aura:
        now = use(aura)
        now = list(now) if isinstance(now, Iterator) else now
    async with AsyncAura(url, key, retries=retries) as async_aura:
        later = use(async_aura)
        if isawaitable(later):
            later = await later
        elif isinstance(later, AsyncIterator):
            later = [item async for item in later]
    return [now, later]


async def both_fail(url: str, key: str, use: Callable[[Any], Any], retries: Retries = ONCE) -> list[Exception]:
    """The errors that ``use`` ends with."""
    errors: list[Exception] = []
    with Aura(url, key, retries=retries) as aura:
        try:
            result = use(aura)
            list(result) if isinstance(result, Iterator) else None
        except Exception as error:
            errors.append(error)
    async with AsyncAura(url, key, retries=retries) as async_aura:
        try:
            await use(async_aura)
        except Exception as error:
            errors.append(error)
    assert len(errors) == 2
    return errors
