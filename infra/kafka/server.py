"""One Kafka node as a process: storage made on the first start, a start that waits for answers, a clean stop."""

import base64
import os
import re
import signal
import socket
import string
import subprocess
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra import tether
from infra.kafka.libraries import KafkaServerError, class_path, java
from infra.ports import free_port, is_free

HERE: Final = Path(__file__).parent
DEFAULT_HEAP: Final = "512m"
"""Kafka keeps its data in the page cache, not in the heap: 512 MB served a backlog of 100,000 reviews easily."""

START_SECONDS: Final = 90.0
"""A start takes 4-6 s on two idle cores; a loaded machine gets its time before it is a failure."""
STOP_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1


class KafkaServer:
    """A Kafka that listens on loopback only. Use it as a context manager, or call :meth:`start` and :meth:`stop`.

    The pid file under ``data_dir`` is the truth about whether it runs, so that another process can stop it.

    Args:
        data_dir: folder of its records, configuration, logs and pid file; made when missing.
        port: port for clients; 0 picks a free one at each start.
        heap: largest Java heap (``512m``, ``2g``).
        tied: end it with this process; False leaves it running.
    """

    def __init__(self, data_dir: Path, port: int = 0, *, heap: str = DEFAULT_HEAP, tied: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self._wanted_port = port
        self._heap = heap
        self._tied = tied
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id, or None when it does not run."""
        if self._process is not None and self._process.poll() is not None:
            return None
        try:
            pid = int(self._pid_file.read_text())
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        # After a crash the number may be another program's by now.
        return pid if str(self._properties).encode() in _command_line(pid) else None

    @property
    def port(self) -> int:
        """Port of the last start.

        Raises:
            KafkaServerError: it was never started.
        """
        try:
            found = re.search(
                r"^advertised\.listeners=PLAINTEXT://127\.0\.0\.1:(\d+)$", self._properties.read_text(), re.M
            )
        except OSError:
            found = None
        if found is None:
            raise KafkaServerError(f"no Kafka was ever started in {self.data_dir}")
        return int(found[1])

    @property
    def bootstrap_servers(self) -> str:
        """``127.0.0.1:PORT``."""
        return f"127.0.0.1:{self.port}"

    def start(self, timeout: float = START_SECONDS) -> bool:
        """Start it and wait until it answers. False when it was running already.

        Raises:
            KafkaServerError: no Java or jars, a port taken, a folder not to be written, or no answer in time.
        """
        if self.pid is not None:
            if self._wanted_port not in (0, self.port):
                raise KafkaServerError(f"Kafka runs in {self.data_dir} already, on port {self.port}; stop it first")
            return False
        java_path, jars = java(), class_path()
        port = self._wanted_port or free_port()
        if not is_free(port):
            raise KafkaServerError(f"port {port} of 127.0.0.1 is taken by another program; choose another")
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
            self._write_properties(port)
        except OSError as error:
            raise KafkaServerError(f"{self.data_dir} cannot be written: {error.strerror}") from None
        launch = [java_path, f"-Xmx{self._heap}", f"-Dkafka.logs.dir={self._logs}"]
        launch += [f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}", "-cp", jars]
        if not (self._records / "meta.properties").exists():
            self._format(launch)
        command = [*launch, "kafka.Kafka", str(self._properties)]
        with (self._logs / "console.log").open("wb") as console:
            if self._tied:
                self._process = tether.spawn(command, output=console)
            else:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
                )
        self._pid_file.write_text(f"{self._process.pid}\n")
        self._await_answer(self._process, time.monotonic() + timeout)
        return True

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """Stop it cleanly (SIGTERM) and wait until it is gone. False when it did not run.

        Raises:
            KafkaServerError: still there after ``timeout`` seconds.
        """
        return self._end(signal.SIGTERM, timeout)

    def kill(self) -> bool:
        """End it at once (SIGKILL), as a power cut or the kernel would. False when it did not run."""
        return self._end(signal.SIGKILL, STOP_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _pid_file(self) -> Path:
        return self.data_dir / "kafka.pid"

    @property
    def _properties(self) -> Path:
        return self.data_dir / "server.properties"

    @property
    def _records(self) -> Path:
        return self.data_dir / "records"

    @property
    def _logs(self) -> Path:
        return self.data_dir / "logs"

    def _write_properties(self, port: int) -> None:
        template = string.Template((HERE / "server.properties.template").read_text())
        self._properties.write_text(
            template.substitute(port=port, controller_port=free_port(), log_dir=str(self._records))
        )

    def _format(self, launch: list[str]) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One word: every 64th id begins with a dash, and would be read as an option.
        command = [*launch, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._properties)]
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise KafkaServerError(f"Kafka could not lay out {self._records}: {(ended.stderr or ended.stdout).strip()}")

    def _await_answer(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise KafkaServerError(f"Kafka ended at once (exit code {process.returncode}); see {self._logs}")
            try:
                if _accepts(self.port) and admin.list_topics(timeout=5).brokers:
                    return
            except KafkaException:
                pass  # not yet
            time.sleep(POLL_SECONDS)
        self.kill()
        raise KafkaServerError(f"Kafka did not answer on {self.bootstrap_servers} in time; see {self._logs}")

    def _end(self, number: signal.Signals, timeout: float) -> bool:
        pid = self.pid
        if pid is None:
            return False
        os.kill(pid, number)
        deadline = time.monotonic() + timeout
        while self.pid is not None or _still_ends(pid):
            if time.monotonic() > deadline:
                raise KafkaServerError(f"Kafka (process {pid}) still runs {timeout:.0f} s after it was told to stop")
            time.sleep(POLL_SECONDS)
        self._pid_file.unlink(missing_ok=True)
        return True


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _still_ends(pid: int) -> bool:
    """Whether threads of a process hold its port and files although the first of them, with the command, is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
