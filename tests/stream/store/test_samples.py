"""The samples in a real Redis are those of the log, however it was read."""

import random
from collections.abc import Sequence

import pytest

from stream.drivers.sample import Part, mark_of, places, read_signed
from stream.drivers.sampler import OF_PRODUCT, OF_TENANT, Sampler
from stream.drivers.terms import entry_of
from stream.fold import Keep, Scored, fold
from stream.measures import DAY_MS
from stream.record import TopicPartition
from stream.store import keys
from stream.store.connection import Client, open_store
from stream.store.reader import Store
from stream.store.writer import Applied, StoreWriter
from tests.stream.samples import scored
from tests.stream.store.test_store import NOW

KEEP = Keep(5, 7 * DAY_MS)
TODAY = NOW // DAY_MS * DAY_MS
LOG = list[tuple[TopicPartition, int, Scored]]


def log(count: int, days: int = 3, seed: int = 1) -> LOG:
    """Reviews of two products in two partitions."""
    chance = random.Random(seed)
    return [
        (
            TopicPartition("aura.reviews", number % 2),
            number // 2,
            scored(
                number, chance.random(), NOW, text=f"word{chance.choice('abcdef')} number",
                occurred_at=TODAY - chance.randrange(days) * DAY_MS, product_id=f"p{number % 2}",
            ),
        )
        for number in range(count)
    ]  # fmt: skip


async def put(
    writer: StoreWriter, chosen: Sampler, tp: TopicPartition, records: Sequence[tuple[int, Scored]], keep: Keep = KEEP
) -> Applied:
    """Apply records of one partition in the order given, all in the first shard."""
    field = keys.fence_field(*tp)
    fence = int(await writer.client.hget(keys.fence_key(0), field) or -1)
    reviews = [review for _, review in records]
    increments = fold(reviews, lambda _: keep, NOW)
    increments.offers = chosen.offers(tp, reviews, [offset for offset, _ in records], lambda _: keep, NOW)
    packed = writer.pack(increments, {"shop": keep}, NOW)
    applied = (await writer.apply(*tp, {0: (fence, fence + len(records), packed)}, NOW))[0]
    if applied.outcome == "applied":
        chosen.learn(increments.offers, applied.bounds)
    return applied


def hash_in(product: str | None, place: int) -> int:
    """As a sample has it: of products, the first three bytes of four."""
    return place if product is None else place >> 8 << 8


async def filled(client: Client, records: LOG, size: int, seed: int | None = None) -> Store:
    """A new store with these records, read in batches; by several workers, in any order, if there is a seed."""
    await client.flushall()
    writer = StoreWriter(client, await open_store(client, 1))
    chance, workers = random.Random(seed), [Sampler(1)]
    if seed is not None:
        records = chance.sample(records, len(records))
        workers = [Sampler(1) for _ in range(3)]
    for first in range(0, len(records), size):
        for partition in (0, 1):
            tp = TopicPartition("aura.reviews", partition)
            batch = [(offset, review) for of, offset, review in records[first : first + size] if of == tp]
            if batch:
                assert (await put(writer, chance.choice(workers), tp, batch)).outcome == "applied"
    return Store(client)


async def samples(store: Store, days: int = 9) -> dict[str, tuple[list[Part], list[Part]]]:
    return {
        str(product): await store.samples("shop", product, TODAY - days * DAY_MS, TODAY + DAY_MS)
        for product in ("p0", "p1", None)
    }


@pytest.mark.parametrize(("size", "seed"), [(4_000, None), (700, None), (333, 4), (90, 5)])
async def test_samples_are_the_reviews_with_the_smallest_hashes_however_the_log_was_read(
    client: Client, size: int, seed: int | None
) -> None:
    records = log(3_000)
    found = await samples(await filled(client, records, size, seed))
    for product in ("p0", "p1", None):
        for bad in (True, False):
            expected = []
            for day in range(3):
                entries = sorted(
                    (places(tp, [offset])[0], review)
                    for tp, offset, review in records
                    if (product is None or review.event.product_id == product)
                    and review.event.occurred_ms == TODAY - day * DAY_MS
                    and (review.p_good < 500_000) == bad
                )
                most = OF_TENANT if product is None else OF_PRODUCT
                assert len(entries) > most
                expected.append([(place, review.event) for place, review in entries[:most]])
            parts = found[str(product)][not bad]
            assert all(part.most == len(part.entries) for part in parts)
            by_day = {part.entries[0].occurred_ms: part for part in parts}
            for day, events in enumerate(expected):
                part = by_day[TODAY - day * DAY_MS]
                assert [entry.hash for entry in part.entries] == [hash_in(product, place) for place, _ in events]
                contents = [entry_of(event.text) for _, event in events]
                if product is None:
                    marks = [mark_of(event.product_id) for _, event in events]
                    assert [read_signed(entry.content) for entry in part.entries] == list(
                        zip(marks, contents, strict=True)
                    )
                else:
                    assert [entry.content for entry in part.entries] == contents


async def test_a_run_that_is_refused_changes_no_sample(client: Client) -> None:
    store = await filled(client, log(40), 100)
    before = await samples(store)
    writer, tp = StoreWriter(client, 1), TopicPartition("aura.reviews", 0)
    review = scored(99, 0.1, NOW, product_id="p0", occurred_at=TODAY)
    increments = fold([review], lambda _: KEEP, NOW)
    increments.offers = Sampler(1).offers(tp, [review], [99], lambda _: KEEP, NOW)
    packed = writer.pack(increments, {"shop": KEEP}, NOW)
    for expected, outcome in ((5, "stale"), (10, "overlap"), (99, "behind")):
        applied = await writer.apply(*tp, {0: (expected, 19 if outcome == "stale" else 120, packed)}, NOW)
        assert applied[0].outcome == outcome
    assert await samples(store) == before


async def test_the_answer_says_how_far_each_sample_goes(client: Client) -> None:
    writer, chosen = StoreWriter(client, await open_store(client, 1)), Sampler(1)
    tp = TopicPartition("aura.reviews", 0)
    few = [(offset, scored(offset, 0.9, NOW, occurred_at=TODAY)) for offset in range(OF_PRODUCT - 1)]
    assert (await put(writer, chosen, tp, few)).bounds == (-1, -1)
    (more,) = [(OF_PRODUCT - 1, scored(OF_PRODUCT, 0.9, NOW, occurred_at=TODAY))]
    assert (await put(writer, chosen, tp, [more])).bounds == (
        hash_in("kettle", max(places(tp, range(OF_PRODUCT)))),
        -1,
    )


async def test_days_long_before_the_newest_review_are_dropped_and_taken_no_more(client: Client) -> None:
    writer, chosen = StoreWriter(client, await open_store(client, 1)), Sampler(1)
    tp, store = TopicPartition("aura.reviews", 0), Store(client)

    def of(offset: int, days_ago: int) -> tuple[int, Scored]:
        return offset, scored(offset, 0.9, NOW, product_id="p0", occurred_at=TODAY - days_ago * DAY_MS)

    await put(writer, chosen, tp, [of(0, 30), of(1, 29), of(2, 23)])
    kept = (await store.samples("shop", "p0", TODAY - 40 * DAY_MS, TODAY))[1]
    assert sorted(part.entries[0].occurred_ms for part in kept) == [TODAY - days * DAY_MS for days in (30, 29, 23)]
    applied = await put(writer, chosen, tp, [of(3, 20), of(4, 28)])
    assert applied.bounds == (-1, -1, 0, 0)
    days = [(TODAY // DAY_MS) - ago for ago in (23, 20)]
    kept_keys = [keys.sample_key(0, name, day).encode() for name in ("shop", "shop/p0") for day in days]
    assert sorted(await client.keys("aura:{0}:w:*")) == sorted(kept_keys)
    assert not chosen.offers(tp, [of(5, 28)[1]], [5], lambda _: KEEP, NOW)


async def test_a_sample_ends_a_day_after_the_texts_and_nobody_prolongs_it(client: Client) -> None:
    writer, chosen = StoreWriter(client, await open_store(client, 1)), Sampler(1)
    tp = TopicPartition("aura.reviews", 0)
    store, keep = Store(client), Keep(5, DAY_MS)
    logged = NOW - DAY_MS // 2
    await put(writer, chosen, tp, [(0, scored(0, 0.9, logged, occurred_at=TODAY))], keep)
    key = keys.sample_key(0, "shop/kettle", TODAY // DAY_MS)
    left = await client.pttl(key)
    assert 1.4 * DAY_MS < left <= 1.5 * DAY_MS
    await put(writer, chosen, tp, [(1, scored(1, 0.1, NOW, occurred_at=TODAY))], keep)
    assert [len(sides) for sides in await store.samples("shop", "kettle", TODAY, TODAY + DAY_MS)] == [1, 1]
    assert await client.pttl(key) <= left


async def test_a_tenant_that_keeps_no_texts_has_no_samples(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 1))
    applied = await put(writer, Sampler(1), TopicPartition("aura.reviews", 0), [(0, scored(0))], Keep(0, DAY_MS))
    assert applied.outcome == "applied"
    assert await client.keys("aura:{0}:w:*") == []
