"""The worker's own HTTP port: ``/metrics``, ``/healthz`` and ``/readyz``, from threads that a stuck event loop does not
hold up."""

import json
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from stream.health import Health

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_SECONDS: Final = 10.0
"""Longest wait for what a client sends: one that says nothing would keep a thread for ever."""

POLL_SECONDS: Final = 0.1
"""How long the end of the server may take, while a worker stops."""

_BAD: Final = HTTPStatus.SERVICE_UNAVAILABLE


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """A scrape every few seconds is no news."""


@contextmanager
def served(health: Health, host: str, port: int) -> Iterator[int]:
    """Answer while the context lasts; yields the port, which the system chooses for 0.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]

    class Server(ThreadingMixIn, WSGIServer):
        address_family = family
        daemon_threads = True

    with make_server(str(address[0]), port, application(health), Server, _Handler) as server:
        threading.Thread(target=server.serve_forever, args=[POLL_SECONDS], name="aura-status", daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def application(health: Health) -> "WSGIApplication":
    """The WSGI application: a probe's status is 200 or 503, its body a JSON object with the reasons as sentences."""
    metrics: WSGIApplication = make_wsgi_app()

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
