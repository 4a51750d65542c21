"""Logs are one event a line, whoever logs it."""

import ast
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def logged(style: str, level: str = "info") -> list[str]:
    code = (
        "import logging, structlog\n"
        "from infra.logging import configure_logging\n"
        f"configure_logging({level!r}, {style!r})\n"
        "log = structlog.get_logger('aura.worker')\n"
        "log.info('batch applied', records=512)\n"
        "log.debug('detail')\n"
        "logging.getLogger('faust.app').info('inner life')\n"
        "for _ in range(9): logging.getLogger('faust.app').warning('%s slow', 'broker')\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError: log.exception('failed')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "")
    return ended.stderr.splitlines()


def test_json_has_one_object_a_line() -> None:
    events = [json.loads(line) for line in logged("json")]
    assert [event["event"] for event in events] == ["batch applied", "broker slow", "failed"]
    assert [event["logger"] for event in events] == ["aura.worker", "faust.app", "aura.worker"]
    assert [event["level"] for event in events] == ["info", "warning", "error"]
    assert events[0]["records"] == 512
    assert events[2]["exception"][0]["exc_type"] == "ZeroDivisionError"


def test_console_lines_are_for_people_and_have_no_colour_in_a_file() -> None:
    lines = logged("console")
    assert "batch applied" in lines[0]
    assert "records=512" in lines[0]
    assert "\x1b" not in "".join(lines)


def test_debug_tells_everything() -> None:
    events = [json.loads(line)["event"] for line in logged("json", "debug")]
    assert "detail" in events
    assert "inner life" in events


def test_each_warning_says_what_to_do() -> None:
    calls = [
        (f"{path.relative_to(ROOT)}:{call.lineno}", {keyword.arg for keyword in call.keywords})
        for part in ("stream", "api", "infra")
        for path in (ROOT / part).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("log.warning", "log.error")
    ]
    assert len(calls) > 10
    assert [place for place, keywords in calls if "do" not in keywords] == []


def test_logs_go_to_standard_error_as_it_is_now_not_as_it_was_at_the_start() -> None:
    """A command that ran within another process, with a standard error of its own, leaves no broken handler behind."""
    code = (
        "import io, logging, sys\n"
        "from infra.logging import configure_logging\n"
        "sys.stderr = own = io.StringIO()\n"
        "configure_logging('info', 'json')\n"
        "logging.getLogger('uvicorn.error').info('within')\n"
        "assert 'within' in own.getvalue()\n"
        "own.close()\n"
        "sys.stderr = sys.__stderr__\n"
        "logging.getLogger('uvicorn.error').info('Started server process')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    [line] = ended.stderr.splitlines()
    assert json.loads(line)["event"] == "Started server process"
