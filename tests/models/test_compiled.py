from typing import Any

from models.compiled import compiled


def test_a_loop_runs_where_its_code_can_be_kept_nowhere() -> None:
    # numba keeps nothing for a source file that is not there, as it does where no folder can be written.
    made: dict[str, Any] = {}
    exec(compile("def doubled(number):\n    return 2 * number\n", "/nowhere/loops.py", "exec"), made)
    assert compiled(made["doubled"])(21) == 42
