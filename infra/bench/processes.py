"""The processes under measurement: started and stopped together, and what they take of the processor."""

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import psutil

from infra import tether


@dataclass(frozen=True, slots=True)
class CpuSeconds:
    """Processor seconds (user and system, all threads) of named processes, and their resident memory."""

    seconds: dict[str, float]
    resident_mib: dict[str, float]

    @classmethod
    def of(cls, processes: dict[str, int]) -> Self:
        """Read the figures of ``name: pid``."""
        seconds, resident = {}, {}
        for name, pid in processes.items():
            process = psutil.Process(pid)
            times = process.cpu_times()
            seconds[name] = times.user + times.system
            resident[name] = process.memory_info().rss / 2**20
        return cls(seconds, resident)

    def since(self, before: Self) -> dict[str, float]:
        """Processor seconds spent since ``before``."""
        return {name: round(spent - before.seconds.get(name, 0.0), 2) for name, spent in self.seconds.items()}


class Program(NamedTuple):
    """One process."""

    command: list[str]
    environment: Mapping[str, str]
    """Beside the one of this process."""


def numbered(kind: str, programs: Iterable[Program]) -> dict[str, Program]:
    """Programs named by their number: ``worker 0``, ``worker 1``."""
    return {f"{kind} {number}": program for number, program in enumerate(programs)}


class Processes:
    """Some programs that run beside each other. A context manager.

    Args:
        folder: for their logs.
        programs: name to what it is.
        stop_seconds: how long each may take to stop before it is killed.

    Attributes:
        pids: name to process id.
    """

    def __init__(self, folder: Path, programs: Mapping[str, Program], stop_seconds: float) -> None:
        self.pids: dict[str, int] = {}
        self._programs = programs
        self._logs = {name: folder / f"{name.replace(' ', '-')}.log" for name in programs}
        self._stop_seconds = stop_seconds
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._processes = {}
        for name, program in self._programs.items():
            log = self._stack.enter_context(self._logs[name].open("wb"))
            process = tether.spawn(program.command, env={**os.environ, **program.environment}, output=log)
            self._stack.callback(tether.stop, process, self._stop_seconds)
            self._processes[name] = process
            self.pids[name] = process.pid
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            process.terminate()  # all at once; each is waited for behind
        self._stack.close()

    @property
    def ended(self) -> list[str]:
        """Names of those that have."""
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def tail(self) -> str:
        """The ends of their logs."""
        ends = [log.read_text(errors="replace").strip()[-1_500:] for log in self._logs.values() if log.exists()]
        return "\n".join(filter(None, ends)) or "no log"
