"""Debian's redis-server for a benchmark, on a free port of loopback."""

import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from redis import Redis
from redis.exceptions import RedisError

from infra import tether
from infra.errors import CommandError
from infra.ports import free_port

START_SECONDS: Final = 20.0


class BenchRedis:
    """A redis-server that writes an append-only file, as one that keeps data does. A context manager.

    Args:
        folder: for its files.
        append_only: whether it writes that file.
    """

    def __init__(self, folder: Path, *, append_only: bool = True) -> None:
        self._folder = folder
        self._append_only = "yes" if append_only else "no"

    def __enter__(self) -> Self:
        binary = shutil.which("redis-server")
        if binary is None:
            raise CommandError("redis-server is not installed; install it: apt-get install redis-server")
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", self._append_only, "--appendfsync", "everysec"]
        command = [binary, "--port", str(port), "--dir", str(self._folder), *options]
        self._process = tether.spawn(command, output=subprocess.DEVNULL)
        try:
            self._await_answer()
        except BaseException:
            tether.stop(self._process, 10.0)
            raise
        return self

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with Redis.from_url(self.url, socket_timeout=1) as client:
            while True:
                try:
                    client.ping()
                except RedisError as error:
                    if time.monotonic() > deadline or self._process.poll() is not None:
                        raise CommandError(f"redis-server does not answer: {error}") from error
                    time.sleep(0.02)
                else:
                    return

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tether.stop(self._process, 10.0)
