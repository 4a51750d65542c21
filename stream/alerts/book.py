"""The alerts of every tenant, as they stand in Redis: what is on, what happened, what is to be sent.

What a round of evaluation found goes in at once: the alerts that are on now, the history, and the deliveries, or
nothing of it. A process killed at any moment therefore loses no delivery: either all of it is there, or the next
evaluation finds the same again.

One process evaluates at a time (:class:`Lease`). It writes its token beside each tenant's alerts before it reads them,
and from then on Redis takes nothing from whoever evaluated before: one that had only slept, and wakes up in the middle
of a round, raises nothing a second time. Tokens are numbered, so that an old one cannot displace a new one.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from stream.alerts.deliveries import Delivery
from stream.alerts.stepping import Alert, AlertEvent, Place, Step
from stream.measures import DAY_MS
from stream.store.connection import Client, unavailable
from stream.store.keys import ALERTS_EPOCH_KEY, ALERTS_LEASE_KEY, alerts_key

LEASE_MS: Final = 15_000
"""Three rounds of five seconds: one that is slow does not lose it, and another process takes over soon."""

HISTORY_EVENTS: Final = 10_000
"""Events kept a tenant: some 6 MB. With ten products that turn a day, three years."""

HISTORY_MS: Final = 365 * DAY_MS

_ACQUIRE: Final = """
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if held then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

_CLAIM: Final = """
local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%d+')) > tonumber(string.match(ARGV[1], '^%d+')) then return false end
redis.call('SET', KEYS[1], ARGV[1])
return redis.call('HVALS', KEYS[2])
"""

_COMMIT: Final = """
-- KEYS  fence, on, past, jobs, due
-- ARGV  token, now (ms), most events kept, life of the history (ms), steps (msgpack)
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for _, step in ipairs(cmsgpack.unpack(ARGV[5])) do
  -- step: field, alert or '', event, then the id and the job of each delivery
  if step[2] == '' then redis.call('HDEL', KEYS[2], step[1]) else redis.call('HSET', KEYS[2], step[1], step[2]) end
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'e', step[3])
  for i = 4, #step, 2 do
    redis.call('HSET', KEYS[4], step[i], step[i + 1])
    redis.call('ZADD', KEYS[5], ARGV[2], step[i])
  end
end
-- By the clock that made the places: the caller's own, a year ahead for a moment, would empty the history.
local oldest = redis.call('TIME')[1] * 1000 - ARGV[4]
redis.call('XTRIM', KEYS[3], 'MINID', '~', string.format('%.0f', math.max(0, oldest)))
redis.call('PEXPIRE', KEYS[3], ARGV[4])
return 1
"""

_encode = msgspec.json.encode
_alert = msgspec.json.Decoder(Alert)
_event = msgspec.json.Decoder(AlertEvent)


class Deposed(Exception):
    """Another process evaluates the alerts now, or Redis has lost that we do."""


class Lease:
    """The right to evaluate, which one process has at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.token = ""

    async def hold(self) -> bool:
        """Take it, or keep it; False while another process has it.

        Raises:
            StoreUnavailable: Redis did not answer; whether we hold it is not known.
        """
        async with unavailable():
            if not self.token:
                epoch = await self._client.incr(ALERTS_EPOCH_KEY)
                self.token = f"{epoch}:{secrets.token_hex(8)}"
            held = await cast(Any, self._client.eval(_ACQUIRE, 1, ALERTS_LEASE_KEY, self.token, str(LEASE_MS)))
        if not held:
            self.token = ""  # a token is numbered when it is about to be used
        return bool(held)

    async def release(self) -> None:
        """Let another process have it at once."""
        async with unavailable():
            await cast(Any, self._client.eval(_RELEASE, 1, ALERTS_LEASE_KEY, self.token))
        self.token = ""


class Book:
    """Reads and writes of alerts. Every method raises StoreUnavailable when Redis does not answer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def claim(self, tenant: str, token: str) -> dict[Place, Alert]:
        """Take a tenant's alerts over; those that are on.

        Raises:
            Deposed: a later token stands there; or the lease was lost, and there is none.
        """
        if not token:
            raise Deposed(tenant)
        async with unavailable():
            found = await cast(
                Any, self._client.eval(_CLAIM, 2, alerts_key(tenant, "fence"), alerts_key(tenant, "on"), token)
            )
        if found is None:
            raise Deposed(tenant)
        return _by_place(found)

    async def commit(
        self, tenant: str, token: str, steps: Sequence[Step], deliveries: Mapping[str, Sequence[Delivery]], now_ms: int
    ) -> None:
        """Write what a round found, all of it or nothing.

        Args:
            tenant: whose.
            token: of the lease that the alerts were claimed with.
            steps: what happened.
            deliveries: event id to what is to be sent of it.
            now_ms: the clock.

        Raises:
            Deposed: the alerts are another's by now, or the lease was lost; nothing was written.
        """
        if not token:
            raise Deposed(tenant)
        packed = msgspec.msgpack.encode(
            [
                [
                    _field((taken.event.rule, taken.event.product_id)),
                    _encode(taken.after).decode() if taken.after is not None else "",
                    _encode(taken.event).decode(),
                    *(part for one in deliveries.get(taken.event.id, ()) for part in (one.id, _encode(one).decode())),
                ]
                for taken in steps
            ]
        )
        keys = [alerts_key(tenant, what) for what in ("fence", "on", "past", "jobs", "due")]
        arguments = [token, now_ms, HISTORY_EVENTS, HISTORY_MS, packed]
        async with unavailable():
            written = await cast(Any, self._client.eval(_COMMIT, len(keys), *keys, *cast(Any, arguments)))
        if not written:
            raise Deposed(tenant)

    async def on(self, tenant: str) -> dict[Place, Alert]:
        """The alerts that are on."""
        async with unavailable():
            return _by_place(await cast(Any, self._client.hvals(alerts_key(tenant, "on"))))

    async def history(self, tenant: str, before: str | None, limit: int) -> list[tuple[str, AlertEvent]]:
        """What happened, the newest first, each with its place in the history; ``before`` leaves out later ones."""
        newest = "+" if before is None else f"({before}"
        async with unavailable():
            entries = await cast(Any, self._client.xrevrange(alerts_key(tenant, "past"), newest, "-", count=limit))
        return [(place.decode(), _event.decode(fields[b"e"])) for place, fields in entries]

    async def since(self, tenant: str, after: str, limit: int) -> list[tuple[str, AlertEvent]]:
        """What happened after a place in the history, the first first."""
        async with unavailable():
            entries = await cast(Any, self._client.xrange(alerts_key(tenant, "past"), f"({after}", "+", count=limit))
        return [(place.decode(), _event.decode(fields[b"e"])) for place, fields in entries]

    async def evaluated(self) -> bool:
        """Whether any process evaluates the rules just now."""
        async with unavailable():
            return bool(await self._client.exists(ALERTS_LEASE_KEY))


def _field(place: Place) -> str:
    rule, product = place
    return rule if product is None else f"{rule}/{product}"


def _by_place(found: Sequence[bytes]) -> dict[Place, Alert]:
    alerts = [_alert.decode(packed) for packed in found]
    return {alert.place: alert for alert in alerts}
