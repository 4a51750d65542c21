"""What every request and response goes through: size limit, security headers, and no stack trace for anybody."""

from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import INTERNAL, TOO_LARGE, Problem

log = structlog.get_logger(__name__)

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Refuses bodies over the limit, adds security headers, and turns unforeseen errors into a problem."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._limit = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > self._limit:
                    raise self._too_large()
            return message

        async def headed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("Cache-Control", "no-store")  # a tenant's data is not for shared caches
            await send(message)

        try:
            declared = Headers(scope=scope).get("content-length", "0")
            if not declared.isascii() or not declared.isdigit() or int(declared) > self._limit:
                raise self._too_large()
            await self._app(scope, limited, headed)
        except Problem as problem:
            await problem.response(scope["path"])(scope, limited, headed)
        except Exception:
            log.exception("request failed", method=scope["method"], path=scope["path"])
            if started:
                raise  # the status is out; breaking the connection is the only way left to say that it failed
            failed = Problem(INTERNAL, "The request failed; the server's log has the reason.")
            await failed.response(scope["path"])(scope, limited, headed)

    def _too_large(self) -> Problem:
        return Problem(
            TOO_LARGE,
            f"At most {self._limit:,} bytes are taken at once; send fewer reviews a request.",
            headers={"Connection": "close"},
            allowed=self._limit,
        )
