"""``aura demo`` as a user runs it: it shows live data, tells its figures, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest

from infra.ports import free_port

READY_SECONDS = 240.0


class Demo:
    """One run of the command; everything it starts carries a mark in its environment."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.mark = f"DEMO_TEST={uuid.uuid4()}"
        name, _, value = self.mark.partition("=")
        clean = {variable: text for variable, text in os.environ.items() if not variable.startswith("AURA_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra", "demo", "--no-browser", *arguments],
            env=clean | {name: value, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        """Its next line of standard output."""
        return _open(self.process.stdout).readline()

    def end(self, timeout: float = READY_SECONDS) -> tuple[int, str, str]:
        """Wait for its end: exit code, rest of standard output, standard error."""
        out, err = self.process.communicate(timeout=timeout)
        return self.process.returncode, out, err

    def running(self) -> dict[int, str]:
        """Process id to command of everything with the mark that still runs.

        Redis writes its title over its environment; it is known by its folder.
        """
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                marked = self.mark.encode() in (entry / "environ").read_bytes().split(b"\0")
                if marked or str((entry / "cwd").readlink()).startswith(str(self.folder)):
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # it ended meanwhile
        return found

    def all_gone(self, timeout: float) -> bool:
        """Whether nothing with the mark runs any more, at the latest after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while self.running():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def child(self, command: str) -> int:
        """Process id of the child that runs an ``aura`` command."""
        (pid,) = [pid for pid, line in self.running().items() if line.endswith(f"-m infra {command} ")]
        return pid


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Demo]]:
    """Demos to be ended with the test, however it ends."""
    demos: list[Demo] = []
    yield demos
    for demo in demos:
        demo.process.kill()
        demo.process.communicate()
        assert demo.all_gone(20), demo.running()


def wait_for(what: str, holds: Callable[[], bool], timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def reviews(url: str, tenant: str, key: str) -> int:
    answer = httpx.get(f"{url}/v1/tenants/{tenant}/summary", headers={"X-API-Key": key}, timeout=20)
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["totals"]["reviews"]
    return count


def test_once_counts_every_review_and_prints_one_json_object(tmp_path: Path, started: list[Demo]) -> None:
    demo = Demo(tmp_path, "--once", "--reviews", "3000")
    started.append(demo)
    code, out, err = demo.end()
    assert (code, err) == (0, "")
    measured = json.loads(out)
    assert list(measured) == [
        "published", "counted", "dead_letters", "reviews_per_second", "p50_ms", "p99_ms", "seconds", "device",
    ]  # fmt: skip
    assert (measured["published"], measured["counted"], measured["dead_letters"]) == (3000, 3000, 0)
    assert 0 < measured["p50_ms"] <= measured["p99_ms"] <= measured["seconds"] * 1000
    assert measured["reviews_per_second"] == pytest.approx(3000 / measured["seconds"], rel=0.01)
    assert measured["device"].startswith(("CPU", "GPU"))
    assert demo.running() == {}
    assert list(tmp_path.iterdir()) == []


def test_live_it_has_a_past_goes_on_and_ends_cleanly(tmp_path: Path, started: list[Demo]) -> None:
    port = free_port()
    demo = Demo(tmp_path, "--json", "--port", str(port), "--rate", "20")
    started.append(demo)
    shown = json.loads(demo.line())
    url, keys = shown["url"], shown["keys"]
    assert url == f"http://127.0.0.1:{port}"
    assert shown["page"] == f"{url}/#keys=" + ",".join(f"{tenant}:{key}" for tenant, key in keys.items())
    assert list(keys) == ["shop", "bank", "cinema"]
    assert httpx.get(url, timeout=20).status_code == 200
    for tenant, key in keys.items():
        assert reviews(url, tenant, key) > 5_000
    before = reviews(url, "shop", keys["shop"])
    wait_for("no review came in 60 s", lambda: reviews(url, "shop", keys["shop"]) > before)
    assert httpx.get(f"{url}/v1/tenants/bank/summary", headers={"X-API-Key": keys["shop"]}).status_code == 403

    demo.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    code, out, err = demo.end(30)
    assert (code, out, err) == (0, "", "")
    assert time.monotonic() - began < 15
    assert demo.running() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_ends_ends_the_demo_with_a_sentence(tmp_path: Path, started: list[Demo]) -> None:
    demo = Demo(tmp_path, "--json", "--port", str(free_port()))
    started.append(demo)
    assert demo.line()
    os.kill(demo.child("worker"), signal.SIGKILL)
    code, _, err = demo.end(60)
    assert code == 1
    assert "aura: worker-0 ended (exit code -9)" in err
    assert "Traceback" not in err
    assert demo.running() == {}


def test_nothing_outlives_a_demo_that_was_killed(tmp_path: Path, started: list[Demo]) -> None:
    demo = Demo(tmp_path, "--port", str(free_port()))
    started.append(demo)
    wait_for("three children", lambda: len(demo.running()) >= 4, READY_SECONDS)
    demo.process.kill()
    assert demo.all_gone(30), demo.running()


def test_ctrl_c_while_it_starts_ends_it(tmp_path: Path, started: list[Demo]) -> None:
    demo = Demo(tmp_path, "--port", str(free_port()))
    started.append(demo)
    wait_for("three children", lambda: len(demo.running()) >= 4, READY_SECONDS)
    demo.process.send_signal(signal.SIGINT)
    code, _, err = demo.end(30)
    assert (code, err) == (130, "aura: interrupted\n"), err
    assert demo.running() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_one_sentence(tmp_path: Path, started: list[Demo]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        demo = Demo(tmp_path, "--port", str(port))
        started.append(demo)
        code, out, err = demo.end(60)
    assert (code, out) == (1, "")
    assert err == f"aura: port {port} of 127.0.0.1 is taken by another program; choose one with --port\n"
