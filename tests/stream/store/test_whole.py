"""What the audit asks a store beside its entities, of a real Redis."""

import pytest
import redis

from stream.duplicates import claims
from stream.fold import fold
from stream.store.connection import Client, StoreMismatch, open_store
from stream.store.snapshot import ShardSnapshot
from stream.store.whole import Whole, look
from stream.store.writer import StoreWriter
from tests.stream.samples import NOON_MS, scored
from tests.stream.store.test_store import KEEP

HORIZON_MS = 3_600_000


async def test_fences_and_newest_reviews_are_told_topic_by_topic(client: Client, any_redis_server: str) -> None:
    writer = StoreWriter(client, await open_store(client, 2))
    reviews = [scored(number, logged_ms=NOON_MS + number) for number in range(3)]
    found, _ = claims(reviews, lambda _: HORIZON_MS)
    packed = writer.pack(fold(reviews, lambda _: KEEP, NOON_MS), {"shop": KEEP}, NOON_MS, found)
    await writer.apply("aura.reviews", 3, {0: (-1, 8, packed)}, NOON_MS)
    await writer.apply("aura.other", 4, {0: (-1, 9, packed)}, NOON_MS)
    with redis.Redis.from_url(any_redis_server) as plain:
        assert look(plain, "aura.reviews", 2) == Whole([{3: 8}, {}], ["aura.other"])
        assert look(plain, "aura.none", 2).empty
        # As the memory knows: to half a horizon.
        assert ShardSnapshot(plain, "aura.reviews", 0, 2).newest_ms() == {("shop", 3): NOON_MS + HORIZON_MS // 2 - 1}
        assert ShardSnapshot(plain, "aura.reviews", 1, 2).newest_ms() == {}
        with pytest.raises(StoreMismatch, match="created with 2 shards, the settings say 1"):
            look(plain, "aura.reviews", 1)


def test_a_redis_without_a_store_is_empty_and_stays_so(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as plain:
        assert look(plain, "aura.reviews", 2).empty
        assert plain.dbsize() == 0
