"""The ``aura`` command as its users run it: child processes with settings from the environment."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.services import free_port

READY_SECONDS = 120.0
"""A worker or API imports TensorFlow and loads its model; two busy cores take their time."""

MODEL = "reference"

T = TypeVar("T")


def eventually(check: Callable[[], T | None], seconds: float, what: str) -> T:
    """Call ``check`` until it gives something true."""
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}; last answer {answer!r}")
        time.sleep(0.05)


@dataclass
class Deployment:
    """Settings shared by the programs of one test."""

    folder: Path
    kafka: str
    redis: str
    topic: str
    changes: dict[str, str] = field(default_factory=dict)
    api_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.tenants = self.folder / "tenants.toml"
        self.tenants.write_text(
            "".join(
                f'[[tenants]]\nid = "{tenant}"\nname = "{tenant.title()}"\nmodel = "{MODEL}"\n\n'
                for tenant in ("shop", "bank")
            )
        )

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "AURA_KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "AURA_REDIS_URL": self.redis,
            "AURA_TOPIC": self.topic,
            "AURA_CONSUMER_GROUP": self.topic,
            "AURA_TENANTS_FILE": str(self.tenants),
            "AURA_API_PORT": str(self.api_port),
            "AURA_WORKER_METRICS_PORT": "0",
            "AURA_LOG_FORMAT": "json",
            **self.changes,
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    def run(self, *arguments: str, expect: int | None = 0, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run ``aura ARGUMENTS`` to its end; None expects any exit code."""
        ended = subprocess.run(
            [sys.executable, "-m", "infra", *arguments],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=seconds, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert expect in (None, ended.returncode), (
            f"aura {' '.join(arguments)}: {ended.returncode}\n{ended.stderr[-3000:]}"
        )
        return ended

    def key(self, tenant: str, role: str = "write") -> str:
        """A new API key."""
        answer = json.loads(self.run("keys", "create", "--tenant", tenant, "--role", role, "--json").stdout)
        key: str = answer["key"]
        return key

    def start(
        self, *arguments: str, changes: Mapping[str, str] | None = None, command: Sequence[str] = ()
    ) -> "Program":
        """Start ``aura ARGUMENTS``, or ``command`` in its place, with ``changes`` to the settings."""
        log = self.folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command or [sys.executable, "-m", "infra", *arguments],
                env=self.environment | dict(changes or {}), cwd=self.folder,
                stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        return Program(process, log)

    @contextmanager
    def running(self, *arguments: str) -> Iterator["Program"]:
        """``aura ARGUMENTS`` while the context lasts."""
        program = self.start(*arguments)
        try:
            yield program
        finally:
            program.stop()

    @contextmanager
    def api(self) -> Iterator["Program"]:
        """The API, once it answers."""
        with self.running("api") as program:

            def answers() -> bool:
                assert program.process.poll() is None, program.said()
                try:
                    return httpx.get(f"{self.address}/healthz", timeout=5).status_code == 200
                except httpx.TransportError:
                    return False

            eventually(answers, READY_SECONDS, "the API answers")
            yield program

    def get(self, path: str, key: str, **params: Any) -> Any:
        """GET a path of the API; the answer must be a success."""
        answer = httpx.get(self.address + path, params=params, headers={"X-API-Key": key}, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class Program:
    """A running ``aura`` command."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self, seconds: float = 15.0) -> float:
        """SIGTERM; returns the seconds that the end took."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        return time.monotonic() - started

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()
