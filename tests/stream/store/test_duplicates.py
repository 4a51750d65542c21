"""What was seen before, as real Redis servers remember it."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.duplicates import Memory, claims
from stream.fold import Keep, Scored, fold
from stream.pipeline import Pipeline
from stream.record import Run, TopicPartition
from stream.scoring import House, Processed
from stream.store import keys
from stream.store.connection import Client, connect, open_store
from stream.store.reader import Store
from stream.store.writer import Applied, StoreWriter
from tests.stream.samples import NOON_MS, FakeRecord, WordClassifier, scored
from tests.stream.test_pipeline import MemoryLetters

SECOND_MS = 1_000
KEEP = Keep(0, 0)
WORDS: Any = WordClassifier()
HORIZONS = {"shop": 10 * SECOND_MS, "bank": 4 * SECOND_MS, "club": 0}
HOUSES = {tenant: House("words", KEEP, horizon) for tenant, horizon in HORIZONS.items()}


async def put(
    writer: StoreWriter, reviews: Sequence[Scored], fence: int, last: int, *, horizon_ms: int = 10 * SECOND_MS
) -> Applied:
    """Apply reviews to the only shard as the run (fence, last]."""
    found, _ = claims(reviews, lambda _: horizon_ms)
    packed = writer.pack(fold(reviews, lambda _: KEEP, NOON_MS), {}, NOON_MS, found)
    return (await writer.apply("aura.reviews", 0, {0: (fence, last, packed)}, NOON_MS))[0]


async def opened(client: Client) -> StoreWriter:
    return StoreWriter(client, await open_store(client, 1))


async def sets(client: Client) -> dict[bytes, int]:
    return {key: await client.scard(key) async for key in client.scan_iter("aura:{0}:x:*", count=10_000)}


class Step(NamedTuple):
    """One review of the log."""

    partition: int
    tenant: str
    product: str
    event_id: str
    ahead_ms: int
    """Of the log's clock before it."""
    cut: bool
    """Whether a run ends with it."""


# In slots of the shop's horizon: on and off the edges of what the rule forgets, in either direction.
JUMPS = st.builds(
    lambda slots, more: slots * 5 * SECOND_MS + more,
    st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, -1, -3, -4, -5, -6, 700, -700]),
    st.sampled_from([0, 0, 1, SECOND_MS]),
)
STEPS = st.builds(
    Step,
    st.sampled_from([0, 0, 0, 1]), st.sampled_from(["shop", "shop", "shop", "bank", "club"]),
    st.sampled_from(["kettle", "kettle", "lamp"]), st.sampled_from("aab"), JUMPS, st.booleans(),
)  # fmt: skip


def log_of(steps: Sequence[Step]) -> dict[TopicPartition, list[list[tuple[int, Scored]]]]:
    """Each partition's runs of (offset, review). P(good) is 2^i millionths in the i-th: a sum tells which counted."""
    runs: dict[TopicPartition, list[list[tuple[int, Scored]]]] = {}
    now_ms = NOON_MS
    offsets = [0, 0]
    for number, step in enumerate(steps):
        now_ms += step.ahead_ms
        review = scored(
            logged_ms=now_ms, tenant=step.tenant, product_id=step.product, event_id=step.event_id
        )._replace(p_good=1 << number)  # fmt: skip
        mine = runs.setdefault(TopicPartition("aura.reviews", step.partition), [[]])
        mine[-1].append((offsets[step.partition], review))
        offsets[step.partition] += 1
        if step.cut:
            mine.append([])
    return {tp: [run for run in of_tp if run] for tp, of_tp in runs.items()}


def expected(log: dict[TopicPartition, list[list[tuple[int, Scored]]]], shards: int) -> dict[str, int]:
    """Entity to the sum of P(good) of those that count, by the pure rule."""
    sums: dict[str, int] = {}
    for shard in range(shards):
        memory = Memory()
        for tp, runs in log.items():
            here = [
                review
                for run in runs
                for _, review in run
                if keys.shard_of(review.event.tenant, review.event.product_id, shards) == shard
            ]
            found, order = claims(here, HORIZONS.__getitem__)
            duplicates = {order[position] for position in memory.take(tp, found)}
            for index, review in enumerate(here):
                if index not in duplicates:
                    name = keys.entity(review.event.tenant, review.event.product_id)
                    sums[name] = sums.get(name, 0) + review.p_good
    return sums


async def applied(url: str, log: dict[TopicPartition, list[list[tuple[int, Scored]]]], shards: int) -> dict[str, int]:
    """The same as the store has it; each worker ends after half of what there is, and the next begins one run back."""
    client = connect(url)
    writer, store = StoreWriter(client, await open_store(client, shards)), Store(client)
    for tp, runs in log.items():
        half = (len(runs) + 1) // 2
        for part in (runs[:half], runs[max(0, half - 1) :]):
            pipe = Pipeline(HOUSES, {"words": WORDS}, writer, MemoryLetters())
            fences = (await writer.fences(tp.topic, [tp.partition]))[tp.partition]
            for reviews in part:
                records = [FakeRecord(offset, b"", review.logged_ms) for offset, review in reviews]
                await pipe.apply(Processed(Run.of(tp, 1, records), list(reviews)), fences)
    sums = {}
    for tenant in HORIZONS:
        for product in ("kettle", "lamp"):
            state = await store.entity(tenant, product)
            if state is not None:
                sums[keys.entity(tenant, product)] = state.totals.p_good
    await client.aclose()
    return sums


@settings(max_examples=150)
@given(steps=st.lists(STEPS, min_size=1, max_size=40), shards=st.sampled_from([1, 3]))
def test_redis_and_the_pure_rule_agree_whatever_the_log_its_clock_and_its_cuts(
    any_redis_server: str, steps: list[Step], shards: int
) -> None:
    with redis.Redis.from_url(any_redis_server) as client:
        client.flushall()
    log = log_of(steps)
    assert asyncio.run(applied(any_redis_server, log, shards)) == expected(log, shards)


async def test_a_run_with_duplicates_changes_nothing_and_names_them(client: Client) -> None:
    writer = await opened(client)
    assert (await put(writer, [scored(1), scored(2)], -1, 1)).outcome == "applied"
    before = {key: await client.dump(key) async for key in client.scan_iter("*")}
    reviews = [scored(3), scored(2), scored(4, tenant="bank"), scored(3), scored(5)]
    # Positions go through the shop's claims first, then through the bank's.
    assert await put(writer, reviews, 1, 6) == Applied("duplicates", 1, (1, 2))
    assert {key: await client.dump(key) async for key in client.scan_iter("*")} == before
    assert await put(writer, [reviews[0], reviews[2], reviews[4]], 1, 6) == Applied("applied", 1)


async def test_one_event_sent_ten_thousand_times_in_a_run_counts_once(client: Client) -> None:
    writer = await opened(client)
    answer = await put(writer, [scored(1)] * 10_000, -1, 9_999)
    assert answer == Applied("duplicates", -1, tuple(range(1, 10_000)))
    assert (await put(writer, [scored(1)], -1, 9_999)).outcome == "applied"
    assert (await put(writer, [scored(1)] * 10_000, 9_999, 19_999)).duplicates == tuple(range(10_000))


async def test_copies_among_many_new_events_of_one_run_are_named_one_by_one(client: Client) -> None:
    writer = await opened(client)
    assert (await put(writer, [scored(i) for i in range(2_000)], -1, 1_999)).outcome == "applied"
    reviews = [scored(2_000 + i) for i in range(18_000)]
    reviews += [scored(i) for i in range(0, 4_000, 2)]
    answer = await put(writer, reviews, 1_999, 21_999)
    assert answer == Applied("duplicates", 1_999, tuple(range(18_000, 20_000)))


async def test_ids_stay_small_and_old_ones_go(client: Client) -> None:
    writer = await opened(client)
    width, last = 5 * SECOND_MS, -1
    for slot in range(5):
        for _ in range(10):
            reviews = [scored(last + 1 + i, logged_ms=NOON_MS + slot * width) for i in range(1_000)]
            assert (await put(writer, reviews, last, last + 1_000)).outcome == "applied"
            last += 1_000
    found = await sets(client)
    slots = {key.split(b":")[-2] for key in found}
    assert slots == {str(NOON_MS // width + slot).encode() for slot in (2, 3, 4)}
    assert sum(found.values()) == 30_000
    for key in found:
        assert await client.object("ENCODING", key) == b"intset", key


async def test_a_slot_that_a_wrong_clock_closed_and_opened_in_one_run_holds_only_what_came_after(
    client: Client,
) -> None:
    writer = await opened(client)
    assert (await put(writer, [scored(1)], -1, 0)).outcome == "applied"
    wrong = [scored(2, logged_ms=NOON_MS + 3_600 * SECOND_MS), scored(3)]
    assert (await put(writer, wrong, 0, 2)).outcome == "applied"
    assert await put(writer, [scored(1), scored(3)], 2, 4) == Applied("duplicates", 2, (1,))


async def test_a_changed_horizon_begins_anew_and_leaves_nothing_of_the_old_one(client: Client) -> None:
    writer = await opened(client)
    assert (await put(writer, [scored(1), scored(2, tenant="bank")], -1, 1)).outcome == "applied"
    assert (await put(writer, [scored(1)], 1, 2, horizon_ms=20 * SECOND_MS)).outcome == "applied"
    sources = {b"shop:aura.reviews:0:10000", b"bank:aura.reviews:0:5000"}
    assert set(await client.hkeys("aura:{0}:seen")) == sources
    assert {key.split(b":x:")[1].rsplit(b":", 2)[0] for key in await sets(client)} == sources
    assert (await put(writer, [scored(1)], 2, 3, horizon_ms=20 * SECOND_MS)).outcome == "duplicates"


async def test_no_id_has_a_time_to_live_for_a_worker_may_lag_by_days(client: Client) -> None:
    writer = await opened(client)
    await put(writer, [scored(1)], -1, 0)
    for key in (*await sets(client), b"aura:{0}:seen"):
        assert await client.pttl(key) == -1


async def test_a_stale_run_is_refused_before_its_ids_are_looked_for(client: Client) -> None:
    writer = await opened(client)
    await put(writer, [scored(1)], -1, 0)
    assert (await put(writer, [scored(1)], -1, 0)).outcome == "stale"
    assert (await put(writer, [scored(1)], -1, 1)).outcome == "overlap"
    assert (await put(writer, [scored(1)], 5, 6)).outcome == "behind"
