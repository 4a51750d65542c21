"""The real Kafka of one machine: it starts, keeps what it acknowledged, and stops."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from infra.kafka.libraries import KafkaServerError, class_path, java, java_major
from infra.kafka.server import KafkaServer
from infra.ports import free_port, is_free


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KafkaServer]:
    kafka = KafkaServer(tmp_path / "kafka")
    yield kafka
    kafka.kill()


def create_topic(address: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)


def produce(address: str, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": address, "acks": "all", "enable.idempotence": True})
    errors: list[object] = []
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: errors.append(error) if error else None)
    assert producer.flush(30) == 0
    assert errors == []


def consume(address: str, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "reader"})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        records = consumer.consume(count, timeout=30)
        return [record.value() for record in records]
    finally:
        consumer.close()


def test_what_was_acknowledged_is_there_after_a_clean_stop_and_after_a_kill(server: KafkaServer) -> None:
    assert server.start() is True
    create_topic(server.bootstrap_servers, "notes")
    produce(server.bootstrap_servers, "notes", [b"one", b"two"])
    assert server.stop() is True
    assert server.pid is None

    server.start()
    assert consume(server.bootstrap_servers, "notes", 2) == [b"one", b"two"]
    produce(server.bootstrap_servers, "notes", [b"three"])
    server.kill()
    assert server.pid is None

    server.start()
    assert consume(server.bootstrap_servers, "notes", 3) == [b"one", b"two", b"three"]


def test_it_starts_whatever_the_first_letter_of_its_id(server: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    dashed = uuid.UUID(bytes=b"\xf8" + bytes(15))  # "-AAA..." in base 64
    with monkeypatch.context() as patch:
        patch.setattr(uuid, "uuid4", lambda: dashed)
        assert server.start() is True


def test_a_misspelt_topic_is_an_error_and_not_a_new_topic(kafka: str) -> None:
    producer = Producer({"bootstrap.servers": kafka, "message.timeout.ms": 10_000})
    errors: list[object] = []
    producer.produce("aura.reveiws", b"x", on_delivery=lambda error, _: errors.append(error))
    producer.flush(20)
    assert len(errors) == 1
    assert errors[0] is not None
    assert "aura.reveiws" not in AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=10).topics


def test_it_listens_on_loopback_only(kafka: str) -> None:
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    addresses = {
        line.split()[1].rpartition(":")[0]
        for line in listening.splitlines()
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{int(kafka.rpartition(':')[2]):04X}")
    }
    assert addresses <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert addresses


def test_a_second_start_does_nothing_and_another_port_is_refused(server: KafkaServer) -> None:
    server.start()
    pid = server.pid
    again = KafkaServer(server.data_dir)
    assert again.start() is False
    assert again.pid == pid
    with pytest.raises(KafkaServerError, match=f"on port {server.port}; stop it first"):
        KafkaServer(server.data_dir, 1 if server.port != 1 else 2).start()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(KafkaServerError, match=f"port {port} of 127.0.0.1 is taken"):
            KafkaServer(tmp_path, port).start()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KafkaServerError, match="file/kafka cannot be written: Not a directory"):
        KafkaServer(tmp_path / "file" / "kafka").start()


def test_the_pid_of_another_program_is_not_taken_for_kafka(tmp_path: Path) -> None:
    (tmp_path / "kafka.pid").write_text(f"{os.getpid()}\n")
    server = KafkaServer(tmp_path)
    assert server.pid is None
    assert server.stop() is False


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from infra.kafka.server import KafkaServer; k = KafkaServer(pathlib.Path(sys.argv[1]));"
        "k.start(); print('up', flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    server = KafkaServer(tmp_path)
    assert server.pid is not None
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 60
    while server.pid is not None:
        assert time.monotonic() < deadline, "Kafka outlived its parent by 60 s"
        time.sleep(0.05)


def test_the_command_starts_tells_and_stops(tmp_path: Path) -> None:
    def aura(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from infra.cli import main; main()", "kafka", *arguments]
        return subprocess.run([*command, "--data", str(tmp_path)], capture_output=True, text=True, timeout=200)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    assert aura("status").returncode == 1
    try:
        started = aura("start", "--port", port)
        assert (started.returncode, f"Kafka answers on 127.0.0.1:{port}" in started.stdout) == (0, True), started.stderr
        assert f"runs already on 127.0.0.1:{port}" in aura("start", "--port", port).stdout
        status = aura("status")
        assert status.returncode == 0
        assert str(tmp_path) in status.stdout
        assert AdminClient({"bootstrap.servers": f"127.0.0.1:{port}"}).list_topics(timeout=10).brokers
        stopped = aura("stop")
        assert (stopped.returncode, stopped.stdout) == (0, "Kafka has stopped.\n")
        with pytest.raises(KafkaException):
            AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0}).list_topics(timeout=1)
        assert aura("stop").stdout == "Kafka does not run.\n"
    finally:
        KafkaServer(tmp_path).kill()
    wrong = aura("start", "--heap", "lots")
    assert wrong.returncode == 2
    assert "expected a size such as 512m or 2g, got 'lots'" in wrong.stderr


@pytest.mark.parametrize(
    ("shown", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("The operation couldn't be completed.", None),
    ],
)
def test_the_version_of_java_is_read(shown: str, major: int | None) -> None:
    assert java_major(shown) == major


def test_a_missing_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KafkaServerError, match="expected Java 17 or later on the PATH to run Kafka, found none"):
        java()


def test_an_old_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KafkaServerError, match=r'found openjdk version "11\.0\.2" 2019-01-15 at '):
        java()


def test_a_missing_maven_is_named_where_it_cannot_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KafkaServerError, match=r"expected Maven \(mvn\) on the PATH to fetch Kafka, found none"):
        class_path(tmp_path / "cache")


def test_a_failing_maven_leaves_no_half_filled_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] no route to host'\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KafkaServerError, match=r"could not fetch Kafka's jars: \[ERROR\] no route to host"):
        class_path(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_pom_names_no_registry() -> None:
    from infra.kafka import libraries

    assert "<repositor" not in libraries.POM.read_text()


SLOW_TO_END = """
import ctypes, signal, socket, sys, threading, time

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
told = threading.Event()

def hold():
    told.wait()
    time.sleep(2)
    ctypes.CDLL(None)._exit(0)

def leave(*_):
    told.set()
    ctypes.CDLL(None).pthread_exit(None)

threading.Thread(target=hold).start()
signal.signal(signal.SIGTERM, leave)
print("listens", flush=True)
while True:
    time.sleep(0.05)
"""


def test_it_has_not_ended_while_a_thread_of_it_holds_the_port(tmp_path: Path) -> None:
    server, port = KafkaServer(tmp_path), free_port()
    command = [sys.executable, "-c", SLOW_TO_END, str(port), str(tmp_path / "server.properties")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listens\n"
        (tmp_path / "kafka.pid").write_text(str(process.pid))
        assert server.stop()
        assert is_free(port)
