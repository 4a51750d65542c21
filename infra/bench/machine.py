"""What a measurement was made on."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from typing import Any, Final

LIBRARIES: Final = ("tensorflow", "faust-streaming", "aiokafka", "confluent-kafka", "redis", "msgspec", "numpy")


def machine() -> dict[str, Any]:
    """Cores, processor and versions, for the record of a benchmark."""
    model = "unknown"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass  # not Linux
    binary = shutil.which("redis-server")
    server = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout if binary else ""
    return {
        "cores": os.cpu_count(),
        "processor": model,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "redis_server": next((part[2:] for part in server.split() if part.startswith("v=")), "unknown"),
        **{name: version(name) for name in LIBRARIES},
    }
