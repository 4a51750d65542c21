"""``aura worker`` for a benchmark: processes of their own, watched from their start."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Self

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from infra.bench.machine import cores
from infra.bench.processes import CpuSeconds, Processes, Program, numbered
from infra.errors import CommandError
from infra.ports import free_port
from infra.settings import Settings
from stream import threadtimes

LOOK_SECONDS: Final = 0.05
"""Between two looks at workers that start: the error of the time that a start takes."""

START_SECONDS: Final = 120.0
"""A worker imports, compiles and joins its group in a few seconds on idle cores."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a worker started."""

    ready_seconds: float
    """From the start of the process until ``/readyz`` says that it has partitions and works."""
    processor_seconds: float
    """What that took of the processor."""
    resident_mib: float
    """Then."""
    tensorflow: bool
    """Whether TensorFlow was in the process then."""

    def as_dict(self) -> dict[str, Any]:
        """For the printed object."""
        return {
            "ready_seconds": round(self.ready_seconds, 2),
            "processor_seconds": round(self.processor_seconds, 2),
            "resident_mib": round(self.resident_mib),
            "tensorflow": self.tensorflow,
        }


class BenchWorkers(Processes):
    """Workers of one group, each with all that the settings say and a port of its own. A context manager.

    Args:
        folder: for their logs.
        settings: what they are told; ``worker_metrics_port`` and ``inference_threads`` are chosen here.
        count: how many; the cores are divided among them.

    Attributes:
        started: when the first was started, in monotonic seconds.
    """

    def __init__(self, folder: Path, settings: Settings, count: int) -> None:
        self._ports = [free_port() for _ in range(count)]
        threads = max(1, cores() // count)
        each = [
            settings.model_copy(update={"worker_metrics_port": port, "inference_threads": threads})
            for port in self._ports
        ]
        command = [sys.executable, "-m", "infra", "worker"]
        programs = (Program(command, one.environment()) for one in each)
        super().__init__(folder, numbered("worker", programs), stop_seconds=15.0)
        self.started = 0.0

    def __enter__(self) -> Self:
        self.started = time.monotonic()
        return super().__enter__()

    def await_ready(self, partitions: int, look: Callable[[], object] = lambda: None) -> list[Start]:
        """Wait until each has partitions, and all ``partitions`` are somebody's; ``look`` is called meanwhile.

        Raises:
            CommandError: one ended, or it took :data:`START_SECONDS`.
        """
        starts: dict[int, Start] = {}
        with httpx.Client(timeout=5) as client:
            while True:
                look()
                for number, (name, pid) in enumerate(self.pids.items()):
                    if number not in starts and _ready(client, self._ports[number]):
                        now = CpuSeconds.of({name: pid})
                        starts[number] = Start(
                            time.monotonic() - self.started,
                            now.seconds[name],
                            now.resident_mib[name],
                            _maps_tensorflow(pid),
                        )
                if len(starts) == len(self.pids) and self._shared_out(partitions):
                    return [starts[number] for number in sorted(starts)]
                self.check()
                if time.monotonic() - self.started > START_SECONDS:
                    raise CommandError(f"workers did not share the topic within {START_SECONDS:.0f} s: {self.tail()}")
                time.sleep(LOOK_SECONDS)

    def check(self) -> None:
        """Raises :class:`CommandError` where one has ended."""
        if self.ended:
            raise CommandError(f"a worker ended: {self.tail()}")

    def stage_seconds(self) -> dict[str, float]:
        """Seconds that all spent in each stage, since they were started."""
        total: dict[str, float] = {}
        for sample in chain.from_iterable(map(_samples, self._ports)):
            if sample.name == "aura_stage_seconds_sum":
                stage = sample.labels["stage"]
                total[stage] = total.get(stage, 0.0) + sample.value
        return {stage: round(seconds, 3) for stage, seconds in total.items()}

    def thread_seconds(self) -> dict[str, float]:
        """Processor seconds that threads of each name have taken, of all together."""
        total: dict[str, float] = {}
        for sample in chain.from_iterable(map(_samples, self._ports)):
            if sample.name == f"{threadtimes.NAME}_total":
                total[sample.labels["thread"]] = total.get(sample.labels["thread"], 0.0) + sample.value
        return total

    def reviews(self) -> list[int]:
        """Reviews that each has counted, since they were started."""
        return [
            round(sum(sample.value for sample in _samples(port) if sample.name == "aura_reviews_total"))
            for port in self._ports
        ]

    def _shared_out(self, partitions: int) -> bool:
        """Whether each partition has one worker and each worker a partition, as their metrics tell once a second."""
        held = [
            {sample.labels["partition"] for sample in _samples(port) if sample.name == "aura_lag_records"}
            for port in self._ports
        ]
        return all(held) and sum(map(len, held)) == len(set[str]().union(*held)) == partitions


def _samples(port: int) -> list[Sample]:
    """What a worker's metrics say."""
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5)
    return [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]


def _ready(client: httpx.Client, port: int) -> bool:
    try:
        return client.get(f"http://127.0.0.1:{port}/readyz").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False  # it starts


def _maps_tensorflow(pid: int) -> bool:
    try:
        return "libtensorflow" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False  # not Linux
