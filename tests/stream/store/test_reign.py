"""Who may write a partition, in a real Redis."""

import pytest

from stream.fold import Keep, fold
from stream.measures import DAY_MS
from stream.record import TopicPartition
from stream.store import keys
from stream.store.connection import Client, open_store
from stream.store.reign import Deposed
from stream.store.writer import StoreWriter
from tests.stream.samples import NOON_MS, TP, scored

KEEP = Keep(5, DAY_MS)


async def put(writer: StoreWriter, token: str, fence: int, last: int, shards: tuple[int, ...] = (0, 1)) -> list[str]:
    packed = writer.pack(fold([scored()], lambda _: KEEP, NOON_MS), {"shop": KEEP}, NOON_MS)
    runs = dict.fromkeys(shards, (fence, last, packed))
    answers = await writer.apply(TP.topic, TP.partition, runs, NOON_MS, token)
    return [answers[shard].outcome for shard in shards]


async def test_only_who_took_the_partition_last_writes_it(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 2))
    first = await writer.claim(TP)
    assert await put(writer, first, -1, 9) == ["applied", "applied"]
    assert await put(writer, first, 9, 14, (1,)) == ["applied"]
    second = await writer.claim(TP)
    assert await put(writer, first, 9, 19, (0,)) == ["deposed"]
    assert await put(writer, first, -1, 9) == ["deposed", "deposed"]
    with pytest.raises(Deposed, match=str(TP)):
        await writer.look(TP, first)
    assert await writer.look(TP, second) == [9, 14]
    assert await put(writer, second, 9, 19, (0,)) == ["applied"]
    assert await put(writer, second, 9, 19, (1,)) == ["overlap"]


async def test_a_partition_is_taken_by_itself(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 2))
    token = await writer.claim(TP)
    await writer.claim(TopicPartition(TP.topic, 1))
    assert await put(writer, token, -1, 9) == ["applied", "applied"]


async def test_one_shard_that_is_another_s_is_enough_to_be_deposed(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 2))
    token = await writer.claim(TP)
    await client.hset(keys.reign_key(1), keys.fence_field(*TP), "another")
    with pytest.raises(Deposed):
        await writer.look(TP, token)


async def test_an_emptied_store_lets_nobody_in_until_the_partition_is_taken_anew(client: Client) -> None:
    writer = StoreWriter(client, await open_store(client, 2))
    sleeper = await writer.claim(TP)
    token = await writer.claim(TP)
    assert await put(writer, token, -1, 9) == ["applied", "applied"]
    await client.flushall()
    assert await put(writer, sleeper, -1, 9) == ["deposed", "deposed"]
    assert await put(writer, token, 9, 19) == ["behind", "behind"], "what is lost is told as lost"
    assert await put(writer, token, -1, 9) == ["deposed", "deposed"]
    assert await put(writer, await writer.claim(TP), -1, 9) == ["applied", "applied"]
    assert await put(writer, sleeper, -1, 9) == ["deposed", "deposed"]
