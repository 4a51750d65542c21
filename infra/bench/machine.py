"""What a measurement was made on."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from typing import Any, Final

from infra.kafka.libraries import kafka_version

LIBRARIES: Final = (
    "tensorflow", "faust-streaming", "aiokafka", "confluent-kafka", "redis", "msgspec", "numpy", "numba"
)  # fmt: skip


def cores() -> int:
    """Cores that this process may use, and with it those that it starts: fewer than there are under taskset(1)."""
    return len(os.sched_getaffinity(0))


def machine() -> dict[str, Any]:
    """Cores, processor and versions, for the record of a benchmark, and how busy all of it is.

    To be asked before a measurement: afterwards the load is the measurement's own.
    """
    model = "unknown"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass  # not Linux
    binary = shutil.which("redis-server")
    server = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout if binary else ""
    return {
        "cores": cores(),
        "load_average": round(os.getloadavg()[0], 2),
        "processor": model,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kafka": kafka_version(),
        "redis_server": next((part[2:] for part in server.split() if part.startswith("v=")), "unknown"),
        **{name: version(name) for name in LIBRARIES},
    }
