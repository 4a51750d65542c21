"""Processor time of this process by thread, as a Prometheus metric: it says which part of a worker is busy.

The clocks are the kernel's, which count a hundredth of a second at a time and cost a file read each when asked.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import psutil
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

NAME: Final = "aura_thread_processor_seconds"

NATIVE: Final = "native"
"""Stands for all threads that libraries start without Python, those of librdkafka for instance."""


UNNAMED: Final = "unnamed"
"""Stands for Python's threads that got no name of their own: one for each scrape, of which there is no end."""


class ThreadTimes(Collector):
    """Threads of a pool count together: ``aura-classify_0`` is ``aura-classify``."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """prometheus_client."""
        family = CounterMetricFamily(
            NAME, "Processor time of this process by thread; of those that run now.", labels=["thread"]
        )
        for name, seconds in sorted(seconds_by_thread().items()):
            family.add_metric([name], seconds)
        yield family


def seconds_by_thread() -> dict[str, float]:
    """Thread to the processor seconds that it has taken, user and system."""
    names = {thread.native_id: _shown(thread.name) for thread in threading.enumerate()}
    found = defaultdict[str, float](float)
    for thread in psutil.Process().threads():
        found[names.get(thread.id, NATIVE)] += thread.user_time + thread.system_time
    return dict(found)


def _shown(name: str) -> str:
    return UNNAMED if name.startswith("Thread-") else name.rpartition("_")[0] or name
