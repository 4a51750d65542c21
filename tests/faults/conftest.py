"""How the fault scenarios are run: reduced with all other tests, or in full by ``make faults``.

``AURA_FAULTS=full`` runs every scenario in full size, ``AURA_FAULTS_SEEDS="1 2 3"`` once a seed, and
``AURA_FAULTS_RESULTS`` names the file that each run adds a line to.
"""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.results import Result
from tests.faults.stage import Stage

FULL_SECONDS = 1_500
"""A full run: minutes of faults, and a drain that may read everything again."""

QUICK_SECONDS = 600
"""Each waits several times for a worker to start and for Kafka to give partitions away."""

QUICK_SEED = 1


@dataclass(frozen=True)
class Choice:
    """What was asked for."""

    full: bool
    seeds: list[int]
    results: Path | None


def _choice() -> Choice:
    # Out of the environment, too: Aura's programs refuse variables of its name that they do not know.
    full = os.environ.pop("AURA_FAULTS", "") == "full"
    seeds = os.environ.pop("AURA_FAULTS_SEEDS", "")
    results = os.environ.pop("AURA_FAULTS_RESULTS", "")
    return Choice(full, [int(seed) for seed in seeds.split()] or [QUICK_SEED], Path(results) if results else None)


CHOICE = _choice()


def pytest_configure(config: pytest.Config) -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    config.addinivalue_line("markers", "full: only in `make faults`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.timeout(FULL_SECONDS if CHOICE.full else QUICK_SECONDS))
    if CHOICE.full:
        return
    left_out = [item for item in mine if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", CHOICE.seeds)


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path, seed: int) -> Iterator[Stage]:
    """The stage of one run; one that ends before there is a scene to judge is noted, too."""
    stage = Stage(lambda: str(request.getfixturevalue("kafka")), tmp_path, seed, CHOICE.full, CHOICE.results)
    yield stage
    if not stage.noted:
        stage.note(Result(request.node.name, seed, error="it never got as far as a scene"))
        pytest.fail("a scenario ended without a verdict")
