"""Waiting on an event loop for what Kafka acknowledges on another thread."""

import asyncio
from contextlib import suppress
from typing import Final

RETRY_AFTER_SECONDS: Final = 5
"""What a refused client is told to wait: a broker's restart or a change of leader takes a few seconds."""


class BrokerUnavailable(Exception):
    """Kafka has not acknowledged the events; some of them may still arrive.

    Attributes:
        reason: what Kafka or its client said.
        retry_after_seconds: when it is worth trying again.
    """

    def __init__(self, reason: str, retry_after_seconds: int = RETRY_AFTER_SECONDS) -> None:
        super().__init__(f"Kafka does not take events: {reason}")
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


class Pending:
    """The events of one call that Kafka has not answered for; wakes the event loop once, not for every event."""

    def __init__(self, count: int, loop: asyncio.AbstractEventLoop) -> None:
        self.done: asyncio.Future[None] = loop.create_future()
        self._count = count
        self._loop = loop

    def settle(self, error: str | None) -> None:
        """Kafka has answered for one of them. Called on the polling thread."""
        self._count -= 1
        if error is not None or self._count == 0:
            with suppress(RuntimeError):  # the loop was closed while Kafka had not answered
                self._loop.call_soon_threadsafe(self._finish, error)

    def _finish(self, error: str | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(BrokerUnavailable(error))
