"""The application on a real Redis, and the means to fill it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import structlog

from api.app import create_app
from api.config import ApiConfig
from tests.api.filling import House, build_house
from tests.services import free_port


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    """Whatever commands were run in this process before."""
    structlog.reset_defaults()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build_house(tmp_path)


@pytest.fixture
def config(house: House, redis_url: str) -> ApiConfig:
    """An API with a Redis, and without a Kafka."""
    return ApiConfig(house.path, redis_url, f"127.0.0.1:{free_port()}", "aura.reviews", publish_timeout_seconds=1.0)


@asynccontextmanager
async def connected(config: ApiConfig) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running application; unforeseen errors reach it as they reach any client."""
    app = create_app(config)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://aura") as http:
        yield http


@pytest.fixture
async def http(config: ApiConfig) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(config) as http:
        yield http
