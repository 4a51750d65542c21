"""Redis and Kafka as child processes that can be killed, frozen, emptied, set back in time, or denied disk."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from infra import tether
from infra.kafka.server import KafkaServer
from infra.ports import free_port
from stream.store.totals import fences_of

START_SECONDS = 60.0
"""A Redis that reads a long append-only file on a busy machine."""


class RedisProcess:
    """Debian's redis-server with an append-only file, flushed each second, on one port all its lives. Loopback only.

    A context manager. Start it from the thread that outlives it: it ends with that thread.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        assert self._process is not None, "redis-server does not run"
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it has read what it kept, and answers."""
        binary = shutil.which("redis-server")
        assert binary, "redis-server is not on the PATH; install it: apt-get install redis-server"
        command = [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
        with (self.folder / "console.log").open("ab") as console:
            # Through the tether it also ignores SIGXFSZ, as Python does: a file too large is an error, not its end.
            self._process = tether.spawn(command, output=console)
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url, socket_timeout=1) as client:
            while True:
                assert self._process.poll() is None, f"redis-server ended with {self._process.returncode}"
                try:
                    client.ping()
                except redis.RedisError:
                    assert time.monotonic() < deadline, "redis-server does not answer"
                    time.sleep(0.02)
                else:
                    return

    def kill(self) -> None:
        """SIGKILL. What it has written to its file is there, as the kernel has it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def cut_power(self, seconds: float = 1.0) -> int:
        """Take away what the last ``seconds`` appended, as a power cut does (everysec); returns the bytes lost.

        It is killed for it, and to be started again.
        """
        before = self._appended()
        time.sleep(seconds)
        self.kill()
        lost = 0
        for file, size in self._appended().items():
            if file in before and size > before[file]:
                os.truncate(file, before[file])
                lost += size - before[file]
        return lost

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP, and SIGCONT at the end: it takes connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def flush(self) -> None:
        """FLUSHALL."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def applied(self, topic: str) -> int:
        """Records of ``topic`` that the store in it contains, by the fences."""
        with redis.Redis.from_url(self.url, socket_timeout=5) as client:
            return sum(fence + 1 for fence in fences_of(client, topic).values())

    def copy(self, folder: Path) -> None:
        """Copy its data folder while it runs, as a backup does."""
        with redis.Redis.from_url(self.url) as client:
            # A rewrite would exchange the files while they are copied.
            client.config_set("auto-aof-rewrite-percentage", 0)
            while client.info("persistence")["aof_rewrite_in_progress"]:
                time.sleep(0.05)
            shutil.copytree(self.folder / "appendonlydir", folder)
            client.config_set("auto-aof-rewrite-percentage", 100)

    def restore(self, folder: Path) -> None:
        """Start with a copied data folder in place of its own. It must have been killed."""
        assert self._process is None, "kill it first"
        shutil.rmtree(self.folder / "appendonlydir")
        shutil.copytree(folder, self.folder / "appendonlydir")
        self.start()

    @contextmanager
    def disk_full(self) -> Iterator[None]:
        """No file of it can grow while this lasts."""
        with full_disk(self.pid):
            yield

    def _appended(self) -> dict[Path, int]:
        return {file: file.stat().st_size for file in (self.folder / "appendonlydir").glob("*.incr.aof")}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGCONT)
            tether.stop(self._process, 10.0)


class KafkaProcess(KafkaServer):
    """A real Kafka on one port all its lives. A context manager, as :class:`KafkaServer`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, free_port())

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP, and SIGCONT at the end."""
        pid = self.pid
        assert pid is not None, "Kafka does not run"
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def full_disk(pid: int, allowed: int = 0) -> Iterator[None]:
    """No file that the process ``pid`` writes can grow beyond ``allowed`` bytes: write() fails, as on a full disk."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (allowed, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it ended over it
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
