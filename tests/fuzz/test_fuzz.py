"""A short run of every fuzz target, and all that long runs once found. ``make fuzz`` runs longer."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS, regressions

ROOT = Path(__file__).resolve().parents[2]

RUNS = {"decode": 40_000, "pipeline": 4_000, "jsonl": 6_000, "csv": 15_000, "datafiniti": 8_000}
"""Some three seconds each."""


def _own_peak_mib() -> int:
    """What a target seems to have used before it begins: Linux hands a process's peak on to its children."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.mark.parametrize("target", TARGETS)
def test_some_seconds_of_fuzzing_find_nothing(target: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    ended = subprocess.run(
        [
            sys.executable, "-m", "tests.fuzz", target, str(tmp_path), f"-runs={RUNS[target]}", "-seed=1",
            f"-rss_limit_mb={_own_peak_mib() + 2_048}",
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=200, check=False,
        env=os.environ | {"PYTHONHASHSEED": "0"},  # or the seed alone would not bring the same inputs each time
    )  # fmt: skip
    found = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert ended.returncode == 0, f"{ended.stderr[-3000:]}\n{found}"
    assert f"Done {RUNS[target]} runs" in ended.stderr


@pytest.mark.parametrize(("target", "content"), [*regressions(Path(__file__).with_name("regressions"))])
def test_what_fuzzing_once_found_stays_repaired(target: str, content: bytes) -> None:
    TARGETS[target](content)


def test_a_target_that_breaks_a_promise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def lenient(data: bytes) -> None:
        raise KeyError(data)

    monkeypatch.setattr("tests.fuzz.targets.decode", lenient)
    with pytest.raises(KeyError):
        TARGETS["decode"](b"{}")
