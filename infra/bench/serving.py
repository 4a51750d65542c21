"""``aura api`` for a benchmark: a process of its own, on a free port of loopback."""

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from api.access import keys
from infra import tether
from infra.bench.texts import TENANT
from infra.errors import CommandError
from infra.ports import free_port
from infra.settings import DefaultSettings
from stream.tenants_write import add_key

START_SECONDS: Final = 60.0

_TENANTS: Final = f"""[[tenants]]
id = "{TENANT}"
name = "Bench"
requests_per_second = 0
live_streams = 10000
"""
"""Without a limit: what is measured is what the process can do."""


class BenchApi:
    """An API of one tenant, over a Redis and without a Kafka. A context manager.

    It runs as in production but for its log, which tells of warnings alone, as ``AURA_LOG_LEVEL`` would have it.

    Args:
        folder: for its log and its tenants file, ``tenants.toml``.
        redis_url: of the store.
        tenants: the tenants file, but for the key; without limits by default.

    Attributes:
        host: where it listens.
        port: where it listens.
        headers: open the tenant.
    """

    host: Final = "127.0.0.1"

    def __init__(self, folder: Path, redis_url: str, tenants: str = _TENANTS) -> None:
        self._log = folder / "api.log"
        self._settings = DefaultSettings(
            # Nobody listens there: nothing is published.
            kafka_bootstrap_servers=f"{self.host}:1",
            redis_url=redis_url,
            tenants_file=folder / "tenants.toml",
            api_port=free_port(),
            log_level="warning",
        )
        self.port = self._settings.api_port
        self._settings.tenants_file.write_text(tenants)
        key, stored = keys.create("write", "bench")
        add_key(self._settings.tenants_file, TENANT, stored)
        self.headers = {"X-API-Key": key}

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", "infra", "api"]
            self._process = tether.spawn(command, env=os.environ | self._settings.environment(), output=log)
        try:
            self._await_answer()
        except BaseException:
            tether.stop(self._process, 10.0)
            raise
        return self

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass  # it starts
            if time.monotonic() > deadline or self._process.poll() is not None:
                said = self._log.read_text(errors="replace")[-2_000:]
                raise CommandError(f"the API does not answer: {said}")
            time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tether.stop(self._process, 15.0)
