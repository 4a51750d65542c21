"""``aura api`` as a service manager runs it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.api.filling import House, build_house
from tests.services import free_port

COMMAND = [sys.executable, "-c", "from infra.cli import main; main()", "api"]
DEADLINE_SECONDS = 60.0


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build_house(tmp_path)


def start(folder: Path, log: Path, **settings: object) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AURA_")}
    environment |= {f"AURA_{name.upper()}": str(value) for name, value in settings.items()}
    with log.open("wb") as output:
        return subprocess.Popen(COMMAND, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_it_serves_and_stops_within_ten_seconds_whoever_watches(tmp_path: Path, house: House, redis_url: str) -> None:
    port, log = free_port(), tmp_path / "api.log"
    process = start(tmp_path, log, redis_url=redis_url, api_port=port, kafka_bootstrap_servers="127.0.0.1:1")
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(answers)
        with socket.create_connection(("127.0.0.1", port)) as watching, httpx.Client() as http:
            key = house.keys["shop", "read"]
            watching.sendall(f"GET /v1/tenants/shop/live HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n\r\n".encode())
            assert b"200 OK" in watching.recv(4096)
            until(lambda: b"aura_api_live_clients 1.0" in http.get(f"{url}/metrics").content)
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_SECONDS)
            assert time.monotonic() - begin < 10
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    assert "Traceback" not in said
    assert key.split("_")[2] not in said


def test_without_a_tenants_file_it_does_not_start(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    process = start(tmp_path, log, tenants_file=tmp_path / "none.toml")
    assert process.wait(DEADLINE_SECONDS) == 1
    assert log.read_text() == f"aura: {tmp_path}/none.toml: cannot be read: No such file or directory\n"


def test_a_port_that_is_taken_is_said(tmp_path: Path, house: House) -> None:
    log = tmp_path / "api.log"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(tmp_path, log, tenants_file=house.path, api_port=port)
        assert process.wait(DEADLINE_SECONDS) == 1
    assert f"aura: the API cannot listen on 127.0.0.1:{port}: Address already in use" in log.read_text()
    assert "Traceback" not in log.read_text()
