"""What stands in the package's README, with the project installed as ``infra/install.sh`` does it, on a real Kafka."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.command_line import ROOT
from tests.stream.bulk.test_driver import new_topic
from tests.stream.test_transport import DEADLINE_SECONDS

KAFKA = "127.0.0.1:9092"
TOPIC = "aura.reviews"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a fresh install of the project has put its entry points."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--disable-pip-version-check", "--no-input", "--quiet", "--no-build-isolation", "--no-deps"]
    pip = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), "-e", str(ROOT)]
    subprocess.run(pip, check=True, timeout=120)
    return folder


def environment(installed: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{installed}:{ROOT}"}


def test_faust_finds_the_transport_by_the_scheme_of_an_address(installed: Path) -> None:
    code = "from faust.transport import by_url; print(by_url('bulk://127.0.0.1:9092').__module__)"
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment(installed), capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout == "stream.bulk.driver\n"


def test_the_example_prints_what_is_published(kafka: str, installed: Path, tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "stream/bulk/README.md").read_text(), re.M | re.S)
    assert (code.count(KAFKA), code.count(TOPIC)) == (1, 1)
    topic = new_topic(kafka, 1)
    (tmp_path / "tail.py").write_text(code.replace(KAFKA, kafka).replace(TOPIC, topic).replace('"tail"', f'"{topic}"'))
    producer = Producer({"bootstrap.servers": kafka})
    for number in range(200):
        producer.produce(topic, b"%d" % number, b"key", partition=0)
    assert producer.flush(30) == 0
    log = tmp_path / "log"
    with log.open("wb") as file:
        running = subprocess.Popen(
            [sys.executable, "-m", "faust", "-A", "tail", "worker", "--without-web"],
            cwd=tmp_path, env=environment(installed), stdout=file, stderr=file,
        )  # fmt: skip
    try:
        # A worker of Faust's logs what is printed.
        wanted = [("0", str(number), f"b'{number}'") for number in range(200)]
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (found := re.findall(r"(\d+) (\d+) b'key' (b'\d+') *$", log.read_text(), re.M)) != wanted:
            assert time.monotonic() < deadline, (found, log.read_text()[-2_000:])
            time.sleep(0.1)
    finally:
        running.terminate()
        try:
            running.wait(60)
        finally:
            running.kill()
