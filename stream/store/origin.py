"""Which topic the store's fences are of: Kafka's id of it, for a topic that is made anew keeps its name."""

from stream.store.connection import Client, unavailable
from stream.store.keys import TOPICS_KEY


async def keep(client: Client, topic: str, found: str) -> str:
    """The id kept for ``topic``; that is ``found`` where there was none, as in an empty store.

    Raises:
        StoreUnavailable: Redis did not answer.
    """
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        pipe.hsetnx(TOPICS_KEY, topic, found)
        pipe.hget(TOPICS_KEY, topic)
        kept: bytes = (await pipe.execute())[-1]
    return kept.decode()
