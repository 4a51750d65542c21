"""Real servers for tests, each a child process or thread of the test run that ends with its context."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from confluent_kafka import Producer

from infra.kafka.server import KafkaServer

START_SECONDS = 20.0
"""How long a child server may take until it answers: a loaded two-core machine needs a few seconds."""


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def start_redis(folder: Path, port: int | None = None, binary: Path | None = None) -> Iterator[str]:
    """Run a redis-server (Debian's, if none is named) without persistence; yields ``redis://127.0.0.1:PORT/0``."""
    program = binary or shutil.which("redis-server")
    if program is None:
        raise RuntimeError("redis-server is not on the PATH; install it: apt-get install redis-server")
    port = port or free_port()
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([*command, "--dir", str(folder), "--logfile", str(folder / f"redis-{port}.log")])
    try:
        _await_redis(server, port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await_redis(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis(port=port, socket_timeout=1) as client:
        while True:
            if server.poll() is not None:
                raise RuntimeError(f"redis-server ended with {server.returncode} at once")
            try:
                client.ping()
                return
            except redis.exceptions.RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


@contextmanager
def start_mock_kafka() -> Iterator[str]:
    """Run librdkafka's in-process broker; yields its bootstrap address. Topics are made on first use (4 partitions)."""
    producer = Producer({"test.mock.num.brokers": 1, "log_level": 3})
    try:
        broker = next(iter(producer.list_topics(timeout=START_SECONDS).brokers.values()))
        yield f"{broker.host}:{broker.port}"
    finally:
        producer.flush(1)


@contextmanager
def start_kafka(folder: Path) -> Iterator[str]:
    """Run a real Apache Kafka (no topics, none made on first use); yields its bootstrap address."""
    with KafkaServer(folder) as server:
        yield server.bootstrap_servers
