"""How long the server waits for a client: uvicorn itself waits for ever, for headers and for answers to be taken."""

import asyncio
import socket
import struct
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEADER_SECONDS: Final = 20.0
"""From a connection, or the first byte of a further request, to the end of that request's headers. A slow phone needs
a few seconds. Without it, connections that say nothing, or a byte a minute, stay until no file descriptor is left."""

TAKE_SECONDS: Final = 30.0
"""How often it is looked at what a client has taken of its answer. Who sends requests and never reads would otherwise
keep a connection and what it was answered for ever; closing it alone does not help, for that waits for the rest."""

TAKE_BYTES: Final = 4_096
"""What a client must have taken between two looks: less than the slowest connection does in a second."""

UNSENT_BYTES: Final = 128 * 1024
"""Most that the kernel holds of what it has not yet sent. By itself it holds megabytes a connection, which costs
memory, and shows nothing of a slow client for a minute."""

_RESET: Final = struct.pack("ii", 1, 0)
"""``struct linger``: on, for no second."""


class ImpatientProtocol(H11Protocol):
    """Closes connections whose request does not begin, or whose headers do not end, in time; and breaks off those whose
    client does not take what it is sent.

    A request's body has :attr:`~api.config.ApiConfig.body_timeout_seconds`, and a connection without a request after an
    answer uvicorn's five seconds. What else comes after an answer, such as a body that nobody reads, is waited for no
    longer than for headers.
    """

    _deadline: asyncio.TimerHandle | None = None
    _next_look: asyncio.TimerHandle | None = None
    _untaken: tuple[RequestResponseCycle | None, int] | None = None
    """At the last look: what was being answered, and how much of it waited for the client; None if it kept up."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """asyncio."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
            # asyncio sets it only where the listening socket names its protocol, which ours does not. Without it the
            # body of an answer waits until the client acknowledges the headers: 40 ms on Linux.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch()
        self._next_look = self.loop.call_later(TAKE_SECONDS, self._look)

    def data_received(self, data: bytes) -> None:
        """asyncio."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio."""
        super().connection_lost(exc)
        self._unwatch()
        if self._next_look is not None:
            self._next_look.cancel()

    def resume_writing(self) -> None:
        """asyncio."""
        super().resume_writing()
        self._untaken = None  # it took nearly all

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

    def _look(self) -> None:
        """Break the connection off if nothing was written since the last look, and hardly anything taken."""
        before, self._untaken = self._untaken, None
        left = self.transport.get_write_buffer_size()
        if left and (self.flow.write_paused or self.transport.is_closing() or self._awaits_client()):
            if before is not None and before[0] is self.cycle and left > before[1] - TAKE_BYTES:
                self._break_off()
                return
            self._untaken = self.cycle, left
        self._next_look = self.loop.call_later(TAKE_SECONDS, self._look)

    def _break_off(self) -> None:
        """End the connection with a reset: else the kernel would go on offering the client what it holds."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()
