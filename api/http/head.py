"""HEAD: what a GET would answer, without the body (RFC 9110, 9.3.2). Load balancers and monitors ask so."""

import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SENT_BIT_BY_BIT: Final = re.compile(r"/v1/tenants/[^/]*/(live|export/.*)")
"""Live streams and files: nobody would take what a GET has them make. HEAD is a 405 there."""


class Head:
    """Answers HEAD as GET is answered, tags and 304 included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or _SENT_BIT_BY_BIT.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        # A copy: the server keeps its own, and knows by that method that no body follows.
        await self._app({**scope, "method": "GET"}, receive, bare)
