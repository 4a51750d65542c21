"""What the log dropped, remembered in a real Redis."""

import redis

from stream.record import Stretch, TopicPartition
from stream.store import lost
from stream.store.connection import connect, open_store
from stream.store.lost import Lost
from stream.store.writer import StoreWriter
from tests.stream.samples import TP


def found(redis_url: str, topic: str = TP.topic) -> list[Lost]:
    with redis.Redis.from_url(redis_url) as client:
        return lost.read(client, topic)


async def test_what_the_log_dropped_is_remembered_once_with_when_that_was_found(redis_url: str) -> None:
    client = connect(redis_url)
    writer = StoreWriter(client, await open_store(client, 1))
    assert found(redis_url) == []
    odd = TopicPartition("eu.reviews-2", 11)
    assert await writer.remember_lost(TP, [Stretch(0, 9), Stretch(40, 40)], 1_000) == [Stretch(0, 9), Stretch(40, 40)]
    assert await writer.remember_lost(odd, [Stretch(5, 6)], 2_000) == [Stretch(5, 6)]
    assert await writer.remember_lost(TP, [Stretch(0, 9)], 3_000) == []
    await client.aclose()
    assert found(redis_url) == [Lost(TP, Stretch(0, 9), 1_000), Lost(TP, Stretch(40, 40), 1_000)]
    assert [one.records for one in found(redis_url)] == [10, 1]
    assert found(redis_url, odd.topic) == [Lost(odd, Stretch(5, 6), 2_000)]


async def test_of_what_was_remembered_in_part_only_the_rest_is_new(redis_url: str) -> None:
    client = connect(redis_url)
    writer = StoreWriter(client, await open_store(client, 1))
    await writer.remember_lost(TP, [Stretch(10, 19), Stretch(30, 39)], 1_000)
    rest = [Stretch(5, 9), Stretch(20, 29), Stretch(40, 44)]
    assert await writer.remember_lost(TP, [Stretch(5, 44)], 2_000) == rest
    # Told again, because the answer was lost on its way: it is still new.
    assert await writer.remember_lost(TP, [Stretch(5, 44)], 2_000) == rest
    assert await writer.remember_lost(TP, [Stretch(5, 44)], 3_000) == []
    await client.aclose()
    assert sum(one.records for one in found(redis_url)) == 40


async def test_only_the_newest_thousand_are_kept(redis_url: str) -> None:
    client = connect(redis_url)
    writer = StoreWriter(client, await open_store(client, 1))
    for number in range(0, lost.KEPT + 20, 10):
        await writer.remember_lost(TP, [Stretch(offset, offset) for offset in range(number, number + 10)], number)
    await client.aclose()
    kept = found(redis_url)
    assert (len(kept), kept[0].stretch.first) == (lost.KEPT, 20)
