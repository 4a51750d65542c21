"""What all tests share."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.api.filling import Filler
from tests.services import start_kafka, start_mock_kafka, start_redis

# How long an example takes says how busy the machine is; no test may fail of it. And a server that a test empties for
# each example may be made once a test.
hypothesis_settings.register_profile(
    "aura", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("aura")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real review data; tests that need it skip where it is not laid out beside the project."""
    if not SHARED_DATA.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have the review data at {SHARED_DATA}")
        pytest.skip("the real review data (../shared/data) is not beside the project")
    return SHARED_DATA


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of one real redis-server for the whole run."""
    with start_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """URL of a real, empty redis-server."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture
async def filler(redis_url: str) -> AsyncIterator[Filler]:
    """Puts reviews into that Redis as a worker does."""
    filler = Filler(redis_url)
    await filler.open()
    yield filler
    await filler.close()


@pytest.fixture(scope="session")
def kafka_address() -> Iterator[str]:
    """Bootstrap address of librdkafka's in-process broker, one for the whole run: use topics of your own."""
    with start_mock_kafka() as address:
        yield address


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap address of one real Apache Kafka for the whole run: create topics of your own."""
    with start_kafka(tmp_path_factory.mktemp("kafka")) as address:
        yield address
