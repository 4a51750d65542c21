"""Writer and reader against real Redis servers."""

import random
import time
from collections.abc import Sequence

import pytest

from stream.fold import RECENT_TEXT_CHARS, Keep, Scored, fold
from stream.measures import DAY_MS, HOUR_MS, MINUTE_MS, RETENTION_MS, WINDOWS, Measures, window_bounds
from stream.store import keys
from stream.store.connection import Client, StoreMismatch, connect, open_store
from stream.store.reader import Store
from stream.store.state import PartitionStatus, Profile, StoreUnavailable, WorkerStatus
from stream.store.writer import StoreWriter
from tests.services import free_port
from tests.stream.samples import scored

NOW = time.time_ns() // 1_000_000
KEEP = Keep(5, DAY_MS)


async def put(
    writer: StoreWriter, reviews: Sequence[Scored], fence: int, last: int, *, partition: int = 0, keep: Keep = KEEP
) -> list[str]:
    """Apply reviews to every shard as the run (fence, last]."""
    runs = {}
    for shard in range(writer.shards):
        here = [r for r in reviews if keys.shard_of(r.event.tenant, r.event.product_id, writer.shards) == shard]
        runs[shard] = (fence, last, writer.pack(fold(here, lambda _: keep, NOW), {"shop": keep, "bank": keep}, NOW))
    applied = await writer.apply("aura.reviews", partition, runs, NOW)
    return [applied[shard].outcome for shard in sorted(applied)]


async def opened(client: Client, shards: int = 1) -> tuple[StoreWriter, Store]:
    return StoreWriter(client, await open_store(client, shards)), Store(client)


def traffic(count: int, seed: int = 1) -> list[Scored]:
    """Reviews of two tenants over the last three days, logged as they were written."""
    chance = random.Random(seed)
    reviews = []
    for number in range(count):
        at = NOW - chance.randrange(3 * DAY_MS)
        reviews.append(
            scored(
                number,
                chance.random(),
                logged_ms=at,
                occurred_at=at,
                tenant=chance.choice(["shop", "bank"]),
                product_id=f"p{chance.randrange(6)}",
                rating=chance.choice([None, 1, 2, 3, 4, 5]),
                product_name=chance.choice([None, "One", "Two"]),
            )
        )
    return reviews


async def everything(store: Store) -> dict[str, object]:
    """All that the store answers of counts."""
    answer: dict[str, object] = {}
    for tenant in ("shop", "bank"):
        answer[tenant] = await store.entity(tenant, None)
        for product_id in await store.product_ids(tenant):
            answer[f"{tenant}/{product_id}"] = await store.entity(tenant, product_id)
            for step in ("1m", "1h", "1d"):
                buckets = await store.timeline(tenant, product_id, step, NOW - 5 * DAY_MS, NOW + DAY_MS)
                answer[f"{tenant}/{product_id}/{step}"] = buckets
    return answer


@pytest.mark.parametrize("shards", [1, 3])
async def test_any_cut_into_batches_and_any_order_give_the_same_state(client: Client, shards: int) -> None:
    reviews = traffic(400)
    writer, store = await opened(client, shards)
    assert await put(writer, reviews, -1, 399) == ["applied"] * shards
    whole = await everything(store)
    await client.flushall()
    writer, store = await opened(client, shards)
    chance = random.Random(2)
    chance.shuffle(reviews)
    done = 0
    while done < len(reviews):
        size = chance.randrange(1, 60)
        assert await put(writer, reviews[done : done + size], done - 1, done + size - 1) == ["applied"] * shards
        done += size
    assert await everything(store) == whole


async def test_what_is_read_is_what_was_counted(client: Client) -> None:
    reviews = traffic(300)
    writer, store = await opened(client)
    await put(writer, reviews, -1, 299)
    for tenant in ("shop", "bank"):
        mine = [r for r in reviews if r.event.tenant == tenant]
        whole = await store.entity(tenant, None)
        assert whole is not None
        assert whole.totals.reviews == len(mine)
        assert whole.totals.good == sum(r.p_good >= 500_000 for r in mine)
        assert whole.totals.p_good == sum(r.p_good for r in mine)
        assert whole.first_ms == min(r.event.occurred_ms for r in mine)
        assert whole.last_ms == max(r.event.occurred_ms for r in mine)
        assert await store.product_ids(tenant) == sorted({r.event.product_id for r in mine})
        windows = await store.windows(tenant, None, NOW)
        for window in WINDOWS:
            _, start, end = window_bounds(window, NOW)
            assert windows[window].reviews == sum(start <= r.event.occurred_ms < end for r in mine), window
            current, previous = await store.window(tenant, None, window, NOW)
            assert current == windows[window]
            before = 2 * start - end
            assert previous.reviews == sum(before <= r.event.occurred_ms < start for r in mine), window
        for row in await store.products(tenant, "24h", NOW):
            _, start, end = window_bounds("24h", NOW)
            of_product = [r for r in mine if r.event.product_id == row.state.product_id]
            assert row.current.reviews == sum(start <= r.event.occurred_ms < end for r in of_product)
            assert sum(point.reviews for point in row.trend) == row.current.reviews
            assert row.state.totals.reviews == len(of_product)
        assert sum(row.current.reviews for row in await store.products(tenant, None, NOW)) == len(mine)


async def test_a_run_is_applied_once_and_only_onto_the_fence_it_was_folded_for(client: Client) -> None:
    writer, store = await opened(client)
    review = [scored(logged_ms=NOW, occurred_at=NOW)]
    assert await put(writer, review, -1, 9) == ["applied"]
    assert await put(writer, review, -1, 9) == ["stale"]
    assert await put(writer, review, 4, 8) == ["stale"]
    assert await put(writer, review, 4, 20) == ["overlap"]
    assert await put(writer, review, 15, 20) == ["behind"]
    whole = await store.entity("shop", None)
    assert whole is not None
    assert whole.totals.reviews == 1
    assert await store.fences("aura.reviews") == {0: 9}
    assert await put(writer, review, 9, 20) == ["applied"]
    assert await put(writer, review, -1, 3, partition=1) == ["applied"]
    assert await store.fences("aura.reviews") == {0: 20, 1: 3}
    assert await store.fences("another.topic") == {}


async def test_the_fence_of_a_shard_without_reviews_moves_along(client: Client) -> None:
    writer, store = await opened(client, 4)
    assert await put(writer, [scored(logged_ms=NOW, occurred_at=NOW)], -1, 0) == ["applied"] * 4
    assert await store.fences("aura.reviews") == {0: 0}


async def test_a_script_that_redis_forgot_is_loaded_again(client: Client) -> None:
    writer, _ = await opened(client)
    await put(writer, [], -1, 0)
    await client.script_flush()
    assert await put(writer, [], 0, 1) == ["applied"]


async def test_buckets_live_as_long_as_promised_after_the_log_took_their_last_event(client: Client) -> None:
    writer, _ = await opened(client)
    await put(writer, [scored(logged_ms=NOW, occurred_at=NOW)], -1, 0)
    for step, letter in keys.STEP_LETTER.items():
        (key,) = await client.keys(f"*:{letter}:shop/kettle:*")
        life = await client.pttl(key) + time.time_ns() // 1_000_000 - NOW
        assert RETENTION_MS[step] <= life <= RETENTION_MS[step] + HOUR_MS + MINUTE_MS, step


async def test_reading_an_old_log_again_brings_no_expired_buckets_back(client: Client) -> None:
    writer, store = await opened(client)
    old = NOW - RETENTION_MS["1m"] - DAY_MS
    await put(writer, [scored(logged_ms=old, occurred_at=old)], -1, 0)
    assert await store.timeline("shop", "kettle", "1m", old - DAY_MS, NOW) == []
    assert len(await store.timeline("shop", "kettle", "1h", old - DAY_MS, NOW)) == 1


async def test_ten_year_old_reviews_published_today_have_a_full_timeline(client: Client) -> None:
    writer, store = await opened(client)
    then = NOW - 3_650 * DAY_MS
    await put(writer, [scored(i, logged_ms=NOW, occurred_at=then + i * DAY_MS) for i in range(400)], -1, 399)
    days = await store.timeline("shop", "kettle", "1d", 0, NOW)
    assert sum(measures.reviews for _, measures in days) == 400
    state = await store.entity("shop", "kettle")
    assert state is not None
    assert state.late == 400


async def test_now_is_the_clock_for_a_live_tenant_and_the_newest_event_for_a_replay(client: Client) -> None:
    writer, store = await opened(client)
    then = NOW - 400 * DAY_MS
    await put(writer, [scored(logged_ms=NOW, occurred_at=then, tenant="bank")], -1, 0)
    await put(writer, [scored(logged_ms=NOW - DAY_MS, occurred_at=NOW - DAY_MS)], 0, 1)
    assert await store.now("bank") == then
    assert abs(await store.now("shop") - time.time_ns() // 1_000_000) < MINUTE_MS
    assert abs(await store.now("nobody") - time.time_ns() // 1_000_000) < MINUTE_MS


async def test_recent_reviews_are_capped_newest_first_and_go_after_their_time(client: Client) -> None:
    writer, store = await opened(client)
    reviews = [scored(i, logged_ms=NOW + i, occurred_at=NOW, text=f"{i} " + "long " * 200) for i in range(8)]
    await put(writer, reviews[:4], -1, 3)
    await put(writer, reviews[4:], 3, 7)
    recent = await store.recent("shop", "kettle", 50)
    assert [review.event_id for review in recent] == ["e7", "e6", "e5", "e4", "e3"]
    assert all(review.truncated and len(review.text) == RECENT_TEXT_CHARS for review in recent)
    assert 0 < await client.pttl("aura:{0}:r:shop/kettle") <= DAY_MS + 1_000
    later = NOW + 2 * DAY_MS
    packed = writer.pack(fold([scored(9, logged_ms=later)], lambda _: KEEP, later), {"shop": KEEP}, later)
    await writer.apply("aura.reviews", 0, {0: (7, 8, packed)}, later)
    assert [review.event_id for review in await store.recent("shop", "kettle", 50)] == ["e9"]


async def test_a_clock_of_the_log_that_was_ahead_keeps_no_text_longer(client: Client) -> None:
    writer, store = await opened(client)
    ahead = scored(1, logged_ms=NOW + 365 * DAY_MS, occurred_at=NOW, text="from a day to come")
    await put(writer, [scored(0, logged_ms=NOW, occurred_at=NOW), ahead], -1, 1)
    assert [review.event_id for review in await store.recent("shop", "kettle", 50)] == ["e1", "e0"]
    assert await client.pttl("aura:{0}:r:shop/kettle") <= DAY_MS + 1_000
    later = NOW + 2 * DAY_MS
    packed = writer.pack(fold([scored(2, logged_ms=later)], lambda _: KEEP, later), {"shop": KEEP}, later)
    await writer.apply("aura.reviews", 0, {0: (1, 2, packed)}, later)
    assert [review.event_id for review in await store.recent("shop", "kettle", 50)] == ["e2"]


async def test_a_tenant_that_keeps_no_texts_has_none_in_redis(client: Client) -> None:
    writer, store = await opened(client)
    await put(writer, [scored(text="a very private matter", logged_ms=NOW, occurred_at=NOW)], -1, 0, keep=Keep(0, 0))
    assert await store.recent("shop", "kettle", 50) == []
    for key in await client.keys("*"):
        assert b"private" not in (await client.dump(key) or b"")


async def test_a_live_update_tells_counts_and_a_sample(client: Client) -> None:
    writer, store = await opened(client)
    reviews = [scored(i, 0.9 if i % 2 else 0.1, logged_ms=NOW + i, occurred_at=NOW) for i in range(100)]
    await put(writer, reviews, -1, 99)
    (update,) = await store.live("shop", "0-0", 10)
    assert (update.reviews, update.good) == (100, 50)
    assert [review.event_id for review in update.sample] == [f"e{i}" for i in range(80, 100)]
    assert await store.live("shop", update.id, 10) == []
    await put(writer, reviews[:1], 99, 100)
    (second,) = await store.live("shop", update.id, 10)
    assert second.reviews == 1


async def test_the_newest_event_s_names_win_whatever_comes_last(client: Client) -> None:
    writer, store = await opened(client)
    await put(writer, [scored(logged_ms=NOW, occurred_at=NOW, product_name="New", categories=("a", "b"))], -1, 0)
    await put(writer, [scored(logged_ms=NOW, occurred_at=NOW - 5, product_name="Old")], 0, 1)
    await put(writer, [scored(logged_ms=NOW, occurred_at=NOW + 5)], 1, 2)
    state = await store.entity("shop", "kettle")
    assert state is not None
    assert state.profile == Profile("New", None, ("a", "b"))


async def test_a_range_beyond_all_reason_is_refused_before_it_reaches_redis(client: Client) -> None:
    _, store = await opened(client)
    with pytest.raises(ValueError, match="minute"):
        await store.timeline("shop", None, "1m", 0, NOW)


async def test_an_unknown_product_is_none_and_an_unknown_tenant_is_empty(client: Client) -> None:
    _, store = await opened(client)
    assert await store.entity("shop", "nothing") is None
    assert await store.entity("nobody", None) is None
    assert await store.products("nobody", "1h", NOW) == []
    assert (await store.windows("nobody", None, NOW))["30d"] == Measures()


async def test_a_worker_s_heartbeat_is_seen_and_taken_away(client: Client) -> None:
    writer, store = await opened(client)
    status = WorkerStatus("w1", "CPU", {"shop": "m"}, 12.5, 3, [PartitionStatus("aura.reviews", 0, 9, 12, 0.5)], NOW)
    await writer.heartbeat(status)
    assert await store.workers() == [status]
    await writer.farewell("w1")
    assert await store.workers() == []


async def test_an_emptied_store_is_said_to_be_what_it_was_by_the_next_heartbeat(client: Client) -> None:
    writer, _ = await opened(client, 3)
    await client.flushall()
    early = Store(client)
    assert await early.entity("shop", None) is None
    await writer.heartbeat(WorkerStatus("w1", "CPU", {}, 0.0, 0, [], NOW))
    await put(writer, [scored(i, product_id=f"p{i}", logged_ms=NOW, occurred_at=NOW) for i in range(9)], -1, 8)
    for store in (early, Store(client)):
        whole = await store.entity("shop", None)
        assert whole is not None
        assert whole.totals.reviews == 9
    with pytest.raises(StoreMismatch, match="created with 3 shards"):
        await open_store(client, 1)


async def test_a_late_event_in_the_same_batch_does_not_make_a_live_tenant_a_replay(client: Client) -> None:
    written = NOW - 4 * DAY_MS
    live = scored(1, logged_ms=written, occurred_at=written)
    late = scored(2, logged_ms=NOW, occurred_at=written - DAY_MS)
    for cut in ([[live, late]], [[live], [late]]):
        await client.flushall()
        writer, store = await opened(client)
        for number, batch in enumerate(cut):
            await put(writer, batch, number - 1, number)
        assert abs(await store.now("shop") - time.time_ns() // 1_000_000) < MINUTE_MS, cut


async def test_a_store_keeps_its_number_of_shards(client: Client) -> None:
    assert await open_store(client, 4) == 4
    with pytest.raises(StoreMismatch, match="created with 4 shards, the settings say 2"):
        await open_store(client, 2)


async def test_a_redis_that_is_away_is_said_to_be() -> None:
    store = Store(connect(f"redis://127.0.0.1:{free_port()}/0", timeout=0.5))
    with pytest.raises(StoreUnavailable):
        await store.ping()
    with pytest.raises(StoreUnavailable):
        await store.entity("shop", None)


async def test_a_reader_that_came_before_the_store_was_created_learns_its_shards(client: Client) -> None:
    store = Store(client)
    assert await store.product_ids("shop") == []
    writer, _ = await opened(client, 4)
    reviews = [scored(i, logged_ms=NOW, occurred_at=NOW, product_id=f"p{i}") for i in range(20)]
    await put(writer, reviews, -1, 19)
    assert len(await store.product_ids("shop")) == 20


@pytest.mark.parametrize("shards", [1, 3])
async def test_the_spread_of_a_tenant_is_kept_by_the_hour_and_by_the_model_that_scored(
    client: Client, shards: int
) -> None:
    writer, store = await opened(client, shards)
    log = [review._replace(words=9, unknown=number % 2) for number, review in enumerate(traffic(300))]
    for model, fence, part in (("a@1", -1, log[:200]), ("b@2", 199, log[200:])):
        runs = {}
        for shard in range(shards):
            here = [r for r in part if keys.shard_of(r.event.tenant, r.event.product_id, shards) == shard]
            packed = writer.pack(
                fold(here, lambda _: KEEP, NOW), {"shop": KEEP, "bank": KEEP}, NOW, models={"shop": model}
            )
            runs[shard] = (fence, fence + len(part), packed)
        await writer.apply("aura.reviews", 0, runs, NOW)
    found = await store.spreads("shop", NOW - 4 * DAY_MS, NOW + HOUR_MS)
    for model, part in (("a@1", log[:200]), ("b@2", log[200:])):
        assert found[model] == sorted(fold(part, lambda _: KEEP, NOW).tenants["shop"].spreads.items())
    assert await store.spreads("bank", NOW - 4 * DAY_MS, NOW + HOUR_MS) == {}, "no model was named"
    for model, hours in (await store.spreads("shop", NOW - DAY_MS, NOW)).items():
        assert hours == [(start, spread) for start, spread in found[model] if NOW - DAY_MS <= start < NOW]


async def test_a_spread_lives_as_long_as_an_hour(client: Client) -> None:
    writer, _ = await opened(client)
    packed = writer.pack(
        fold([scored(logged_ms=NOW)], lambda _: KEEP, NOW), {"shop": KEEP}, NOW, models={"shop": "a@1"}
    )
    await writer.apply("aura.reviews", 0, {0: (-1, 0, packed)}, NOW)
    (key,) = await client.keys("aura:{0}:s:*")
    life = await client.pttl(key) + time.time_ns() // 1_000_000 - NOW
    assert 0 <= life - RETENTION_MS["1h"] <= HOUR_MS + 1_000
