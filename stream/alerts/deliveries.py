"""What webhooks are still to be sent, as it stands in Redis. A delivery is in it until it arrived, or was given up.

Whoever takes deliveries gets them for a while (:data:`HOLD_MS`): should it be killed before it says what became of
them, they come up again. So each is sent at least once, and the id of its event tells copies apart.
"""

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from stream.alerts.stepping import AlertEvent
from stream.store.connection import Client, unavailable
from stream.store.keys import alerts_key

HOLD_MS: Final = 60_000
"""For how long taken deliveries are another's: an attempt ends within 15 s, whatever the receiver does."""

MAX_DEAD: Final = 1_000
"""Deliveries kept that were given up, a tenant; of older ones the history still has the events."""

_encode = msgspec.json.encode

_TAKE: Final = """
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
local taken = {}
for _, id in ipairs(ids) do
  local job = redis.call('HGET', KEYS[2], id)
  if job then
    redis.call('ZADD', KEYS[1], ARGV[3], id)
    taken[#taken + 1] = job
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return taken
"""

_BURY: Final = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end -- another one was done with it first
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
for _, id in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1 - ARGV[4])) do
  redis.call('HDEL', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end
return 1
"""

_REVIVE: Final = """
local job = redis.call('HGET', KEYS[2], ARGV[1])
if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 or not job then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1
"""


class Delivery(Struct, frozen=True):
    """An event for one webhook."""

    id: str
    webhook: str
    event: AlertEvent
    created_ms: int
    attempts: int = 0
    last: str = ""
    """What became of the last attempt: ``HTTP 503``, ``ConnectTimeout``."""


_decode = msgspec.json.Decoder(Delivery)


class Deliveries:
    """The deliveries of all tenants. Every method raises StoreUnavailable when Redis does not answer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def take(self, tenants: Sequence[str], now_ms: int, most: dict[str, int]) -> dict[str, list[Delivery]]:
        """Deliveries that are due, of each tenant up to ``most``; nobody else gets them for :data:`HOLD_MS`."""
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for tenant in tenants:
                pipe.eval(_TAKE, 2, *_keys(tenant)[:2], now_ms, most[tenant], now_ms + HOLD_MS)
            answers = await pipe.execute() if tenants else []
        return {
            tenant: [_decode.decode(job) for job in jobs] for tenant, jobs in zip(tenants, answers, strict=True) if jobs
        }

    async def arrived(self, tenant: str, delivery: Delivery) -> None:
        """Forget one that was delivered."""
        due, jobs, _ = _keys(tenant)
        async with unavailable(), self._client.pipeline(transaction=True) as pipe:
            pipe.zrem(due, delivery.id)
            pipe.hdel(jobs, delivery.id)
            await pipe.execute()

    async def again(self, tenant: str, delivery: Delivery, at_ms: int) -> None:
        """Try one again then; ``delivery`` says how often it was tried."""
        due, jobs, _ = _keys(tenant)
        async with unavailable(), self._client.pipeline(transaction=True) as pipe:
            pipe.hset(jobs, delivery.id, _encode(delivery))
            pipe.zadd(due, {delivery.id: at_ms})
            await pipe.execute()

    async def bury(self, tenant: str, delivery: Delivery, now_ms: int) -> None:
        """Give one up; it is kept for :meth:`revive`."""
        async with unavailable():
            await self._run(_BURY, tenant, delivery.id, _encode(delivery), now_ms, MAX_DEAD)

    async def revive(self, tenant: str, delivery: Delivery, now_ms: int) -> bool:
        """Let one that was given up be tried again, as often as a new one; whether it was still there."""
        fresh = msgspec.structs.replace(delivery, attempts=0)
        async with unavailable():
            return bool(await self._run(_REVIVE, tenant, delivery.id, _encode(fresh), now_ms))

    async def waiting(self, tenant: str) -> list[tuple[Delivery, int]]:
        """Deliveries to come, with when each is tried next (ms), the next first."""
        return await self._listed(tenant, _keys(tenant)[0])

    async def dead(self, tenant: str) -> list[tuple[Delivery, int]]:
        """Deliveries that were given up, with when (ms), the first first."""
        return await self._listed(tenant, _keys(tenant)[2])

    async def counts(self, tenants: Sequence[str]) -> dict[str, tuple[int, int]]:
        """How many of each tenant's wait, and how many were given up."""
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for tenant in tenants:
                due, _, dead = _keys(tenant)
                pipe.zcard(due)
                pipe.zcard(dead)
            answers = await pipe.execute() if tenants else []
        return dict(zip(tenants, zip(answers[::2], answers[1::2], strict=True), strict=True))

    async def _listed(self, tenant: str, order: str) -> list[tuple[Delivery, int]]:
        async with unavailable():
            placed = await cast(Any, self._client.zrange(order, 0, -1, withscores=True))
            ids = [delivery_id for delivery_id, _ in placed]
            jobs = await cast(Any, self._client.hmget(_keys(tenant)[1], ids)) if ids else []
        return [(_decode.decode(job), int(at)) for job, (_, at) in zip(jobs, placed, strict=True) if job]

    async def _run(self, script: str, tenant: str, *arguments: object) -> Any:
        return await cast(Any, self._client.eval(script, 3, *_keys(tenant), *cast(Any, arguments)))


def _keys(tenant: str) -> tuple[str, str, str]:
    return alerts_key(tenant, "due"), alerts_key(tenant, "jobs"), alerts_key(tenant, "dead")
