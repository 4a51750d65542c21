"""All parts of Aura for one demo: broker and Redis embedded, workers, API and alerts as child processes."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

import httpx

from infra import tether
from infra.demo.tenants import TENANTS, write_tenants
from infra.embedded import EMBEDDED_PARTITIONS, EmbeddedBroker, EmbeddedRedis
from infra.errors import CommandError
from infra.interrupt import Interrupt
from infra.ports import is_free
from infra.settings import Settings
from stream.store.reader import Store
from stream.store.state import StoreUnavailable, WorkerStatus
from stream.tenants import Kind

READY_SECONDS: Final = 180.0
"""A worker imports TensorFlow and joins its group in some 10 s on two idle cores, in a minute on busy ones."""

STOP_SECONDS: Final = 8.0
"""Worker and API end within 6 s of SIGTERM; then they are killed, so that a demo never hangs at its end."""

ABANDON_SECONDS: Final = 1.0
"""The same before the demo was ready: a worker that still loads its classifier has nothing to finish."""

POLL_SECONDS: Final = 0.25
"""Between two looks at a demo that starts; looking more often takes time from starting."""


class DemoInterrupted(CommandError):
    """The user wants to stop while the parts start."""

    exit_code: ClassVar[int] = 130

    def __init__(self) -> None:
        super().__init__("interrupted")


@dataclass(frozen=True, slots=True)
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


class DemoStack:
    """The parts, started in order and waited for. A context manager; enter it on the main thread.

    Args:
        port: port of the API.
        workers: worker processes.
        stop: ends the wait for the parts when set.
        tenants: id to name and kind.
        alerts: whether alert rules are evaluated.

    Attributes:
        settings: what the parts were told.
        keys: tenant to API key.
    """

    settings: Settings
    keys: dict[str, str]

    def __init__(
        self,
        port: int,
        workers: int,
        stop: Interrupt,
        tenants: Mapping[str, tuple[str, Kind]] = TENANTS,
        *,
        alerts: bool = True,
    ) -> None:
        self._port = port
        self._tenants = tenants
        self._workers = workers
        self._stop = stop
        self._alerts = alerts
        self._exit = ExitStack()
        self._children: list[_Child] = []
        self._patience = ABANDON_SECONDS

    @property
    def url(self) -> str:
        """Address of the page and the API."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def page(self) -> str:
        """Address of the page with the keys in its fragment, which browsers never send."""
        return f"{self.url}/#keys={','.join(f'{tenant}:{key}' for tenant, key in self.keys.items())}"

    def __enter__(self) -> Self:
        if not is_free(self._port):
            raise CommandError(f"port {self._port} of 127.0.0.1 is taken by another program; choose one with --port")
        with self._exit:
            folder = Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="aura-demo-")))
            broker = self._exit.enter_context(EmbeddedBroker())
            redis = self._exit.enter_context(EmbeddedRedis())
            self._exit.callback(self._stop_children)
            self.keys = write_tenants(folder / "tenants.toml", self._tenants)
            self.settings = Settings(
                kafka_bootstrap_servers=broker.bootstrap_servers,
                topic="aura.reviews",
                partitions=EMBEDDED_PARTITIONS,
                replication=1,
                consumer_group="aura-demo",
                redis_url=redis.url,
                store_shards=1,
                tenants_file=folder / "tenants.toml",
                data_dir=folder,
                api_host="127.0.0.1",
                api_port=self._port,
                worker_metrics_port=0,
                alerts_metrics_port=0,
                allow_remote=False,
                log_format="console",
                log_level="warning",
            )
            for number in range(self._workers):
                self._start(f"worker-{number}", folder, "worker")
            self._start("api", folder, "api")
            self._await_ready()
            if self._alerts:  # only now: it must not take time from what is waited for
                self._start("alerts", folder, "alerts", "run")
            self._patience = STOP_SECONDS
            self._exit = self._exit.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exit.close()

    def check(self) -> None:
        """Return when every child still runs.

        Raises:
            CommandError: one has ended; says why, as its log does.
        """
        for child in self._children:
            if child.process.poll() is not None:
                raise CommandError(f"{child.name} ended (exit code {child.process.returncode}): {_reason(child.log)}")

    def workers(self) -> list[WorkerStatus]:
        """The workers' heart-beats, none when they cannot be read."""
        return asyncio.run(_heartbeats(self.settings.redis_url))

    def _start(self, name: str, folder: Path, *command: str) -> None:
        log = folder / f"{name}.log"
        # The settings stand whole in the child's environment: an aura.toml in the current folder has no say.
        # Temporary files go where the demo's end takes them: TensorFlow leaves some behind.
        environment = os.environ | self.settings.environment() | {"TF_CPP_MIN_LOG_LEVEL": "2", "TMPDIR": str(folder)}
        with log.open("wb") as output:
            process = tether.spawn([sys.executable, "-m", "infra", *command], env=environment, output=output)
        self._children.append(_Child(name, process, log))

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        answer = "no answer"
        while time.monotonic() < deadline:
            self.check()
            with suppress(httpx.HTTPError):
                response = httpx.get(f"{self.url}/readyz", timeout=5)
                answer = response.text
                if response.status_code == 200 and self._all_assigned():
                    return
            if self._stop.wait(POLL_SECONDS):
                raise DemoInterrupted
        raise CommandError(f"the demo was not ready within {READY_SECONDS:.0f} s: {answer}")

    def _all_assigned(self) -> bool:
        """Every partition has a worker: from now on each review is taken as it comes."""
        assigned = {
            (partition.topic, partition.partition) for worker in self.workers() for partition in worker.partitions
        }
        return len(assigned) == EMBEDDED_PARTITIONS

    def _stop_children(self) -> None:
        for child in self._children:  # all are told before one is waited for
            with suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self._patience
        for child in self._children:
            tether.stop(child.process, max(0.1, deadline - time.monotonic()))


async def _heartbeats(redis_url: str) -> list[WorkerStatus]:
    store = Store.connect(redis_url)
    try:
        return await store.workers()
    except StoreUnavailable:
        return []
    finally:
        await store.close()


def _reason(log: Path) -> str:
    """The sentence that a child ended with, or the last thing it wrote."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    sentences = [line.removeprefix("aura: ") for line in lines if line.startswith("aura: ")]
    return (sentences or lines or ["it wrote nothing"])[-1]
