"""What is measured and logged of every request. Query strings and headers are not logged: they may hold secrets."""

import logging
import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import ApiMetrics

log = structlog.get_logger("api.access")

NO_ROUTE: Final = "(none)"
"""Route of what matched none: a scanner's paths would otherwise each become a time series."""

_ROUTINE: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: at level info they would bury what people ask."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observe:
    """Counts and logs each request once its response ends."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        status = 0
        started = begin

        async def watch(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status = message["status"]
                started = time.perf_counter()
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            if status:
                self._metrics.seconds.labels(method, route).observe(started - begin)
            client = scope.get("client")
            log.log(
                logging.DEBUG if route in _ROUTINE else logging.INFO,
                "request",
                method=method,
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - begin) * 1000, 1),
                client=client[0] if client else None,
                key=scope.get("state", {}).get("key_id"),
            )


def _route(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else NO_ROUTE
