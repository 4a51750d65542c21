"""What ``aura bench`` says of what it cannot measure, before it starts a server; and how it ends early."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from infra.bench.scaling_page import BEGIN, END
from stream.readers.rows import DATAFINITI
from tests.command_line import wait_until
from tests.infra.commands.running import aura

WITH_TEXTS = ("pipeline", "scaling", "stages", "store", "soak", "rebalance", "api")
DECIMALS = {
    "pipeline": ("--rate", "--seconds"),
    "scaling": ("--rate",),
    "soak": ("--minutes", "--rate"),
    "rebalance": ("--rate",),
    "api": ("--rate", "--seconds"),
    "live": ("--seconds",),
}


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a server is started after all, the test ends in a traceback."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a server was started")

    monkeypatch.setattr("infra.tether.spawn", refuse)


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("command", ["pipeline", "scaling", "stages", "rebalance"])
def test_an_artefact_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], command: str) -> None:
    ended = aura(capsys, "bench", command, "--model", "nope")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("aura: ")
    assert "nope" in ended.err


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("command", WITH_TEXTS)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the file is empty"),
        ("review,stars\nGood,5\n", "reviews.text"),
        (",".join(DATAFINITI.values()) + "\n", "no review"),
    ],
)
def test_a_file_that_has_no_reviews_is_named_with_what_is_wrong_with_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, content: str, reason: str
) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text(content)
    ended = aura(capsys, "bench", command, "--texts", file)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("aura: ")
    assert str(file) in ended.err
    assert reason in ended.err


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("command", [*WITH_TEXTS, "peers"])
def test_a_folder_is_no_file_of_texts(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    ended = aura(capsys, "bench", command, "--texts", tmp_path)
    assert ended.code == 2
    assert "is a directory" in ended.err


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("value", ["nan", "inf"])
@pytest.mark.parametrize(("command", "option"), [(name, option) for name, them in DECIMALS.items() for option in them])
def test_what_is_no_number_or_no_finite_one_is_refused(
    capsys: pytest.CaptureFixture[str], command: str, option: str, value: str
) -> None:
    ended = aura(capsys, "bench", command, option, value)
    assert ended.code == 2
    assert f"'{option}'" in ended.err


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("command", ["pipeline", "stages"])
def test_a_batch_is_as_large_as_a_worker_takes_it_at_most(capsys: pytest.CaptureFixture[str], command: str) -> None:
    ended = aura(capsys, "bench", command, "--batch-size", 16_385)
    assert ended.code == 2
    assert "'--batch-size'" in ended.err


@pytest.mark.usefixtures("no_server")
def test_a_page_without_marks_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Scaling\n")
    ended = aura(capsys, "bench", "scaling", "--page", page)
    assert (ended.code, page.read_text()) == (1, "# Scaling\n")
    assert str(page) in ended.err


def test_a_result_is_told_where_the_page_can_no_longer_be_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")

    def measure(*_: object) -> dict[str, str]:
        page.write_text("changed meanwhile")
        return {"benchmark": "scaling"}

    monkeypatch.setattr("infra.bench.scaling.measure", measure)
    ended = aura(capsys, "bench", "scaling", "--page", page)
    assert (ended.code, json.loads(ended.out)) == (1, {"benchmark": "scaling"})


@pytest.mark.usefixtures("no_server")
def test_a_soak_whose_folder_cannot_be_made_does_not_begin(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert "is a file" in aura(capsys, "bench", "soak", "--out", file).err
    ended = aura(capsys, "bench", "soak", "--out", file / "below")
    assert ended.code == 1
    assert str(file / "below") in ended.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_benchmark_with_its_servers_and_files(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "infra", "bench", "api", "--products", "5", "--reviews", "2", "--seconds", "600"]
    process = subprocess.Popen(
        command, env=os.environ | {"TMPDIR": str(tmp_path)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        running: dict[str, psutil.Process] = {}

        def loaded() -> bool:
            assert process.poll() is None
            running.update({" ".join(one.cmdline()): one for one in psutil.Process(process.pid).children()})
            return any("infra.bench.load" in line for line in running)

        wait_until(loaded)
        assert list(tmp_path.glob("aura-bench-*"))
        process.send_signal(number)
        process.send_signal(number)  # as timeout(1) does
        assert process.wait(60) == 128 + number
    finally:
        process.kill()
        process.wait()
    assert any("redis-server" in line for line in running)
    assert not psutil.wait_procs(list(running.values()), timeout=60)[1]
    assert list(tmp_path.iterdir()) == []


def test_no_rate_of_refusals_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    ended = aura(capsys, "bench", "api", "--products", 2, "--reviews", 1, "--seconds", 1, "--path", "/nothing")
    assert (ended.code, ended.out.strip()) == (1, "")
    assert "GET /v1/tenants/shop/nothing is answered with 404" in ended.err
