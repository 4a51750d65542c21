"""A pool of real ``aura worker`` processes that are killed, frozen, stopped and restarted; every log is kept."""

import random
import re
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from infra.ports import free_port
from tests.system.programs import Deployment, Program

WATCHED = ("aura_refused_runs_total", "aura_store_retries_total", "aura_missing_records_total")
"""Counters that are gathered over all lives of all workers."""

TRACEBACK = re.compile(r'Traceback \(most recent call last\)|"exception": ?[\["]')
"""What a log must not hold, on the console or in JSON."""

STOPPED_BY_US = (0, -signal.SIGKILL)


@dataclass
class Worker:
    """One life of a worker."""

    program: Program
    port: int
    ended: bool = False
    """Killed or stopped by us."""
    frozen: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    """The watched counters, as last read."""

    @property
    def pid(self) -> int:
        return self.program.process.pid

    @property
    def log(self) -> str:
        return self.program.log.read_text(errors="replace")

    @property
    def at_work(self) -> bool:
        """Whether it has had partitions."""
        return not self.ended and not self.frozen and '"assigned"' in self.log

    def look(self) -> Counter[str]:
        """Read its metrics; what was read before where it does not answer."""
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=2)
            found = Counter[str]()
            for family in text_string_to_metric_families(answer.text):
                for sample in family.samples:
                    if sample.name in WATCHED:
                        found[sample.name] += int(sample.value)
            self.seen = found
        return self.seen


class Pool:
    """Workers of one deployment.

    Args:
        system: their settings.
        dice: decides whom a fault strikes.
        command: what runs in place of ``aura worker``.
    """

    def __init__(self, system: Deployment, dice: random.Random, *, command: Sequence[str] = ()) -> None:
        self.lives: list[Worker] = []
        self.peak_mib = 0.0
        """Largest resident memory of a worker seen by :meth:`check`."""
        self._system = system
        self._dice = dice
        self._command = command

    @property
    def alive(self) -> list[Worker]:
        return [worker for worker in self.lives if not worker.ended]

    @property
    def at_work(self) -> list[Worker]:
        """Those that have had partitions and are not frozen."""
        return [worker for worker in self.alive if worker.at_work]

    def start(self, count: int = 1) -> None:
        """Start workers, without waiting for them."""
        for _ in range(count):
            port = free_port()
            changes = {"AURA_WORKER_METRICS_PORT": str(port), "AURA_INFERENCE_THREADS": "1"}
            program = self._system.start("worker", changes=changes, command=self._command)
            self.lives.append(Worker(program, port))

    def pick(self) -> Worker:
        """One of those at work."""
        return self._dice.choice(self.at_work)

    def kill(self, worker: Worker) -> None:
        """SIGKILL."""
        worker.look()
        worker.ended = True
        worker.program.kill()

    def leave(self, worker: Worker) -> float:
        """SIGTERM; returns the seconds that its end took."""
        worker.look()
        worker.ended = True
        seconds = worker.program.stop(20)
        assert worker.program.process.returncode == 0, worker.program.said()
        return seconds

    def freeze(self, worker: Worker) -> None:
        """SIGSTOP."""
        worker.frozen = True
        worker.program.process.send_signal(signal.SIGSTOP)

    def thaw(self, worker: Worker) -> None:
        """SIGCONT."""
        worker.frozen = False
        worker.program.process.send_signal(signal.SIGCONT)

    def check(self) -> None:
        """No worker has ended by itself; note how much memory they take."""
        for worker in self.alive:
            code = worker.program.process.poll()
            assert code is None, f"a worker ended with {code}: {worker.program.said()}"
            self.peak_mib = max(self.peak_mib, psutil.Process(worker.pid).memory_info().rss / 2**20)

    def counters(self) -> Counter[str]:
        """The watched counters, over all lives."""
        total = Counter[str]()
        for worker in self.lives:
            total += worker.seen if worker.ended or worker.frozen else worker.look()
        return total

    def rebalances(self) -> int:
        """Assignments over all lives."""
        return sum(worker.log.count('"assigned"') for worker in self.lives)

    def tracebacks(self) -> list[str]:
        """Where a log shows an exception that nobody caught: its end from there on."""
        return [worker.log[found.start() :][:2000] for worker in self.lives if (found := TRACEBACK.search(worker.log))]

    def close(self) -> None:
        """End all of them, whatever their state."""
        for worker in self.alive:
            with suppress(ProcessLookupError):
                self.thaw(worker)
        for worker in self.alive:
            self.kill(worker)
