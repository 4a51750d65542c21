"""The command table: what it names exists, and listing it imports nothing."""

import importlib
import os
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
        "heavy = {'confluent_kafka', 'numpy', 'tensorflow', 'pandas', 'faust', 'fastapi', 'pydantic'}\n"
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


GROUPS = [name for name, (_, attribute, _) in cli.COMMANDS.items() if attribute == "app"]


@pytest.mark.parametrize("name", GROUPS)
def test_the_help_of_a_group_says_all_that_is_written_of_it(name: str) -> None:
    group = importlib.import_module(cli.COMMANDS[name][0]).app
    written = group.info.help if group.registered_callback is None else group.registered_callback.callback.__doc__
    shown = CliRunner().invoke(cli.app, [name, "--help"]).stdout
    assert " ".join(written.split()) in " ".join(shown.split())


@pytest.mark.parametrize("name", GROUPS)
def test_no_sentence_on_a_command_of_a_group_is_cut_off_in_the_list(name: str) -> None:
    shown = CliRunner().invoke(cli.app, [name, "--help"], terminal_width=80).stdout
    listed = shown.split("Commands:\n")[1].splitlines()
    assert len(listed) >= 2
    assert [line for line in listed if line.endswith("...") or len(line) > 80] == []


def test_no_option_of_any_command_goes_without_a_word_of_help() -> None:
    silent = []
    root = typer.main.get_group(cli.app)
    commands = [root.get_command(typer.Context(root), name) for name in cli.COMMANDS]
    while commands:
        command = commands.pop()
        assert command is not None
        commands += getattr(command, "commands", {}).values()
        for parameter in command.params:
            help_ = getattr(parameter, "help", None) or ""
            if parameter.param_type_name == "option" and not help_.split("[default")[0].strip():
                silent.append(f"{command.name} {parameter.name}")
    assert silent == []


@pytest.mark.parametrize("words", [1, 100_000])
def test_a_reader_that_has_enough_hears_no_complaint(words: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = f"from infra import cli; cli.app = lambda: print('word ' * {words}); cli.main()"
    with os.fdopen(writer, "w") as pipe:
        ended = subprocess.run(
            [sys.executable, "-c", code], stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=60
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (1, "")


def test_an_unknown_command_is_a_usage_error() -> None:
    ended = aura("pubish")
    assert ended.returncode == 2
    assert "No such command 'pubish'" in ended.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            CommandError("expected a broker at 127.0.0.1:9092, found none"),
            "expected a broker at 127.0.0.1:9092, found none",
        ),
        (MemoryError("Unable to allocate 9.51 GiB"), "not enough memory: Unable to allocate 9.51 GiB"),
        (MemoryError(), "not enough memory: the machine has no more to give"),
    ],
)
def test_a_failure_is_one_sentence_and_no_traceback(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"aura: {said}\n"
