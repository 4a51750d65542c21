"""The only writer of totals: increments, the ids they come from and their fence go to Redis in one atomic step."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

from stream.comparison import Disagreement, Tally
from stream.drivers.sample import Offer
from stream.duplicates import Claim
from stream.fold import (
    LIVE_SAMPLE,
    STEPS,
    Delta,
    Increments,
    Keep,
    Scored,
    added,
    encode_profile,
    recent_review,
    total,
)
from stream.measures import HOUR_MS, MINUTE_MS, RETENTION_MS, Measures, Step
from stream.record import Stretch, TopicPartition
from stream.store import comparisons, keys, lost, recent_packing, reign
from stream.store.connection import Client, record_store, unavailable
from stream.store.state import LiveUpdate, WorkerStatus
from stream.store.together import Together

LIVE_UPDATES: Final = 200
"""Live updates kept a tenant: at 20 batches a second, the 10 s that a viewer needs to reconnect and miss nothing."""

LIVE_MS: Final = 3_600_000
"""A live stream nobody adds to is forgotten after this."""

HEARTBEAT_MS: Final = 10_000
"""A worker that has not written its heart-beat for this long is taken as gone."""

MAX_ARGS: Final = 2_000
"""Values handed to one Redis command inside the script; Lua's unpack() fails beyond 8,000."""

Outcome = Literal["applied", "stale", "overlap", "behind", "deposed", "duplicates"]

SCRIPT: Final = ("duplicates.lua", "buckets.lua", "samples.lua", "apply.lua")
"""What the script is made of, in this order."""

_NO_FENCE: Final = -1
_json = msgspec.json.Encoder()
_msgpack = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a run of records.

    ``applied``: its effects are in, the fence moved. ``stale``: all of it was in already. ``overlap``: its beginning,
    up to ``fence``, was in already. ``behind``: the store lost effects that the run builds on; read again from
    ``fence + 1``. ``deposed``: the partition is another's by now (:mod:`stream.store.reign`). ``duplicates``: some of
    it was counted before; fold it again without these.
    """

    outcome: Outcome
    fence: int
    duplicates: tuple[int, ...] = ()
    """Which ids, counted through all claims of the run, were seen before."""
    bounds: tuple[int, ...] = ()
    """Of an applied run, for each offer of its increments: the hash from which on its sample takes nothing more, -1
    while it takes all."""


def script(*parts: str) -> str:
    """Text of some of :data:`SCRIPT`."""
    return "".join(files("stream.store").joinpath(name).read_text(encoding="utf-8") for name in parts)


class StoreWriter:
    """Applies increments to a store that :func:`stream.store.connection.open_store` has opened."""

    def __init__(self, client: Client, shards: int) -> None:
        self.client = client
        self.shards = shards
        self._script = Together(client, script(*SCRIPT))

    async def fences(self, topic: str, partitions: list[int]) -> dict[int, list[int]]:
        """Per partition, each shard's fence (-1 where it has none).

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        fields = [keys.fence_field(topic, partition) for partition in partitions]
        async with unavailable(), self.client.pipeline(transaction=False) as pipe:
            for shard in range(self.shards):
                pipe.hmget(keys.fence_key(shard), fields)
            answers = await pipe.execute()
        return {
            partition: [int(answer[i]) if answer[i] is not None else _NO_FENCE for answer in answers]
            for i, partition in enumerate(partitions)
        }

    async def apply(
        self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int, token: str = ""
    ) -> dict[int, Applied]:
        """Apply packed increments to several shards, each atomically with its fence, in one round trip.

        Runs of other partitions that are applied in the same turn of the event loop share it.

        Args:
            topic: source topic.
            partition: source partition.
            runs: shard to (fence the run was folded for, last offset, increments from :meth:`pack`).
            now_ms: the clock.
            token: from :meth:`claim`; without one, a tool that has the store for itself is believed.

        Raises:
            StoreUnavailable: Redis did not answer; each shard holds either all of its run or nothing of it.
        """
        field = keys.fence_field(topic, partition)
        answers = await self._script.call(
            [
                (keys.fence_key(shard), keys.prefix(shard), field, expected, last, now_ms, packed, token)
                for shard, (expected, last, packed) in runs.items()
            ]
        )
        return {shard: _applied(answer) for shard, answer in zip(runs, answers, strict=True)}

    def pack(
        self,
        increments: Increments,
        keep: dict[str, Keep],
        now_ms: int,
        claims: Sequence[Claim] = (),
        models: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        """Increments of one shard in the form that the script reads: nested lists in msgpack, then what is bytes.

        Redis' decoder does not know msgpack's binary type, so all in the lists is text or numbers; of bytes they say
        how many. Before it all, how long the lists are (four bytes).

        Args:
            increments: what to add.
            keep: tenant to how much of its review texts may be kept.
            now_ms: the clock.
            claims: what must not have been seen before, for the increments to be applied.
            models: tenant to the model that scored its reviews; of others nothing is kept about that, and no spread.
        """
        entities, index, live = [], dict[str, list[object]](), []
        shown: dict[str, list[Scored]] = {}
        behind: list[bytes] = []
        recents = _recents(increments, keep, now_ms, behind)
        for (tenant, product_id), delta in increments.products.items():
            entities.append(_entity(keys.entity(tenant, product_id), delta))
            index.setdefault(tenant, []).extend((delta.last_ms, product_id))
            shown.setdefault(tenant, []).extend(delta.recent[-LIVE_SAMPLE:])
        for tenant, delta in increments.tenants.items():
            entities.append(_entity(tenant, delta, models.get(tenant)))
            live.append((tenant, _live(delta.totals, shown[tenant]), LIVE_UPDATES, LIVE_MS))
        pieces = [
            (tenant, values[i : i + MAX_ARGS])
            for tenant, values in index.items()
            for i in range(0, len(values), MAX_ARGS)
        ]
        seen = [_claim(claim) for claim in claims]
        counted = [
            (tenant, models[tenant], total(delta.cells), delta.logged_ms)
            for tenant, delta in increments.tenants.items()
            if tenant in models
        ]
        samples = [_sample(offer, behind) for offer in increments.offers]
        lists = _msgpack.encode(
            {"e": entities, "r": recents, "i": pieces, "l": live, "d": seen, "c": counted, "w": samples}
        )
        return b"".join((len(lists).to_bytes(4, "big"), lists, *behind))

    async def claim(self, tp: TopicPartition) -> str:
        """As :func:`stream.store.reign.claim`."""
        return await reign.claim(self.client, self.shards, tp)

    async def look(self, tp: TopicPartition, token: str) -> list[int]:
        """As :func:`stream.store.reign.look`."""
        return await reign.look(self.client, self.shards, tp, token)

    async def remember_lost(self, tp: TopicPartition, stretches: Sequence[Stretch], found_ms: int) -> list[Stretch]:
        """As :func:`stream.store.lost.remember`."""
        return await lost.remember(self.client, tp, stretches, found_ms)

    async def compared(
        self,
        tenant: str,
        models: tuple[str, str],
        found: tuple[Tally, Sequence[tuple[int, Disagreement]]],
        keep: Keep,
    ) -> None:
        """As :func:`stream.store.comparisons.add`, now."""
        await comparisons.add(self.client, tenant, models, found, keep, time.time_ns() // 1_000_000)

    async def heartbeat(self, status: WorkerStatus) -> None:
        """Say that a worker lives and how far it is; and what store this is, should Redis have been emptied.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        until = status.at_ms + HEARTBEAT_MS
        async with unavailable(), self.client.pipeline(transaction=False) as pipe:
            record_store(pipe, self.shards)
            pipe.set(keys.worker_key(status.worker), msgspec.json.encode(status), px=HEARTBEAT_MS)
            pipe.zadd(keys.WORKERS_KEY, {status.worker: until})
            pipe.zremrangebyscore(keys.WORKERS_KEY, "-inf", status.at_ms)
            await pipe.execute()

    async def farewell(self, worker: str) -> None:
        """Take a worker's heart-beat away as it stops."""
        async with unavailable(), self.client.pipeline(transaction=False) as pipe:
            pipe.delete(keys.worker_key(worker))
            pipe.zrem(keys.WORKERS_KEY, worker)
            await pipe.execute()


def _applied(answer: list[Any]) -> Applied:
    outcome, fence, further = answer[0].decode(), int(answer[1]), tuple(*answer[2:])
    if outcome == "applied":
        return Applied(outcome, fence, bounds=further)
    return Applied(outcome, fence, further)


def _claim(claim: Claim) -> list[object]:
    packed: list[object] = [claim.tenant, claim.width_ms]
    for slot, ids in claim.spans:
        packed.extend((slot, list(map(str, ids))))
    return packed


def _sample(offer: Offer, behind: list[bytes]) -> tuple[object, ...]:
    name = keys.entity(offer.tenant, offer.product_id)
    behind += offer.entries
    which = 1 if offer.bad else 2
    return name, offer.day, which, offer.most, offer.days, offer.until_ms, [len(entry) for entry in offer.entries]


def _entity(name: str, delta: Delta, model: str | None = None) -> tuple[object, ...]:
    profile = encode_profile(delta.profile).decode() if delta.profile else ""
    # When a bucket's life ends; on the hour, so that most writes find it set already.
    hour_ms = delta.logged_ms // HOUR_MS * HOUR_MS + HOUR_MS
    spreads: dict[int, list[object]] = {}
    if model is not None:
        for start, spread in sorted(delta.spreads.items()):
            number, index = keys.spread_chunk_of(start)
            if number not in spreads:
                spreads[number] = [keys.spread_name(name, model, number), hour_ms + RETENTION_MS["1h"]]
            spreads[number] += index, spread.as_list()
    return (
        name, total(delta.cells), delta.late, delta.first_ms, delta.last_ms, delta.last_logged_ms, delta.profile_ms,
        profile, _chunks(name, delta, hour_ms), list(spreads.values()),
    )  # fmt: skip


def _chunks(name: str, delta: Delta, hour_ms: int) -> list[list[object]]:
    """Of each chunk its name, when it ends, and index and counters of its buckets, in rising order."""
    chunks: dict[tuple[Step, int], list[Any]] = {}
    for (minute, finest), cell in sorted(delta.cells.items()):
        for step, number, index in _buckets(minute)[finest:]:
            chunk = chunks.get((step, number))
            if chunk is None:
                chunks[step, number] = [keys.chunk_name(name, step, number), hour_ms + RETENTION_MS[step], index, cell]
            elif chunk[-2] == index:
                chunk[-1] = added(chunk[-1], cell)
            else:
                chunk += index, cell
    return list(chunks.values())


@lru_cache(maxsize=4_096)
def _buckets(minute: int) -> list[tuple[Step, int, int]]:
    """Step, number of the chunk and index in it of the buckets of a minute. Cached: those of a batch have few."""
    return [(step, *keys.chunk_of(minute * MINUTE_MS, step)) for step in STEPS]


def _recents(
    increments: Increments, keep: Mapping[str, Keep], now_ms: int, behind: list[bytes]
) -> list[tuple[object, ...]]:
    kept = [(*product, keep[product[0]], delta) for product, delta in increments.products.items() if delta.recent]
    texts = [delta.recent[-of.reviews :] for _, _, of, delta in kept]
    entries = recent_packing.pack([scored for some in texts for scored in some], now_ms)
    behind += entries
    sizes = map(len, entries)
    return [
        (
            keys.entity(tenant, product_id), of.reviews, now_ms - of.ms, min(delta.logged_ms, now_ms) + of.ms,
            list(islice(sizes, len(some))),
        )
        for (tenant, product_id, of, delta), some in zip(kept, texts, strict=True)
    ]  # fmt: skip


def _live(totals: Measures, shown: list[Scored]) -> str:
    shown.sort(key=lambda scored: scored.logged_ms)
    update = LiveUpdate(
        id="", reviews=totals.reviews, good=totals.good, p_good=totals.p_good,
        sample=list(map(recent_review, shown[-LIVE_SAMPLE:])),
    )  # fmt: skip
    return _json.encode(update).decode()
