"""A server between client and API that ends connections where a test says."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Cuts:
    """After how many bytes of the answer each connection is ended, the next one first; later ones are left alone.

    None: the answer is waited for, and none of it handed on.
    """

    after: list[int | None] = field(default_factory=list)
    made: int = 0


@contextmanager
def cutting(url: str, cuts: Cuts) -> Iterator[str]:
    """A way to the API at ``url`` on which ``cuts`` are made; yields its own URL."""
    target = urlsplit(url)
    threads: list[threading.Thread] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            cut = cuts.after.pop(0) if cuts.after else 1 << 60
            server = socket.create_connection((target.hostname, target.port))
            for one in (
                threading.Thread(target=_copy, args=(client, server), daemon=True),
                threading.Thread(target=answer, args=(server, client, cut), daemon=True),
            ):
                one.start()
                threads.append(one)

    def answer(server: socket.socket, client: socket.socket, cut: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while chunk := server.recv(65_536):
                if cut is None or passed + len(chunk) > cut:
                    client.sendall(chunk[: max(0, (cut or 0) - passed)])
                    cuts.made += 1
                    break
                client.sendall(chunk)
                passed += len(chunk)
        _end(server, client)

    listening = socket.create_server(("127.0.0.1", 0))
    accepting = threading.Thread(target=serve, daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            target.sendall(chunk)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
