"""A pool of real ``aura worker`` processes that are killed, frozen, stopped and restarted; every log is kept."""

import random
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from infra.ports import free_port
from tests.system.programs import Deployment, Program

REFUSED = "aura_refused_runs_total"
WATCHED = (REFUSED, "aura_store_retries_total", "aura_missing_records_total")
"""Counters that are gathered over all lives of all workers."""

TRACEBACK = re.compile(r'Traceback \(most recent call last\)|"exception": ?[\["]')
"""What a log must not hold, on the console or in JSON."""

LEAVE_SECONDS = 20.0
"""A graceful stop takes less than 10 s; a busy machine gets its time before it is a failure."""


@dataclass
class Worker:
    """One life of a worker."""

    program: Program
    port: int
    wanted: int | None = None
    """The exit code that we have given it: of a kill, or of an orderly stop. None while it is to live."""
    frozen: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    """The watched counters, as last read."""
    deposed: int = 0
    """Runs refused because another worker had taken the partition over, as last read."""

    @property
    def pid(self) -> int:
        return self.program.process.pid

    @property
    def log(self) -> str:
        return self.program.log.read_text(errors="replace")

    @property
    def ended(self) -> bool:
        """Killed or stopped by us."""
        return self.wanted is not None

    @property
    def at_work(self) -> bool:
        """Whether it has had partitions."""
        return not self.ended and not self.frozen and '"assigned"' in self.log

    def look(self) -> Counter[str]:
        """Read its metrics; what was read before where it does not answer."""
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=2)
            found, deposed = Counter[str](), 0
            for family in text_string_to_metric_families(answer.text):
                for sample in family.samples:
                    if sample.name in WATCHED:
                        found[sample.name] += int(sample.value)
                    if sample.name == REFUSED and sample.labels.get("outcome") == "deposed":
                        deposed += int(sample.value)
            self.seen, self.deposed = found, deposed
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
        worker.wanted = -signal.SIGKILL
        worker.program.kill()

    def leave(self, worker: Worker) -> float:
        """SIGTERM; returns the seconds that its end took."""
        worker.look()
        worker.wanted = 0
        seconds = worker.program.stop(LEAVE_SECONDS)
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

    def dismiss(self) -> list[str]:
        """Stop all that are left, orderly; a sentence for each life that did not end as we wanted it to.

        Also for those that were killed long ago: one that had ended by itself a moment earlier has another exit code.
        """
        for worker in self.alive:
            if worker.program.process.poll() is None:
                self.thaw(worker)
                worker.look()
                worker.wanted = 0
                worker.program.process.send_signal(signal.SIGTERM)
        for worker in self.lives:
            with suppress(subprocess.TimeoutExpired):
                worker.program.process.wait(LEAVE_SECONDS)
        ends = [(worker, worker.program.process.poll()) for worker in self.lives]
        return [
            f"a worker ended with {code}, wanted was {worker.wanted}: {worker.program.said()}"
            for worker, code in ends
            if code is None or code != worker.wanted
        ]

    def tracebacks(self) -> list[str]:
        """Where a log shows an exception that nobody caught: its end from there on."""
        return [worker.log[found.start() :][:2000] for worker in self.lives if (found := TRACEBACK.search(worker.log))]

    def close(self) -> None:
        """End all of them, whatever their state."""
        for worker in self.lives:
            worker.program.kill()
