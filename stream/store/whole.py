"""The store as a whole, looked at before and after its shards are audited."""

from dataclasses import dataclass
from typing import cast

from redis import Redis

from stream.store import keys
from stream.store.connection import check_record


@dataclass(frozen=True, slots=True)
class Whole:
    """What a store says of the topics it has counted."""

    fences: list[dict[int, int]]
    """For each shard, partition to the last offset whose effects it contains."""
    others: list[str]
    """Other topics that it has fences of."""

    @property
    def empty(self) -> bool:
        """Whether it has counted nothing of the topic."""
        return all(fence < 0 for shard in self.fences for fence in shard.values())


def look(client: Redis, topic: str, shards: int) -> Whole:
    """See what a store has counted; writes nothing.

    Args:
        client: Redis, answering in bytes.
        topic: whose fences.
        shards: of how many the settings say that the store is.

    Raises:
        StoreMismatch: the store was made with another layout or number of shards.
    """
    layout, stored = cast(list[bytes | None], client.hmget(keys.STORE_KEY, ["layout", "shards"]))
    if (layout, stored) != (None, None):  # else no worker has made a store here
        check_record(layout, stored, shards)
    fences, others = list[dict[int, int]](), set[str]()
    for shard in range(shards):
        fields = cast(dict[bytes, bytes], client.hgetall(keys.fence_key(shard)))
        fences.append(keys.fences(fields, topic))
        others.update(field.decode().rpartition(":")[0] for field in fields)
    return Whole(fences, sorted(others - {topic}))
