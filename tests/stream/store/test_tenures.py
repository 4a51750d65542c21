"""The store says which model counted what, however models change and whatever is killed: on real Redis servers."""

import asyncio
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import numpy as np
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.classifier import ReviewLike
from stream.audit import Auditor
from stream.event import encode
from stream.fold import Keep, fold
from stream.ledger import ALL_MODELS, Difference
from stream.measures import DAY_MS, HOUR_MS, Measures
from stream.pipeline import Pipeline
from stream.record import Run, TopicPartition
from stream.scoring import House, Processed, score
from stream.store import tenures
from stream.store.connection import Client, connect, open_store
from stream.store.snapshot import ShardSnapshot
from stream.store.tenures import Tenure, Tenures
from stream.store.writer import StoreWriter
from tests.stream.samples import NOON_MS, FakeRecord, event, run, scored
from tests.stream.test_pipeline import MemoryLetters

TOPIC = "aura.reviews"
KEEP = Keep(0, 0)
TENANTS = ("shop", "bank")
NOW = time.time_ns() // 1_000_000


class Constant:
    """The same answer to everything."""

    digest = "0" * 12
    device = "test"

    def __init__(self, p_good: float) -> None:
        self.manifest = SimpleNamespace(name=str(p_good), labels=("good", "bad"))
        self._p_good = p_good

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        good = np.full(len(reviews), self._p_good, np.float32)
        return np.stack([good, 1 - good], axis=1)


MODELS: Any = {"kind": Constant(0.9), "harsh": Constant(0.2), "torn": Constant(0.5)}


async def put(
    writer: StoreWriter, count: int, fence: int, last: int, model: str | None, *, logged_ms: int = NOON_MS
) -> str:
    reviews = [scored(number, p_good=0.9, logged_ms=logged_ms) for number in range(count)]
    models = {} if model is None else {"shop": model}
    packed = writer.pack(fold(reviews, lambda _: KEEP, NOON_MS), {"shop": KEEP}, NOON_MS, models=models)
    applied = await writer.apply(TOPIC, 3, {0: (fence, last, packed)}, NOON_MS)
    return applied[0].outcome


async def stored(client: Client, tenant: str = "shop") -> list[Tenure]:
    fields: Any = await client.hgetall(f"aura:{{0}}:c:{tenant}")
    return sorted(tenures.read(fields), key=lambda tenure: tenure.first)


async def test_a_tenure_lasts_until_another_model_counts_and_a_model_may_come_back(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))
    await put(writer, 2, -1, 4, "films@1")
    await put(writer, 3, 4, 9, "films@1", logged_ms=NOON_MS + 5)
    await put(writer, 1, 9, 10, "films@2", logged_ms=NOON_MS + 6)
    await put(writer, 0, 10, 12, "films@3")  # none of the tenant's reviews in it
    await put(writer, 4, 12, 20, "films@1", logged_ms=NOON_MS + 7)
    counted = [Measures(n, n, n * 900_000) for n in (5, 1, 4)]
    assert await stored(client) == [
        Tenure(TOPIC, 3, 0, "films@1", NOON_MS, NOON_MS + 5, counted[0]),
        Tenure(TOPIC, 3, 10, "films@2", NOON_MS + 6, NOON_MS + 6, counted[1]),
        Tenure(TOPIC, 3, 13, "films@1", NOON_MS + 7, NOON_MS + 7, counted[2]),
    ]


async def test_what_is_refused_changes_no_tenure(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))
    await put(writer, 2, -1, 4, "films@1")
    before = await stored(client)
    assert await put(writer, 2, -1, 4, "films@2") == "stale"
    assert await put(writer, 2, 2, 6, "films@2") == "overlap"
    assert await put(writer, 2, 7, 9, "films@2") == "behind"
    assert await stored(client) == before


async def test_a_writer_that_says_no_model_keeps_none(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))
    await put(writer, 2, -1, 4, None)
    assert await stored(client) == []


def tenure(first: int, model: str, *, partition: int = 0, topic: str = TOPIC) -> Tenure:
    return Tenure(topic, partition, first, model, 0, 0, Measures())


def pieces(found: Mapping[str, Sequence[Tenure]], whole: Run) -> list[tuple[int, int, dict[str, str]]]:
    return [
        (part.first, part.last, {tenant: each.model for tenant, each in at.items()})
        for part, at in Tenures(found, TOPIC).pieces(whole)
    ]


def test_a_run_is_cut_where_any_tenure_begins() -> None:
    found = {
        "shop": [tenure(7, "b"), tenure(0, "a")],  # in no order
        "bank": [tenure(5, "c"), tenure(9, "d"), tenure(2, "x", partition=1), tenure(3, "y", topic="other")],
    }
    assert pieces(found, run(0, 10)) == [
        (0, 4, {"shop": "a", "bank": "c"}),  # before the bank's first one, that one
        (5, 6, {"shop": "a", "bank": "c"}),
        (7, 8, {"shop": "b", "bank": "c"}),
        (9, 10, {"shop": "b", "bank": "d"}),
    ]
    assert pieces(found, run(7, 7)) == [(7, 7, {"shop": "b", "bank": "c"})]
    assert pieces({}, run(3, 4)) == [(3, 4, {})]


class Log:
    """Two partitions in memory, as the audit reads them."""

    stamped_by_log = True

    def __init__(self, records: dict[int, list[FakeRecord]]) -> None:
        self._records = records

    def rewind(self) -> None:
        self._next = dict.fromkeys(self._records, 0)

    def oldest(self, partition: int) -> int:
        return 0

    def read(self, partition: int, last: int) -> Iterator[Run]:
        first, self._next[partition] = self._next[partition], last + 1
        for start in range(first, last + 1, 7):
            end = min(last, start + 6)
            yield Run.of(TopicPartition(TOPIC, partition), 0, self._records[partition][start : end + 1])


def houses(shop: str, bank: str) -> dict[str, House]:
    return {"shop": House(shop, KEEP, HOUR_MS), "bank": House(bank, Keep(5, DAY_MS), 0)}


HOUSES = houses("kind", "kind")


def log_of(count: int, chance: random.Random) -> list[FakeRecord]:
    return [
        FakeRecord(
            offset,
            encode(
                event(
                    chance.randrange(2 * count),  # some of them copies
                    tenant=chance.choice(TENANTS),
                    product_id=f"p{chance.randrange(4)}",
                    occurred_at=NOW,
                    rating=chance.choice([None, 1, 5]),
                )
            ),
            NOW,
        )
        for offset in range(count)
    ]


async def work(url: str, records: dict[int, list[FakeRecord]], shards: int, chance: random.Random) -> None:
    """Batches in any order of partitions, by workers that now and then know other models, and die between shards."""
    client = connect(url)
    try:
        writer = StoreWriter(client, await open_store(client, shards))
        while True:
            fences = await writer.fences(TOPIC, list(records))
            open_ = [partition for partition, there in fences.items() if min(there) < len(records[partition]) - 1]
            if not open_:
                return
            partition = chance.choice(open_)
            there, tp = fences[partition], TopicPartition(TOPIC, partition)
            first = min(there) + 1
            last = min(first + chance.randrange(9), len(records[partition]) - 1)
            named = houses(chance.choice(list(MODELS)), chance.choice(list(MODELS)))
            pipe = Pipeline(named, MODELS, writer, MemoryLetters())
            (batch,) = pipe.process([Run.of(tp, 1, records[partition][first : last + 1])])
            if chance.random() < 0.3 and shards > 1:  # killed after one shard
                dead = chance.randrange(shards)
                await pipe.apply(batch, [last if shard == dead else fence for shard, fence in enumerate(there)])
            else:
                await pipe.apply(batch, list(there))
    finally:
        await client.aclose()


class AsCounted:
    """Scores by the models that counted, as the audit does."""

    tenants = TENANTS

    def judges(self, tenant: str) -> bool:
        return True

    def horizon_ms(self, tenant: str) -> int:
        return HOUSES[tenant].duplicate_ms

    def learn(self) -> None:
        pass

    def score(self, runs: Sequence[Run], models: Mapping[str, str]) -> list[Processed]:
        then = {name: replace(each, model=models.get(name, each.model)) for name, each in HOUSES.items()}
        return score(runs, then, MODELS)


def audit(url: str, records: dict[int, list[FakeRecord]], shards: int) -> list[Difference]:
    reader: Any = Log(records)
    with redis.Redis.from_url(url) as client:
        auditor = Auditor(reader, AsCounted(), NOW)
        return [
            difference
            for shard in range(shards)
            for difference in auditor.shard(ShardSnapshot(client, TOPIC, shard, shards), None)
        ]


@settings(max_examples=20)
@given(st.integers(1, 40), st.sampled_from([1, 2]), st.randoms(use_true_random=False))
def test_the_log_folded_again_is_equal_however_models_change_and_whenever_a_worker_dies(
    redis_url: str, count: int, shards: int, chance: random.Random
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    records = {partition: log_of(count, chance) for partition in range(2)}
    asyncio.run(work(redis_url, records, shards, chance))
    assert audit(redis_url, records, shards) == []
    with redis.Redis.from_url(redis_url) as client:
        for tenant in TENANTS:
            of = [f"aura:{{{shard}}}:" for shard in range(shards)]
            fields: Any = [client.hgetall(f"{prefix}c:{tenant}") for prefix in of]
            whole: Any = [client.hget(f"{prefix}e:{tenant}", "t") for prefix in of]
            by_model = sum(one.totals.reviews for each in fields for one in tenures.read(each))
            assert by_model == sum(msgspec.msgpack.decode(packed)[0] for packed in whole if packed)


@pytest.mark.parametrize("moved", [1, -1])
def test_a_tenure_that_is_told_wrongly_is_found(redis_url: str, moved: int) -> None:
    chance = random.Random(1)
    records = {partition: log_of(60, chance) for partition in range(2)}
    asyncio.run(work(redis_url, records, 1, chance))
    assert audit(redis_url, records, 1) == []
    with redis.Redis.from_url(redis_url) as client:
        fields: Any = client.hgetall("aura:{0}:c:shop")
        field, packed = next(iter(fields.items()))
        values = msgspec.msgpack.decode(packed)
        values[4] += moved
        client.hset("aura:{0}:c:shop", field, msgspec.msgpack.encode(values))
    difference, *more = audit(redis_url, records, 1)
    assert [each.tenure for each in more] == ([ALL_MODELS] if moved < 0 else [])
    assert (difference.tenant, difference.step) == ("shop", None)
    assert difference.tenure is not None
    assert difference.tenure.startswith(f"{values[1]} from offset {values[0]} of partition ")
    assert difference.store[0] == difference.log[0] + moved


def test_lost_tenures_are_found_also_once_another_has_begun(redis_url: str) -> None:
    chance = random.Random(2)
    records = {partition: log_of(60, chance) for partition in range(2)}
    asyncio.run(work(redis_url, records, 1, chance))
    with redis.Redis.from_url(redis_url) as client:
        one, *others = cast(list[bytes], client.hkeys("aura:{0}:c:shop"))
        reviews = sum(each.totals.reviews for each in tenures.read(cast(Any, client.hgetall("aura:{0}:c:shop"))))
        assert others, "more than one tenure"
        for lost in ([one], others):
            client.hdel("aura:{0}:c:shop", *lost)
            found = [each for each in audit(redis_url, records, 1) if each.tenure == ALL_MODELS]
            left = sum(each.totals.reviews for each in tenures.read(cast(Any, client.hgetall("aura:{0}:c:shop"))))
            assert [(each.tenant, each.step, each.log, each.store) for each in found] == [
                ("shop", None, (reviews,), (left,))
            ]
        assert left == 0
    for partition in records:
        records[partition] += [replace(one, offset=one.offset + 60) for one in log_of(60, chance)]
    asyncio.run(work(redis_url, records, 1, chance))
    (after,) = [each for each in audit(redis_url, records, 1) if each.tenure == ALL_MODELS]
    assert after.log[0] - after.store[0] == reviews


async def test_what_was_counted_before_there_were_tenures_or_a_count_of_them_is_not_lost(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))

    async def there() -> tuple[int, int]:
        (named, held) = await client.hget("aura:{0}:e:shop", "c"), await stored(client)
        return int(named or 0), sum(one.totals.reviews for one in held)

    await put(writer, 2, -1, 4, None)
    assert await there() == (0, 0)
    await put(writer, 3, 4, 9, "films@1")
    await put(writer, 1, 9, 10, "films@2")
    assert await there() == (4, 4)
    await client.hdel("aura:{0}:e:shop", "c")  # as a version leaves it that keeps none
    await put(writer, 2, 10, 12, "films@2")
    await put(writer, 2, 12, 14, "films@3")
    assert await there() == (8, 8)
