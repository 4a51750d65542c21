"""What the log dropped, remembered in a real Redis."""

from stream.record import Stretch, TopicPartition
from stream.store import lost
from stream.store.connection import connect, open_store
from stream.store.lost import Lost
from stream.store.reader import Store
from stream.store.writer import StoreWriter
from tests.stream.samples import TP


async def test_what_the_log_dropped_is_remembered_once_with_when_that_was_found(redis_url: str) -> None:
    client = connect(redis_url)
    writer, store = StoreWriter(client, await open_store(client, 1)), Store(client)
    assert await store.lost() == []
    odd = TopicPartition("eu.reviews-2", 11)
    await writer.remember_lost(TP, [Stretch(0, 9), Stretch(40, 40)], 1_000)
    await writer.remember_lost(odd, [Stretch(5, 6)], 2_000)
    await writer.remember_lost(TP, [Stretch(0, 9)], 3_000)
    found = await store.lost()
    await store.close()
    assert found == [Lost(TP, Stretch(0, 9), 1_000), Lost(TP, Stretch(40, 40), 1_000), Lost(odd, Stretch(5, 6), 2_000)]
    assert [one.records for one in found] == [10, 1, 2]


async def test_only_the_newest_thousand_are_kept(redis_url: str) -> None:
    client = connect(redis_url)
    writer, store = StoreWriter(client, await open_store(client, 1)), Store(client)
    for number in range(0, lost.KEPT + 20, 10):
        await writer.remember_lost(TP, [Stretch(offset, offset) for offset in range(number, number + 10)], number)
    found = await store.lost()
    await store.close()
    assert (len(found), found[0].stretch.first) == (lost.KEPT, 20)
