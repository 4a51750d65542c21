"""Who rules a partition: the worker whose token stands beside its fences.

Kafka gives the partitions of a worker away that it takes for dead. One that had only slept goes on with what it has in
hand, and may judge a record otherwise than its successor: it knows another tenants file, or its classifier fails where
the other's does not. Fences alone let through whoever comes first, and know nothing of dead letters. Therefore:

1. Whoever takes a partition begins by writing a token into every shard, which then takes increments from nobody else.
2. It shuts the others out of the partition's dead letters, and reads which stand there (:mod:`stream.burial`).
3. Before it writes dead letters it looks whether its token still stands in every shard, and how far the fences are.

A letter that it did not see in 2 is of somebody who has shut it out since, and saw another token after that. By then it
could count no more, and what it had counted was below the fences that the other one saw. So no record is both.

The order matters. Were the token written last, two could take a partition so that one has the letters and the other the
shards. A Redis that was emptied has no token, and takes increments from nobody until somebody writes one.
"""

import secrets

from stream.record import TopicPartition
from stream.store import keys
from stream.store.connection import Client, unavailable

_NO_FENCE = b"-1"


class Deposed(Exception):
    """Another worker has taken the partition over, or Redis has lost who did. Who still has it must take it anew."""

    def __init__(self, tp: TopicPartition) -> None:
        super().__init__(f"another worker has taken {tp} over, or Redis has forgotten that we did")
        self.tp = tp


async def claim(client: Client, shards: int, tp: TopicPartition) -> str:
    """Take a partition; the token by which it is known.

    Raises:
        StoreUnavailable: Redis did not answer; others may be shut out all the same.
    """
    token = secrets.token_hex(8)  # a new one for each try: should Redis take the one before late, it counts for nothing
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        for shard in range(shards):
            pipe.hset(keys.reign_key(shard), keys.fence_field(*tp), token)
        await pipe.execute()
    return token


async def look(client: Client, shards: int, tp: TopicPartition, token: str) -> list[int]:
    """Each shard's fence of a partition that is still ours, which is not checked without a token.

    Raises:
        Deposed: it is not.
        StoreUnavailable: Redis did not answer.
    """
    field = keys.fence_field(*tp)
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        for shard in range(shards):
            pipe.hget(keys.reign_key(shard), field)
            pipe.hget(keys.fence_key(shard), field)  # after the token: nobody else has moved it since
        answers = await pipe.execute()
    if token and any(stored != token.encode() for stored in answers[::2]):
        raise Deposed(tp)
    return [int(fence or _NO_FENCE) for fence in answers[1::2]]
