"""Requests come when they are due, however slow the answers."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from infra.bench.load import Load, run
from tests.services import free_port

STALL_SECONDS = 1.0


class Stalls(socketserver.StreamRequestHandler):
    """Answers at once, but to one request, which nothing overtakes."""

    server: "Server"

    def handle(self) -> None:
        while self.rfile.readline():
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            with self.server.turn:
                self.server.asked += 1
                if self.server.asked == 50:
                    time.sleep(STALL_SECONDS)
            status = b"404 Not Found" if self.server.asked == 60 else b"200 OK"
            self.wfile.write(b"HTTP/1.1 " + status + b"\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Stalls)
        self.turn = threading.Lock()
        self.asked = 0


@contextmanager
def serving() -> Iterator[int]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def load(port: int, seconds: float, warm_up: float = 0.0) -> Load:
    return Load("127.0.0.1", port, ["/a", "/b"], {"X-API-Key": "k"}, 100.0, seconds, warm_up)


def test_a_stall_is_in_the_latency_of_every_request_that_was_due_in_it() -> None:
    with serving() as port:
        found = run(load(port, 2.0))
    assert sum(found.outcomes.values()) == len(found.latencies) == 200
    assert found.outcomes["404"] >= 1
    # Due in the stall: 100. A client that waits for its answers would have seen one.
    assert sum(latency > STALL_SECONDS / 10 for latency in found.latencies) >= 80
    assert max(found.latencies) >= STALL_SECONDS
    assert found.connections >= 50
    assert found.bytes_received > 0


def test_of_the_warm_up_nothing_is_told() -> None:
    with serving() as port:
        found = run(load(port, 0.5, warm_up=2.0))
    assert len(found.latencies) == len(found.late) == 50


def test_a_server_that_is_not_there_is_an_error_each_time() -> None:
    found = run(load(free_port(), 0.5))
    assert (found.outcomes, found.latencies) == ({"not connected": 50}, [])
