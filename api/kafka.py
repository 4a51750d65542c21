"""Whether Kafka answers."""

import asyncio
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from api.cache import SharedReads

PROBE_SECONDS: Final = 2.0
"""How long Kafka may take to say what it has; it answers in milliseconds."""

SHARED_SECONDS: Final = 1.0
"""No key is asked for readiness: however often somebody asks, Kafka is asked once a second, on one thread."""


class KafkaProbe:
    """Asks for the cluster's metadata, over a connection of its own that is opened when first asked."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._client: AdminClient | None = None
        self._answers = SharedReads[None, str | None](SHARED_SECONDS, 1)

    async def fault(self) -> str | None:
        """Why Kafka does not answer, or None when it does; at most a second old."""
        return await self._answers.get(None, lambda: asyncio.to_thread(self._ask))

    def _ask(self) -> str | None:
        if self._client is None:
            self._client = AdminClient({"bootstrap.servers": self._bootstrap_servers, "log_level": 0})
        try:
            self._client.list_topics(timeout=PROBE_SECONDS)
        except KafkaException as error:
            return str(error.args[0].str())
        return None
