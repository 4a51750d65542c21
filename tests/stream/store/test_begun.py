"""First fences, of a real Redis."""

from stream.store import begun, keys
from stream.store.begun import Begun
from stream.store.connection import Client

TOPIC, OTHER = "aura.reviews", "aura.other"


async def test_first_fences_are_written_in_every_shard_where_there_is_none(client: Client) -> None:
    assert await begun.read(client, 2, TOPIC) == Begun([{}, {}], told=False)
    await client.hset(keys.fence_key(1), keys.fence_field(TOPIC, 1), "70")
    await client.hset(keys.fence_key(0), keys.fence_field(OTHER, 0), "5")
    found = await begun.read(client, 2, TOPIC)
    assert (found, found.partitions) == (Begun([{}, {1: 70}], told=False), {1})
    assert [found.lacks(partition) for partition in (0, 1)] == [True, True]
    await begun.write(client, 2, TOPIC, {0: -1, 1: 41})
    found = await begun.read(client, 2, TOPIC)
    assert found == Begun([{0: -1, 1: 41}, {0: -1, 1: 70}], told=True)
    assert [found.lacks(partition) for partition in (0, 1, 2)] == [False, False, True]
    assert await begun.read(client, 2, OTHER) == Begun([{0: 5}, {}], told=False)


async def test_who_comes_later_moves_nothing(client: Client) -> None:
    await begun.write(client, 1, TOPIC, {0: -1})
    told = await client.hget(keys.BEGUN_KEY, TOPIC)
    await begun.write(client, 1, TOPIC, {0: 12, 1: -1})
    assert await begun.read(client, 1, TOPIC) == Begun([{0: -1, 1: -1}], told=True)
    assert await client.hget(keys.BEGUN_KEY, TOPIC) == told
