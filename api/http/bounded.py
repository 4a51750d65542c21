"""Responses that are sent bit by bit, and let go of a client that takes none of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final

from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

SEND_SECONDS: Final = 30.0
"""A client that takes nothing for this long is gone or stuck; what it was sent must not be held for ever."""


class BrokenOff(Exception):
    """Raised by content that must not be sent to its end: the connection is broken, so that nobody takes it for all."""


class BoundedResponse(StreamingResponse):
    """Sends what ``content`` yields; closes it, and calls ``at_end``, at the end however that comes."""

    def __init__(
        self,
        content: AsyncGenerator[bytes, None],
        media_type: str,
        headers: Mapping[str, str],
        at_end: Callable[[], None],
    ) -> None:
        # X-Accel-Buffering: else nginx holds everything back until its buffer is full.
        always = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(content, media_type=media_type, headers={**always, **headers})
        self._content = content
        self._at_end = at_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def bounded(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, bounded)
        except* (TimeoutError, BrokenOff):
            pass  # let go: the server closes the connection
        finally:
            try:
                await self._content.aclose()
            finally:
                self._at_end()
