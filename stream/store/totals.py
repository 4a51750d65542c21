"""Plain reads for programs without an event loop: publishers that hold back, benchmarks, the demo."""

from typing import cast

from redis import Redis

from stream.measures import Measures
from stream.store import keys


def fences_of(client: Redis, topic: str) -> dict[int, int]:
    """Partition to the last offset whose effects every shard contains."""
    shards = _shards(client)
    found: list[dict[int, int]] = []
    for shard in range(shards):
        fields = cast(dict[bytes, bytes], client.hgetall(keys.fence_key(shard)))
        found.append(keys.fences(fields, topic))
    return keys.in_every_shard(found)


def reviews_of(client: Redis, tenant: str) -> int:
    """All-time number of a tenant's reviews."""
    return measures_of(client, tenant).reviews


def measures_of(client: Redis, tenant: str) -> Measures:
    """What is counted of all of a tenant's reviews."""
    total = Measures()
    for shard in range(_shards(client)):
        packed = cast(bytes | None, client.hget(keys.entity_key(shard, tenant), "t"))
        if packed:
            total.add(Measures.from_list(keys.counters(packed)))
    return total


def _shards(client: Redis) -> int:
    return int(client.hget(keys.STORE_KEY, "shards") or 1)
