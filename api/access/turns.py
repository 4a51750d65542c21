"""Heavy reads one after the other: what a tenant may make an API process do at a time is bounded, and fair to others.

A rate limit does not bound it. A key that may ask 1,000 times at once may ask for 1,000 different windows of 10,000
products, which would all be held in memory (12 GB), with every other tenant waiting for them.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from api.http.problems import unavailable

AT_ONCE: Final = 4
"""Heavy reads of a process, each of another tenant: one waits for Redis while the next one computes."""

WAITING: Final = 16
"""Further ones of a tenant that wait. A dashboard asks for some five windows at once; of 10,000 products each takes a
second, and nobody waits longer than these."""

RETRY_SECONDS: Final = 5


class Turns:
    """Whose turn it is: one read of a tenant at a time, in the order they came, and :data:`AT_ONCE` of all tenants."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._queues: dict[str, asyncio.Lock] = {}
        self._lengths: dict[str, int] = {}

    @asynccontextmanager
    async def turn(self, tenant_id: str) -> AsyncGenerator[None, None]:
        """Wait for the tenant's turn, and hold it.

        Raises:
            Problem: :data:`WAITING` of the tenant wait already.
        """
        length = self._lengths.get(tenant_id, 0)
        if length > WAITING:
            raise unavailable(f"{WAITING} reads of this tenant wait, as many as may.", RETRY_SECONDS)
        self._lengths[tenant_id] = length + 1
        queue = self._queues.setdefault(tenant_id, asyncio.Lock())
        try:
            async with queue, self._places:
                yield
        finally:
            self._lengths[tenant_id] -= 1
            if not self._lengths[tenant_id]:  # nobody is in it
                del self._lengths[tenant_id], self._queues[tenant_id]
