"""The worker's port, asked over HTTP."""

import socket

import httpx
import pytest

from stream import metrics as _  # noqa: F401 - the catalogue that is shown
from stream.health import DEAD_SECONDS, Health
from stream.positions import Positions
from stream.retry import Troubles
from stream.statuspage import served
from tests.stream.clock import Clock
from tests.stream.samples import TP


def test_its_pages_follow_the_workers_health() -> None:
    positions, clock = Positions(), Clock()
    health = Health(positions, Troubles(clock), clock=clock)
    with served(health, "127.0.0.1", 0) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
        alive, waiting = http.get("/healthz"), http.get("/readyz")
        positions.assign({TP: [9]})
        ready = http.get("/readyz")
        clock.now += DEAD_SECONDS + 1
        dead, unready = http.get("/healthz"), http.get("/readyz")
        metrics, nowhere = http.get("/metrics"), http.get("/")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (waiting.status_code, waiting.json()["status"]) == (503, "not ready")
    assert "no partitions" in waiting.json()["reasons"][0]
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert (dead.status_code, dead.json()["status"]) == (503, "dead")
    assert "has not turned for 61 s" in dead.json()["reasons"][0]
    assert (unready.status_code, unready.json()["reasons"]) == (503, dead.json()["reasons"])
    assert dead.headers["content-type"] == "application/json"
    assert "aura_lag_records" in metrics.text
    assert nowhere.status_code == 404


def test_a_taken_port_is_an_error_of_the_system() -> None:
    health = Health(Positions(), Troubles())
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(OSError, match="in use"),
        served(health, "127.0.0.1", other.getsockname()[1]),
    ):
        pass
