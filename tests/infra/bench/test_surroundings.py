"""What a benchmark takes from where it runs: the cores that it may use, and no setting that it does not name."""

import os
from pathlib import Path
from typing import Any

import pytest

from infra.bench.contest import Terms
from infra.bench.contestants import AURA, TENANTS, TENANTS_FILE
from infra.bench.machine import machine
from infra.bench.peers.job import Job
from infra.bench.pipeline import Task
from infra.bench.serving import BenchApi
from infra.settings import SETTINGS_FILE, Settings, load_settings
from tests.infra.commands.running import aura

NOWHERE = ("127.0.0.1:9", "topic", "redis://127.0.0.1:9/0")


@pytest.fixture
def settings_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting in the environment, one in the file, each another than its default."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AURA_STORE_SHARDS", "7")
    SETTINGS_FILE.write_text("dead_letter_limit = 9\n")
    found = load_settings()
    assert (found.store_shards, found.dead_letter_limit) == (7, 9)


@pytest.mark.usefixtures("settings_elsewhere")
def test_children_of_a_benchmark_have_the_defaults_of_what_it_does_not_name(tmp_path: Path) -> None:
    (tmp_path / TENANTS_FILE).write_text(TENANTS)
    (program,) = AURA.programs(Job(*NOWHERE, str(tmp_path), batch=50, threads=1), AURA.way._replace(processes=1))
    worker = Task(1, 1, 1, batch_size=50).settings(tmp_path, *NOWHERE)
    api = BenchApi(tmp_path, NOWHERE[2])._settings
    for environment in (program.environment, worker.environment(), api.environment()):
        for name in ("store_shards", "dead_letter_limit"):
            assert environment[f"AURA_{name.upper()}"] == str(Settings.model_fields[name].default)
    assert program.environment["AURA_BATCH_SIZE"] == worker.environment()["AURA_BATCH_SIZE"] == "50"


@pytest.mark.parametrize(("cores", "partitions"), [({0, 1}, 4), (set(range(6)), 6)])
def test_peers_have_a_partition_for_each_core_that_they_may_use(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, cores: set[int], partitions: int
) -> None:
    asked: list[Terms] = []

    def measure(terms: Terms) -> dict[str, Any]:
        asked.append(terms)
        return {}

    monkeypatch.setattr("infra.bench.contest.measure", measure)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores)
    assert aura(capsys, "bench", "peers").code == 0
    assert asked[0].partitions == partitions
    assert machine()["cores"] == len(cores)
