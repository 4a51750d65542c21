"""TCP ports of the loopback address."""

import random
import socket
from typing import Final

SERVERS: Final = range(20_000, 32_768)
"""Below where Linux takes the ports of outgoing connections: one of those may be gone before its server starts."""

TRIES: Final = 1000


def free_port() -> int:
    """A port that nobody listens on just now.

    Raises:
        OSError: none was found.
    """
    for port in random.SystemRandom().sample(SERVERS, TRIES):
        if is_free(port):
            return port
    raise OSError(f"no free port among {TRIES} of {SERVERS.start}-{SERVERS.stop - 1}")


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port``."""
    with socket.socket() as probe:
        # As servers do: a connection of one that ended a moment ago is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
