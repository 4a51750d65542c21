import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.compiled import compiled
from tests.command_line import ROOT

CALLED = """from models.compiled import compiled

ADDED = {added}

@compiled
def more(number):
    return number + {more}
"""

CALLER = """import numpy as np

from called import ADDED, more
from models.compiled import compiled

@compiled
def loop(number):
    return more(number) + ADDED

print(loop(10), sum(loop.stats.cache_hits.values()))
"""


def test_a_loop_runs_where_its_code_can_be_kept_nowhere() -> None:
    # numba keeps nothing for a source file that is not there, as it does where no folder can be written.
    made: dict[str, Any] = {}
    exec(compile("def doubled(number):\n    return 2 * number\n", "/nowhere/loops.py", "exec"), made)
    assert compiled(made["doubled"])(21) == 42


@pytest.fixture
def answers(tmp_path: Path) -> Any:
    """What a process of its own answers, and how many loops it found compiled; by what stands in the other file."""
    (tmp_path / "caller.py").write_text(CALLER)

    def ask(more: int, added: int) -> list[int]:
        (tmp_path / "called.py").write_text(CALLED.format(more=more, added=added))
        environment = os.environ | {"PYTHONPATH": f"{ROOT}:{tmp_path}", "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("NUMBA_CACHE_DIR", None)
        ended = subprocess.run(
            [sys.executable, tmp_path / "caller.py"], env=environment, capture_output=True, text=True, check=True
        )
        return [int(number) for number in ended.stdout.split()]

    return ask


def test_a_loop_is_compiled_once_and_anew_when_what_it_calls_in_another_file_changes(answers: Any) -> None:
    assert answers(1, 100) == [111, 0]
    assert answers(1, 100) == [111, 1]
    assert answers(2, 100) == [112, 0]


def test_a_loop_is_compiled_anew_when_a_constant_of_another_file_changes(answers: Any) -> None:
    assert answers(1, 100) == [111, 0]
    assert answers(1, 200) == [211, 0]
