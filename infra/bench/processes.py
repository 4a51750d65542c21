"""Processor time of the processes under measurement."""

from dataclasses import dataclass
from typing import Self

import psutil


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
