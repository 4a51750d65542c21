"""What webhooks are still to be sent, as it stands in Redis. A delivery is in it until it arrived, or was given up.

Whoever takes deliveries gets them for a while (:data:`HOLD_MS`): should it be killed before it says what became of
them, they come up again. So each is sent at least once, and the id of its event tells copies apart.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from stream.alerts.stepping import AlertEvent
from stream.measures import DAY_MS
from stream.store.connection import Client, unavailable
from stream.store.keys import alerts_key

HOLD_MS: Final = 60_000
"""For how long taken deliveries are another's: an attempt ends within 15 s, whatever the receiver does."""

LOOKED_AT: Final = 500
"""Deliveries of a tenant looked at in one step: some 5 ms of Redis where so many wait for one webhook."""

FAR_MS: Final = DAY_MS
"""No delivery is to wait for longer than an hour. One that is due in more than a day was put there by a clock that was
ahead, and is due now."""

MAX_DEAD: Final = 1_000
"""Deliveries kept that were given up, a tenant; of older ones the history still has the events."""

_encode = msgspec.json.encode

_TAKE: Final = """
-- KEYS  due, jobs
-- ARGV  now (ms), held until (ms), webhook to how many are on their way (JSON), most of one webhook, most looked at,
--       too far off (ms)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[6], '+inf', 'LIMIT', 0, ARGV[5])) do
  redis.call('ZADD', KEYS[1], ARGV[1], id)
end
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[5])
local crowded = #ids == tonumber(ARGV[5])
local under_way, most = cjson.decode(ARGV[3]), tonumber(ARGV[4])
local taken = {}
for _, id in ipairs(ids) do
  local job = redis.call('HGET', KEYS[2], id)
  if not job then
    redis.call('ZREM', KEYS[1], id)
  else
    local webhook = cjson.decode(job).webhook
    local busy = under_way[webhook] or 0
    if busy < most then
      under_way[webhook] = busy + 1
      redis.call('ZADD', KEYS[1], ARGV[2], id)
      taken[#taken + 1] = job
    elseif crowded then
      redis.call('ZADD', KEYS[1], ARGV[1], id) -- behind those of other webhooks that were not looked at
    end
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

    async def take(
        self, under_way: Mapping[str, Mapping[str, int]], now_ms: int, most: int
    ) -> dict[str, list[Delivery]]:
        """Deliveries that are due; nobody else gets them for :data:`HOLD_MS`.

        Args:
            under_way: tenant to webhook to how many deliveries are on their way already.
            now_ms: the clock.
            most: on their way to one webhook, with those.
        """
        tenants = list(under_way)
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for tenant, webhooks in under_way.items():
                busy = _encode(webhooks).decode()
                pipe.eval(
                    _TAKE, 2, *_keys(tenant)[:2], now_ms, now_ms + HOLD_MS, busy, most, LOOKED_AT, now_ms + FAR_MS
                )
            answers = await pipe.execute() if tenants else []
        return {
            tenant: [_decode.decode(job) for job in jobs] for tenant, jobs in zip(tenants, answers, strict=True) if jobs
        }

    async def arrived(self, tenant: str, delivery: Delivery) -> None:
        """Forget one that was delivered."""
        due, jobs, dead = _keys(tenant)
        async with unavailable(), self._client.pipeline(transaction=True) as pipe:
            pipe.zrem(due, delivery.id)
            pipe.zrem(dead, delivery.id)  # where one that thought it lost has given it up meanwhile
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
