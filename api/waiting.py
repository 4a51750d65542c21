"""How long the server waits for a client that has connected: uvicorn itself waits for ever for a request's headers."""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS: Final = 20.0
"""From a connection, or the first byte of a further request, to the end of that request's headers. A slow phone needs
a few seconds. Without it, connections that say nothing, or a byte a minute, stay until no file descriptor is left."""


class ImpatientProtocol(H11Protocol):
    """Closes connections whose request does not begin, or whose headers do not end, in time.

    A request's body has :attr:`~api.config.ApiConfig.body_timeout_seconds`, and a connection without a request after an
    answer uvicorn's five seconds. What else comes after an answer, such as a body that nobody reads, is waited for no
    longer than for headers.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """asyncio."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """asyncio."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio."""
        super().connection_lost(exc)
        self._unwatch()

    def _watch(self) -> None:
        if not self._awaits_client():
            self._unwatch()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self._close)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _awaits_client(self) -> bool:
        """Whether no request is under way: its headers start one, the end of its answer ends it."""
        return not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete)

    def _close(self) -> None:
        self._deadline = None
        if self._awaits_client():
            self.transport.close()
