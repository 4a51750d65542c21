"""Whether Kafka's topic is the one that the store's fences are of.

A topic that is deleted and created again counts its offsets from 0 on. Once its log is longer than the old one was,
nothing but Kafka's id of the topic tells: a worker would read on at the old fence, and no record before it would ever
be counted. So the id is kept in the store, and nothing is read of a topic that has another one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from stream.retry import REMEDIES, Troubles
from stream.store import origin
from stream.store.connection import Client
from stream.store.keys import TOPICS_KEY
from stream.store.state import StoreUnavailable
from stream.topics import is_in_process

LOOK_SECONDS: Final = 10.0
"""Between two looks while a worker runs. A topic that is made anew under it gives it no new assignment where that is
quicker than Kafka's client looks at the topics."""

ASK_SECONDS: Final = 5.0
"""Longest wait for Kafka's answer."""

MADE_ANEW: Final = "the topic was made anew under a store that is not; reading nothing of it"
UNKNOWN: Final = "Kafka does not say whether the topic is still the same; reading nothing of it until it does"
"""Troubles of a worker."""

_NO_ID: Final = "A" * 22
"""Sixteen bytes of 0 in base64: a broker from before topics had ids."""


class TopicMadeAnew(Exception):
    """Kafka has another topic of that name than the store's fences are of.

    Attributes:
        kept: the id of the store's topic.
        found: the id of Kafka's.
    """

    def __init__(self, topic: str, kept: str, found: str) -> None:
        super().__init__(f"the totals are of a topic {topic} with the id {kept}, and Kafka's has the id {found}")
        self.kept = kept
        self.found = found


class TopicUnknown(Exception):
    """Kafka did not say which topic this is."""


class TopicIdentity:
    """Compares one topic with a store.

    Args:
        bootstrap_servers: host:port, comma-separated.
        topic: its name.
        client: the store's Redis.
    """

    def __init__(self, bootstrap_servers: str, topic: str, client: Client) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
        self._topic = topic
        self._client = client
        self._in_process: bool | None = None
        self._waiting = False

    async def check(self) -> None:
        """Return when Kafka's topic is the store's, or has no id; a store that keeps none takes the present one.

        Raises:
            TopicMadeAnew: it is another one.
            TopicUnknown: Kafka did not answer.
            StoreUnavailable: Redis did not.
        """
        found = await self._present()
        if found is not None and (kept := await origin.keep(self._client, self._topic, found)) != found:
            raise TopicMadeAnew(self._topic, kept, found)

    async def agreed(self, troubles: Troubles) -> None:
        """Return as soon as :meth:`check` does; told is what it waits for.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        do = (
            f"{REMEDIES['topic']}; if its log continues the offsets of the old one, "
            f"redis-cli HDEL {TOPICS_KEY} {self._topic} lets the workers go on with it"
        )
        self._waiting = True
        try:
            with (
                troubles.retrying(MADE_ANEW, level="error", outside=True, by="topic", do=do) as anew,
                troubles.retrying(UNKNOWN, outside=True, by="kafka") as unknown,
            ):
                while True:
                    try:
                        return await self.check()
                    except TopicMadeAnew as error:
                        await anew.failed(error)
                    except TopicUnknown as error:
                        await unknown.failed(error)
        finally:
            self._waiting = False

    async def watch(self, made_anew: Callable[[], Awaitable[None]]) -> None:
        """Look again and again, and call ``made_anew`` when it is another topic, unless that is waited for already."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._waiting:
                continue
            try:
                await self.check()
            except TopicMadeAnew:
                await made_anew()
            except (TopicUnknown, StoreUnavailable):
                continue  # the heart-beat tells

    async def _present(self) -> str | None:
        """The id of Kafka's topic; None where topics have none."""
        try:
            if self._in_process is None:
                found = await asyncio.to_thread(self._admin.list_topics, timeout=ASK_SECONDS)
                self._in_process = is_in_process(found)
            if self._in_process:
                return None  # and it would not answer
            asked = self._admin.describe_topics(TopicCollection([self._topic]), request_timeout=ASK_SECONDS)
            # Shielded: confluent-kafka's thread does not expect that nobody waits any more.
            described = await asyncio.shield(asyncio.wrap_future(asked[self._topic]))
        except KafkaException as error:
            reason: KafkaError = error.args[0]
            if reason.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                return None  # a user without Describe: whoever set that up has to know
            raise TopicUnknown(f"Kafka does not describe topic {self._topic}: {reason.str()}") from error
        return None if str(described.topic_id) == _NO_ID else str(described.topic_id)
