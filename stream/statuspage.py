"""The HTTP port of a worker, and of the process that evaluates alerts: ``/metrics``, ``/healthz`` and ``/readyz``, from
threads that a stuck event loop does not hold up."""

import json
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_SECONDS: Final = 10.0
"""Longest wait for what a client sends: one that says nothing would keep a thread for ever."""

POLL_SECONDS: Final = 0.1
"""How long the end of the server may take, while a worker stops."""

_BAD: Final = HTTPStatus.SERVICE_UNAVAILABLE


class Vitals(Protocol):
    """What is asked, from any thread."""

    def dead(self) -> str | None:
        """Why the process should be started afresh; None while it lives."""

    def unready(self) -> list[str]:
        """Why it does not do its work just now."""


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """A scrape every few seconds is no news."""


@contextmanager
def served(health: Vitals, host: str, port: int, registry: CollectorRegistry = REGISTRY) -> Iterator[int]:
    """Answer while the context lasts; yields the port, which the system chooses for 0.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]

    class Server(ThreadingMixIn, WSGIServer):
        address_family = family
        daemon_threads = True

    with make_server(str(address[0]), port, application(health, registry), Server, _Handler) as server:
        threading.Thread(target=server.serve_forever, args=[POLL_SECONDS], name="aura-status", daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def application(health: Vitals, registry: CollectorRegistry = REGISTRY) -> "WSGIApplication":
    """The WSGI application: a probe's status is 200 or 503, its body a JSON object with the reasons as sentences."""
    metrics: WSGIApplication = make_wsgi_app(registry)

    def answer(environ: "WSGIEnvironment", respond: "StartResponse") -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/metrics":
                return metrics(environ, respond)
            case "/healthz":
                dead = health.dead()
                code, told = (_BAD, _told("dead", [dead])) if dead else (HTTPStatus.OK, _told("alive"))
            case "/readyz":
                reasons = health.unready()
                code, told = (_BAD, _told("not ready", reasons)) if reasons else (HTTPStatus.OK, _told("ready"))
            case _:
                code = HTTPStatus.NOT_FOUND
                told = _told("not found", ["expected /metrics, /healthz or /readyz"])
        length = str(len(told))
        respond(
            f"{code.value} {code.phrase}",
            [("Content-Type", "application/json"), ("Content-Length", length), ("Cache-Control", "no-store")],
        )
        return [told]

    return answer


def _told(status: str, reasons: Sequence[str] = ()) -> bytes:
    return json.dumps({"status": status} | ({"reasons": reasons} if reasons else {})).encode()
