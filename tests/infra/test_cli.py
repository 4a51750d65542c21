"""The command table: what it names exists, and listing it imports nothing."""

import importlib
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from infra import cli
from infra.errors import CommandError


def aura(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from infra.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_help_lists_every_command_and_imports_none() -> None:
    code = (
        "import sys; sys.argv = ['aura', '--help']\n"
        "from infra.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'tensorflow', 'pandas', 'faust', 'fastapi', 'pydantic'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0
    assert "LOADED []" in ended.stdout
    width = max(map(len, cli.COMMANDS))
    for name, (_, _, help_) in cli.COMMANDS.items():
        assert f"  {name:<{width}}  {help_}" in ended.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_of_the_table_can_be_called(name: str) -> None:
    module, attribute, _ = cli.COMMANDS[name]
    target = getattr(importlib.import_module(module), attribute)
    assert isinstance(target, typer.Typer) or target.__name__ == name
    ended = CliRunner().invoke(cli.app, [name, "--help"])
    assert ended.exit_code == 0
    assert ended.stdout.startswith("Usage: ")
    assert f" {name} " in ended.stdout.splitlines()[0]


def test_an_unknown_command_is_a_usage_error() -> None:
    ended = aura("pubish")
    assert ended.returncode == 2
    assert "No such command 'pubish'" in ended.stderr


def test_a_failure_is_one_sentence_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise CommandError("expected a broker at 127.0.0.1:9092, found none")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "aura: expected a broker at 127.0.0.1:9092, found none\n"
