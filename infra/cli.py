"""The ``aura`` command: a table of commands, each loaded when it is called, so that ``aura --help`` stays fast."""

import importlib
import os
import sys
from contextlib import AbstractContextManager
from typing import Final, Protocol

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from infra.errors import CommandError

COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "demo": ("infra.commands.demo", "demo", "Live sentiment in a browser, with embedded services."),
    "worker": ("infra.commands.worker", "worker", "Classify reviews from Kafka and keep the totals in Redis."),
    "api": ("infra.commands.api", "api", "Serve the HTTP API and the live page."),
    "publish": ("infra.commands.publish", "publish", "Publish the reviews of a file."),
    "simulate": ("infra.commands.simulate", "simulate", "Publish believable traffic for three tenants."),
    "data": ("infra.commands.data", "app", "List and describe data sets to train on and to measure with."),
    "train": ("infra.commands.train", "train", "Train a classifier."),
    "tune": ("infra.commands.tune", "tune", "Search the hyperparameters of a network."),
    "evaluate": ("infra.commands.evaluate", "evaluate", "Measure a classifier on a labelled file."),
    "models": ("infra.commands.models", "app", "List, compare, promote and export classifiers."),
    "predict": ("infra.commands.predict", "predict", "Classify every row of a CSV file."),
    "tenants": ("infra.commands.tenants", "app", "List, check and add tenants."),
    "keys": ("infra.commands.keys", "app", "Create, list, rotate and revoke API keys."),
    "grafana": ("infra.commands.grafana", "app", "Bring dashboards and alert rules into a Grafana."),
    "alerts": ("infra.commands.alerts", "app", "Evaluate alert rules, tell webhooks, and try both."),
    "kafka": ("infra.commands.kafka", "app", "Run a real Apache Kafka on this machine."),
    "config": ("infra.commands.config", "config", "Print every setting with its source."),
    "audit": ("infra.commands.audit", "audit", "Prove that Redis holds what the log says."),
    "dead-letters": ("infra.commands.dead_letters", "app", "List, show, replay and export what was refused."),
    "bench": ("infra.commands.bench", "app", "Measure the system."),
}
"""Name: module, attribute (a function or a Typer app), one line of help."""


class _Formatter(Protocol):
    def section(self, name: str) -> AbstractContextManager[None]: ...

    def write_dl(self, rows: list[tuple[str, str]]) -> None: ...


class LazyGroup(TyperGroup):
    """A group that knows its commands' names and help, and imports a command's module only to run it."""

    def list_commands(self, ctx: object) -> list[str]:
        """The names, in the order of a first use."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Import the module of ``cmd_name``."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        target = getattr(importlib.import_module(module), attribute)
        if isinstance(target, typer.Typer):
            target.rich_markup_mode = None  # plain help, as that of the commands without a Typer app of their own
            group = typer.main.get_group(target)
            group.name = cmd_name
            return group
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        single.command(cmd_name)(target)
        command = typer.main.get_group(single).commands[cmd_name]
        if not isinstance(command, TyperCommand):
            raise TypeError(f"{module}.{attribute}: expected a function or a Typer app")
        return command

    def format_commands(self, ctx: object, formatter: _Formatter) -> None:
        """List the commands without importing their modules."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, _, help_) in COMMANDS.items()])


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Streaming sentiment analytics: review events in, live per-product sentiment out.",
)


@app.callback()
def aura() -> None:
    """Streaming sentiment analytics: review events in, live per-product sentiment out."""


def main() -> None:
    """Entry point of the ``aura`` command."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except CommandError as error:
        print(f"aura: {error}".replace("\n", "\naura: "), file=sys.stderr)
        sys.exit(error.exit_code)
    except MemoryError as error:
        print(f"aura: not enough memory: {str(error) or 'the machine has no more to give'}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read standard output, such as head, has enough; Python must not complain of the rest as it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
