"""Java and the jars of Kafka: found, or fetched once with Maven and kept."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from infra.errors import CommandError

POM: Final = Path(__file__).parent / "pom.xml"
MIN_JAVA: Final = 17
CACHE: Final = Path.home() / ".cache" / "aura"

FETCH_SECONDS: Final = 900
"""43 MB of jars and Maven's plug-ins took 5-40 s here; a slow line gets a quarter of an hour before it is a failure."""


class KafkaServerError(CommandError):
    """The local Kafka could not be run."""


def kafka_version() -> str:
    """Of the Kafka that :func:`class_path` fetches."""
    found = re.search(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([^<]+)</version>", POM.read_text("utf-8"))
    return found[1] if found else "unknown"


def java() -> str:
    """Path of a Java that runs Kafka 4.

    Raises:
        KafkaServerError: none is installed, or it is too old.
    """
    path = shutil.which("java")
    advice = "on Debian: apt-get install openjdk-17-jre-headless"
    if path is None:
        raise KafkaServerError(f"expected Java {MIN_JAVA} or later on the PATH to run Kafka, found none; {advice}")
    shown = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    version = java_major(shown)
    if version is None or version < MIN_JAVA:
        found = shown.splitlines()[0] if shown else "one that does not tell its version"
        raise KafkaServerError(f"expected Java {MIN_JAVA} or later to run Kafka, found {found} at {path}; {advice}")
    return path


def java_major(shown: str) -> int | None:
    """Major version in what ``java -version`` prints (``1.8.0_292`` is 8)."""
    match = re.search(r'version "(?:1\.)?(\d+)', shown)
    return int(match[1]) if match else None


def class_path(cache: Path = CACHE) -> str:
    """Java class path of Kafka's server. The first call downloads it (43 MB); later ones find it in ``cache``.

    Raises:
        KafkaServerError: Maven is missing or failed.
    """
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    folder = cache / f"kafka-{digest}"
    if not folder.is_dir():
        _fetch(folder)
    return f"{folder}/*"


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn") or _install_maven()
    _say("Fetching Apache Kafka from Maven Central (43 MB, once) ...")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KafkaServerError(f"{folder.parent} cannot be made to keep Kafka's jars: {error.strerror}") from None
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        command = [
            maven,
            "-B",
            "-q",
            "-f",
            str(POM),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={scratch}/jars",
        ]
        try:
            ended = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise KafkaServerError(f"Maven did not fetch Kafka's jars within {FETCH_SECONDS} s; try again") from None
        if ended.returncode:
            errors = [line for line in (ended.stdout + ended.stderr).splitlines() if "ERROR" in line]
            first = errors[0] if errors else f"exit code {ended.returncode}"
            raise KafkaServerError(f"Maven could not fetch Kafka's jars: {first}")
        try:
            # One step, so that a half-filled folder is never taken for a whole one.
            Path(scratch, "jars").rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            # Another process was faster; its jars are the same.


def _install_maven() -> str:
    advice = "expected Maven (mvn) on the PATH to fetch Kafka, found none; install it: apt-get install maven"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise KafkaServerError(advice)
    _say("Installing Maven with apt-get (needed once, to fetch Kafka) ...")
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    for action in (["update"], ["install", "--no-install-recommends", "maven"]):
        ended = subprocess.run([*apt, *action], stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
        if ended.returncode:
            raise KafkaServerError(f"`apt-get {' '.join(action)}` failed; {advice}")
    found = shutil.which("mvn")
    if found is None:
        raise KafkaServerError(advice)
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
