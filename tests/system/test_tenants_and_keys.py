"""Tenants and keys come and go under a running API, by the commands that people use."""

import json
import threading
from pathlib import Path

import httpx

from api.access.keys import create
from infra.tenants_file import audit_log
from stream.tenants_write import add_key
from tests.services import free_port
from tests.system.programs import Deployment


class Client:
    """Somebody whose program asks all the time, with the key that it was given last."""

    def __init__(self, address: str, key: str) -> None:
        self.key = key
        self.answers: list[int] = []
        self._address = address
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._address, timeout=60) as http:
            while not self._stop.wait(0.01):
                self.answers.append(http.get("/v1/me", headers={"X-API-Key": self.key}).status_code)

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._thread.join()


def status(deployment: Deployment, key: str) -> int:
    return httpx.get(f"{deployment.address}/v1/me", headers={"X-API-Key": key}, timeout=60).status_code


def test_a_key_is_exchanged_without_one_refused_request(redis_url: str, tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, f"127.0.0.1:{free_port()}", redis_url, "aura.reviews")
    old, stored = create("read")
    add_key(deployment.tenants, "shop", stored)
    with deployment.api() as program:
        client = Client(deployment.address, old)
        try:
            new = deployment.key("shop", "read")
            client.key = new  # both are valid now; each may be asked with
            assert [status(deployment, key) for key in (old, new)] == [200, 200]
            deployment.run("keys", "revoke", stored.id)
            assert [status(deployment, key) for key in (old, new)] == [401, 200]
            asked = len(client.answers)
            deployment.run("tenants", "add", "cinema", "--name", "Lantern", "--kind", "cinema")
            of_cinema, further = create("admin")
            add_key(deployment.tenants, "cinema", further)
            assert status(deployment, of_cinema) == 200
        finally:
            client.stop()
        assert set(client.answers) == {200}
        assert len(client.answers) > asked > 0
        log = [json.loads(line) for line in program.log.read_text().splitlines() if '"tenants file read"' in line]
    assert [entry.get("keys_removed") for entry in log if "keys_removed" in entry] == [[f"shop/{stored.id}/read"]]
    assert [entry["tenants_added"] for entry in log if "tenants_added" in entry] == [["cinema"]]
    told = [json.loads(line)["action"] for line in audit_log(deployment.tenants).read_text().splitlines()]
    assert told == ["key created", "key revoked", "tenant added"]
