"""The HTTP response of a live stream."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

SEND_SECONDS: Final = 30.0
"""A client that takes nothing for this long is gone or stuck; its frames must not be held for ever."""


class LiveResponse(StreamingResponse):
    """Sends frames that are encoded already, and lets go of a client that takes none."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        # X-Accel-Buffering: else nginx holds events back until its buffer is full.
        super().__init__(frames, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def bounded(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, bounded)
        except* TimeoutError:
            pass  # let go: the server closes the connection
        finally:
            await self._frames.aclose()
