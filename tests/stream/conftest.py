"""What the tests of the rooms between Kafka and the store share."""

from collections.abc import AsyncIterator

import pytest

from stream.store.connection import Client, connect


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    """A client of an empty Redis."""
    client = connect(redis_url)
    yield client
    await client.aclose()
