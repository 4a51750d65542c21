"""Serving the application: uvicorn, which ends live streams before it waits for connections to close."""

import socket
from collections.abc import Callable
from typing import Final, cast

import uvicorn
from fastapi import FastAPI

from api.http.waiting import ImpatientProtocol
from api.services import Services

GRACE_SECONDS: Final = 5
"""How long requests under way may take once the server stops; with what closing takes, it is below 10 s in all."""

BACKLOG: Final = 2_048
"""Connections that wait to be accepted: 500 viewers come back at once after a restart."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, for :meth:`Server.run` and :meth:`Server.serve`; port 0 takes a free one.

    Raises:
        OSError: the address is taken, or not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


class Server(uvicorn.Server):
    """A uvicorn server of an Aura application.

    Args:
        app: the application.
        started: called once it serves.
    """

    def __init__(self, app: FastAPI, started: Callable[[], None] = lambda: None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=ImpatientProtocol,
                access_log=False,  # api.http.observe logs requests, without query strings
                log_config=None,  # whoever runs the server configures logging
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._app = app
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams, which would not end by themselves; then all else."""
        await cast(Services, self._app.state.services).hub.close()
        await super().shutdown(sockets)
