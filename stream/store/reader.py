"""The reads of the store, in one round trip each where Redis allows it."""

import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any, Final, Self, cast

import msgspec
from redis.asyncio.client import Pipeline

from stream.comparison import Disagreement
from stream.drivers.sample import Part, stored
from stream.measures import DAY_MS, STEP_MS, WINDOWS, Measures, Step, Window, bucket_start, window_bounds
from stream.spread import Spread
from stream.store import comparisons, keys, places, recent, tenures
from stream.store.buckets import read_chunk
from stream.store.comparisons import Comparison
from stream.store.connection import DEFAULT_TIMEOUT, Client, connect, stored_shards, unavailable
from stream.store.state import (
    EntityState,
    LiveUpdate,
    ProductRow,
    Profile,
    Pulse,
    RecentReview,
    WorkerStatus,
)
from stream.store.tenures import Tenure

LIVE_LAG_MS: Final = 48 * 3_600_000
"""A tenant is live when its newest event was at most this old as the log took it; otherwise it replays history."""

TREND_POINTS: Final = 30
"""Points of a product's small trend: more cannot be told apart in a line 100 pixels wide."""

READ_BATCH: Final = 100
"""Products read in one pipeline. It bounds how long Redis is busy with one listing (half a millisecond), and how long
the event loop is: 0.1 ms a product, in which no other request is answered. With 500 at once others waited 50 ms."""

MAX_BUCKETS: Final = 100_000
"""Buckets in one read: 69 days of minutes. A careless range would otherwise ask Redis for millions of keys."""

_update = msgspec.json.Decoder(LiveUpdate)
_profile = msgspec.json.Decoder(Profile)
_status = msgspec.json.Decoder(WorkerStatus)

Buckets = dict[int, list[int]]
"""Bucket start (ms) to its counters in stored order: a listing reads tens of thousands, most only to be summed."""

_Span = tuple[str | None, Step, int, int]
"""Product (None: the tenant as a whole), step, first bucket and end (ms)."""

_Wanted = tuple[int, int, range]
"""Which span a chunk is read for, where the chunk begins (ms), and which of its buckets are in the span."""

_EMPTY: Final = Measures()
"""A point of a trend without reviews, one for all: of 30 points most products have reviews in a few."""


class Store:
    """Reads of one store. Every method raises StoreUnavailable when Redis does not answer in time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._shards: int | None = None

    @classmethod
    def connect(cls, url: str, *, timeout: float = DEFAULT_TIMEOUT) -> Self:
        """A reader of the store at ``url`` (``redis://host:port/db``). Connects at the first read."""
        return cls(connect(url, timeout=timeout))

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def ping(self) -> None:
        """Return when Redis answers."""
        async with unavailable():
            await cast(Any, self._client.ping())

    async def now(self, tenant: str) -> int:
        """The clock (ms) for a live tenant; the newest event's time for one that replays history."""
        return (await self.pulse(tenant)).now_ms

    async def pulse(self, tenant: str) -> Pulse:
        """What time it is for a tenant, and how many reviews it has."""
        return _pulse(await self._totals_of(tenant), time.time_ns() // 1_000_000)

    async def entity(self, tenant: str, product_id: str | None) -> EntityState | None:
        """All-time state of a product, or of the whole tenant; None when it has no reviews."""
        name = keys.entity(tenant, product_id)
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for shard in await self._homes(tenant, product_id):
                pipe.hmget(keys.entity_key(shard, name), ["t", "p"])
            answers = await pipe.execute()
        states = [_state(tenant, product_id, *answer) for answer in answers if answer[0]]
        return _joined(states) if states else None

    async def product(
        self, tenant: str, product_id: str, at_ms: int | None
    ) -> tuple[EntityState, int, dict[Window, Measures]] | None:
        """A product's state, the time that ``at_ms`` means (None: :meth:`now`), and every window at that time.

        None where it has no reviews. It is what the API is asked most, so all is read in one round trip; but of
        tenants that replay history, whose time must be known first.
        """
        shards = await self._count()
        moment = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        spans = _window_spans(product_id, moment)
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            home = keys.shard_of(tenant, product_id, shards)
            pipe.hmget(keys.entity_key(home, keys.entity(tenant, product_id)), ["t", "p"])
            for shard in range(shards):
                pipe.hget(keys.entity_key(shard, tenant), "t")
            wanted = _ask_spans(pipe, shards, tenant, spans)
            mine, *answers = await pipe.execute()
        if not mine[0]:
            return None
        state = _state(tenant, product_id, *mine)
        pulse = _pulse([keys.counters(packed) for packed in answers[:shards] if packed], moment)
        if at_ms is None and not pulse.live:
            return state, pulse.now_ms, await self.windows(tenant, product_id, pulse.now_ms)
        return state, moment, _windows(spans, _found_spans(spans, wanted, answers[shards:]), moment)

    async def windows(self, tenant: str, product_id: str | None, at_ms: int) -> dict[Window, Measures]:
        """Every window at ``at_ms``."""
        spans = _window_spans(product_id, at_ms)
        return _windows(spans, await self._spans(tenant, spans), at_ms)

    async def window(
        self, tenant: str, product_id: str | None, window: Window, at_ms: int
    ) -> tuple[Measures, Measures]:
        """A window at ``at_ms``, and the window of the same length right before it."""
        step, start, end = window_bounds(window, at_ms)
        before = 2 * start - end
        (buckets,) = await self._spans(tenant, [(product_id, step, before, end)])
        return _sum(buckets, start, end), _sum(buckets, before, start)

    async def timeline(
        self, tenant: str, product_id: str | None, step: Step, from_ms: int, to_ms: int
    ) -> list[tuple[int, Measures]]:
        """Buckets that hold reviews and start in [from, to), oldest first, as (start in ms, measures).

        Raises:
            ValueError: the range has more than MAX_BUCKETS buckets.
        """
        if (to_ms - from_ms) // STEP_MS[step] > MAX_BUCKETS:
            unit = {"1m": "minutes", "1h": "hours", "1d": "days"}[step]
            raise ValueError(f"at most {MAX_BUCKETS} {unit} can be read at once")
        first = bucket_start(from_ms + STEP_MS[step] - 1, step)
        (buckets,) = await self._spans(tenant, [(product_id, step, first, to_ms)])
        return [(start, Measures.from_list(counters)) for start, counters in sorted(buckets.items())]

    async def product_ids(self, tenant: str) -> list[str]:
        """Ids of the tenant's products, sorted."""
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for shard in range(await self._count()):
                pipe.zrange(keys.products_key(shard, tenant), 0, -1)
            answers = await pipe.execute()
        return sorted(product.decode() for answer in answers for product in answer)

    async def products(self, tenant: str, window: Window | None, at_ms: int) -> list[ProductRow]:
        """Every product with its measures over ``window`` (None: all time) and over the same window before."""
        return [row async for rows in self.product_batches(tenant, window, at_ms) for row in rows]

    async def product_batches(
        self, tenant: str, window: Window | None, at_ms: int, size: int = READ_BATCH
    ) -> AsyncGenerator[list[ProductRow], None]:
        """As :meth:`products`, up to ``size`` at a time, by id."""
        step, start, end = window_bounds(window or "30d", at_ms)
        before = start if window is None else 2 * start - end
        ids = await self.product_ids(tenant)
        for i in range(0, len(ids), size):
            yield await self._rows(tenant, ids[i : i + size], step, (before, start, end), window is None)

    async def newest(self, tenant: str, first_ms: int, last_ms: int | None, limit: int) -> list[tuple[str, int]]:
        """Products whose newest event is of that time, both ends included, the newest first, with its time (ms)."""
        end = "+inf" if last_ms is None else last_ms
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for shard in range(await self._count()):
                key = keys.products_key(shard, tenant)
                pipe.zrevrangebyscore(key, end, first_ms, start=0, num=limit, withscores=True)
            answers = await pipe.execute()
        found = [(product.decode(), int(at)) for answer in answers for product, at in answer]
        return sorted(found, key=lambda one: (-one[1], one[0]))[:limit]

    async def review_counts(self, tenant: str, ids: Sequence[str]) -> list[int]:
        """How many reviews these products ever had: changes with every one, however late it comes."""
        shards = await self._count()
        counts: list[int] = []
        for i in range(0, len(ids), READ_BATCH):
            async with unavailable(), self._client.pipeline(transaction=False) as pipe:
                for product_id in ids[i : i + READ_BATCH]:
                    shard = keys.shard_of(tenant, product_id, shards)
                    pipe.hget(keys.entity_key(shard, keys.entity(tenant, product_id)), "t")
                counts += [keys.counters(packed)[0] if packed else 0 for packed in await pipe.execute()]
        return counts

    async def rows(self, tenant: str, ids: Sequence[str], window: Window, at_ms: int) -> list[ProductRow]:
        """As :meth:`products`, of these products; those without reviews are left out."""
        step, start, end = window_bounds(window, at_ms)
        found: list[ProductRow] = []
        for i in range(0, len(ids), READ_BATCH):
            batch = list(ids[i : i + READ_BATCH])
            found += await self._rows(tenant, batch, step, (2 * start - end, start, end), False)
        return found

    async def recent(self, tenant: str, product_id: str, limit: int) -> list[RecentReview]:
        """The last reviews of a product that the log took, newest first."""
        (shard,) = await self._homes(tenant, product_id)
        key = keys.recent_key(shard, keys.entity(tenant, product_id))
        async with unavailable():
            entries = await cast(Any, self._client.lrange(key, 0, limit - 1))
        return [recent.unpack(entry, product_id) for entry in entries]

    async def samples(
        self, tenant: str, product_id: str | None, start_ms: int, end_ms: int
    ) -> tuple[list[Part], list[Part]]:
        """The samples of bad and of good reviews of each day and shard that [start, end) has a part of."""
        name, days = keys.entity(tenant, product_id), range(max(0, start_ms) // DAY_MS, -(-end_ms // DAY_MS))
        wanted = [(shard, day) for shard in await self._homes(tenant, product_id) for day in days]
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for shard, day in wanted:
                pipe.get(keys.sample_key(shard, name, day))
            answers = await pipe.execute()
        pairs = [
            stored(day, answer, of_product=product_id is not None)
            for (_, day), answer in zip(wanted, answers, strict=True)
            if answer is not None
        ]
        return [bad for bad, _ in pairs if bad is not None], [good for _, good in pairs if good is not None]

    async def live(self, tenant: str, after: str | None, block_ms: int) -> list[LiveUpdate]:
        """Updates after the one with id ``after`` (None: after now), waiting up to ``block_ms`` for the first.

        The shards' streams are read one after the other's end in id order; with one shard an id is exact.
        """
        streams = {keys.live_key(shard, tenant): after or "$" for shard in range(await self._count())}
        async with unavailable():
            answers = await cast(Any, self._client.xread(cast(Any, streams), count=100, block=block_ms))
        entries = answers.items() if isinstance(answers, dict) else answers or []
        updates = [
            msgspec.structs.replace(_update.decode(fields[b"u"]), id=entry_id.decode())
            for _, messages in entries
            for entry_id, fields in (messages[0] if messages and isinstance(messages[0], list) else messages)
        ]
        return sorted(updates, key=lambda update: places.place(update.id))

    async def tenures(self, tenant: str) -> list[Tenure]:
        """Which model counted what of the tenant's reviews, a partition and a shard each; of any topic."""
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for shard in range(await self._count()):
                pipe.hgetall(keys.tenures_key(shard, tenant))
            return [tenure for fields in await pipe.execute() for tenure in tenures.read(fields)]

    async def spreads(self, tenant: str, from_ms: int, to_ms: int) -> dict[str, list[tuple[int, Spread]]]:
        """Model to the hours in which it scored any of the tenant's reviews, as (start in ms, spread), oldest first.

        Hours that start in [from, to). Of what versions of Aura counted that kept no spread there is none.

        Raises:
            ValueError: the range has more than MAX_BUCKETS hours.
        """
        if (to_ms - from_ms) // STEP_MS["1h"] > MAX_BUCKETS:
            raise ValueError(f"at most {MAX_BUCKETS} hours can be read at once")
        models = sorted({tenure.model for tenure in await self.tenures(tenant)})
        chunks = list(_chunks("1h", keys.SPREAD_HOURS, from_ms, to_ms))
        wanted = [(model, *chunk) for _ in range(await self._count()) for model in models for chunk in chunks]
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for shard in range(await self._count()):
                for model in models:
                    for number, _ in chunks:
                        pipe.hgetall(keys.spread_key(shard, tenant, model, number))
            answers = await pipe.execute() if wanted else []
        found: dict[str, dict[int, Spread]] = {}
        for (model, number, indices), answer in zip(wanted, answers, strict=True):
            for field, packed in answer.items():
                if (index := int(field)) in indices:
                    start = (number * keys.SPREAD_HOURS + index) * STEP_MS["1h"]
                    found.setdefault(model, {}).setdefault(start, Spread()).add(Spread.from_list(keys.counters(packed)))
        return {model: sorted(hours.items()) for model, hours in found.items()}

    async def comparisons(self, tenant: str) -> list[Comparison]:
        """What shadows said beside the models that counted, the latest first."""
        return await comparisons.read(self._client, tenant)

    async def disagreements(self, tenant: str, pair: str, since_ms: int, limit: int) -> list[Disagreement]:
        """As :func:`stream.store.comparisons.disagreements`."""
        return await comparisons.disagreements(self._client, tenant, pair, since_ms, limit)

    async def workers(self) -> list[WorkerStatus]:
        """The workers that live, by their heart-beats."""
        async with unavailable():
            names = await cast(Any, self._client.zrange(keys.WORKERS_KEY, 0, -1))
            beats = await cast(Any, self._client.mget([keys.worker_key(n.decode()) for n in names])) if names else []
        return [_status.decode(beat) for beat in beats if beat]

    async def fences(self, topic: str) -> dict[int, int]:
        """Partition to the last offset whose effects every shard contains."""
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for shard in range(await self._count()):
                pipe.hgetall(keys.fence_key(shard))
            answers = await pipe.execute()
        return keys.in_every_shard([keys.fences(answer, topic) for answer in answers])

    async def _count(self) -> int:
        if self._shards is None:
            self._shards = await stored_shards(self._client)
        # Not remembered before a worker has created the store: it may be given more than one.
        return self._shards or 1

    async def _homes(self, tenant: str, product_id: str | None) -> list[int]:
        shards = await self._count()
        return list(range(shards)) if product_id is None else [keys.shard_of(tenant, product_id, shards)]

    async def _totals_of(self, tenant: str) -> list[list[int]]:
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for shard in range(await self._count()):
                pipe.hget(keys.entity_key(shard, tenant), "t")
            return [keys.counters(packed) for packed in await pipe.execute() if packed]

    async def _spans(self, tenant: str, spans: list[_Span]) -> list[Buckets]:
        """For each span its buckets, summed over the shards that hold any."""
        shards = await self._count()
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            wanted = _ask_spans(pipe, shards, tenant, spans)
            answers = await pipe.execute() if wanted else []
        return _found_spans(spans, wanted, answers)

    async def _rows(
        self, tenant: str, ids: list[str], step: Step, bounds: tuple[int, int, int], all_time: bool
    ) -> list[ProductRow]:
        before, start, end = bounds
        shards = await self._count()
        spans: list[_Span] = [(product_id, step, before, end) for product_id in ids]
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for product_id in ids:
                shard = keys.shard_of(tenant, product_id, shards)
                pipe.hmget(keys.entity_key(shard, keys.entity(tenant, product_id)), ["t", "p"])
            wanted = _ask_spans(pipe, shards, tenant, spans)
            answers = await pipe.execute()
        found = _found_spans(spans, wanted, answers[len(ids) :])
        rows = []
        for product_id, answer, buckets in zip(ids, answers, found, strict=False):
            if not answer[0]:
                continue
            state = _state(tenant, product_id, *answer)
            current = state.totals if all_time else _sum(buckets, start, end)
            previous = Measures() if all_time else _sum(buckets, before, start)
            rows.append(ProductRow(state, current, previous, _trend(buckets, step, start, end)))
        return rows


def _pulse(totals: list[list[int]], clock_ms: int) -> Pulse:
    """Of the tenant that has these counters, one list a shard."""
    newest, logged = max(((packed[9], packed[10]) for packed in totals), default=(0, 0))
    live = not newest or logged - newest <= LIVE_LAG_MS
    return Pulse(clock_ms if live else newest, live, sum(packed[0] for packed in totals), newest, logged)


def _window_spans(product_id: str | None, at_ms: int) -> list[_Span]:
    """What all windows together are made of."""
    spans: dict[Step, tuple[int, int]] = {}
    for window in WINDOWS:
        step, start, end = window_bounds(window, at_ms)
        first, last = spans.get(step, (start, end))
        spans[step] = min(first, start), max(last, end)
    return [(product_id, step, *span) for step, span in spans.items()]


def _windows(spans: list[_Span], found: list[Buckets], at_ms: int) -> dict[Window, Measures]:
    by_step = {step: buckets for (_, step, _, _), buckets in zip(spans, found, strict=True)}
    result: dict[Window, Measures] = {}
    for window in WINDOWS:
        step, start, end = window_bounds(window, at_ms)
        result[window] = _sum(by_step[step], start, end)
    return result


def _ask_spans(pipe: Pipeline, shards: int, tenant: str, spans: list[_Span]) -> list[_Wanted]:
    """Queue the reads of these spans; the answers go to :func:`_found_spans`."""
    wanted: list[_Wanted] = []
    for i, (product_id, step, start, end) in enumerate(spans):
        name = keys.entity(tenant, product_id)
        for shard in range(shards) if product_id is None else (keys.shard_of(tenant, product_id, shards),):
            for number, indices in _chunks(step, keys.CHUNK_BUCKETS[step], start, end):
                wanted.append((i, number * keys.CHUNK_BUCKETS[step] * STEP_MS[step], indices))
                pipe.get(keys.chunk_key(shard, name, step, number))
    return wanted


def _found_spans(spans: list[_Span], wanted: list[_Wanted], answers: list[bytes | None]) -> list[Buckets]:
    result: list[Buckets] = [{} for _ in spans]
    for (i, origin, indices), chunk in zip(wanted, answers, strict=True):
        if chunk is None:
            continue
        found, width = result[i], STEP_MS[spans[i][1]]
        for index, counters in read_chunk(chunk, indices.start, indices.stop - 1):
            start = origin + index * width
            there = found.get(start)
            found[start] = counters if there is None else [a + b for a, b in zip(there, counters, strict=True)]
    return result


def _chunks(step: Step, size: int, start_ms: int, end_ms: int) -> Iterator[tuple[int, range]]:
    """Chunks of ``size`` that hold the buckets starting in [start, end), and the indices of these buckets in each."""
    first, last = -(-start_ms // STEP_MS[step]), -(-end_ms // STEP_MS[step]) - 1
    for number in range(first // size, last // size + 1):
        origin = number * size
        yield number, range(max(first - origin, 0), min(last - origin + 1, size))


def _sum(buckets: Buckets, start: int, end: int) -> Measures:
    return _total([counters for at, counters in buckets.items() if start <= at < end])


def _total(counters: list[list[int]]) -> Measures:
    if len(counters) == 1:
        return Measures.from_list(counters[0])
    return Measures.from_list([sum(column) for column in zip(*counters, strict=True)])


def _trend(buckets: Buckets, step: Step, start: int, end: int) -> list[Measures]:
    count = (end - start) // STEP_MS[step]
    group = STEP_MS[step] * -(-count // TREND_POINTS)
    points: dict[int, list[list[int]]] = {}
    for at, counters in buckets.items():
        if start <= at < end:
            points.setdefault((at - start) // group, []).append(counters)
    trend = [_EMPTY] * -(-(end - start) // group)
    for place, found in points.items():
        trend[place] = _total(found)
    return trend


def _state(tenant: str, product_id: str | None, packed: bytes, profile: bytes | None) -> EntityState:
    values = keys.counters(packed)
    return EntityState(
        tenant=tenant,
        product_id=product_id,
        profile=_profile.decode(profile) if profile else Profile(),
        totals=Measures.from_list(values),
        late=values[7],
        first_ms=values[8],
        last_ms=values[9],
        logged_ms=values[10],
    )


def _joined(states: list[EntityState]) -> EntityState:
    first = states[0]
    if len(states) == 1:
        return first
    totals = Measures()
    for state in states:
        totals.add(state.totals)
    return EntityState(
        first.tenant, first.product_id, first.profile, totals,
        sum(state.late for state in states), min(s.first_ms for s in states),
        *max((s.last_ms, s.logged_ms) for s in states),
    )  # fmt: skip
