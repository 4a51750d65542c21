"""Programs of a benchmark run beside each other, tell how they ended, and are gone afterwards."""

import os
import time
from pathlib import Path

import psutil
import pytest

from infra.bench.processes import Processes, Program, numbered

DEADLINE_SECONDS = 60


def shell(script: str, **environment: str) -> Program:
    return Program(["/bin/sh", "-c", script], environment)


def test_processes_run_beside_each_other_until_they_are_left(tmp_path: Path) -> None:
    forever = 'echo "$NAME"; exec sleep 1000'
    programs = numbered("one", [shell(forever, NAME="first"), shell(forever, NAME="second")])
    with Processes(tmp_path, programs, stop_seconds=30) as processes:
        assert list(processes.pids) == ["one 0", "one 1"]
        assert len(set(processes.pids.values())) == 2
        deadline = time.monotonic() + DEADLINE_SECONDS
        while processes.tail() != "first\nsecond":
            assert time.monotonic() < deadline, processes.tail()
            time.sleep(0.02)
        assert processes.ended == []
        assert {path.name for path in tmp_path.iterdir()} == {"one-0.log", "one-1.log"}
    assert not any(map(psutil.pid_exists, processes.pids.values()))


def test_a_process_that_ends_is_named_and_its_log_says_why(tmp_path: Path) -> None:
    programs = {"sound": shell("exec sleep 1000"), "broken": shell("echo no room; exit 3")}
    with Processes(tmp_path, programs, stop_seconds=30) as processes:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not processes.ended:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert (processes.ended, processes.tail()) == (["broken"], "no room")


def test_who_does_not_stop_when_told_to_is_killed(tmp_path: Path) -> None:
    stubborn = {"stubborn": shell("trap '' TERM; echo deaf; while true; do sleep 0.05; done")}
    with Processes(tmp_path, stubborn, stop_seconds=0.2) as processes:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while processes.tail() != "deaf":
            assert time.monotonic() < deadline
            time.sleep(0.02)
    with pytest.raises(ProcessLookupError):
        os.kill(processes.pids["stubborn"], 0)
