"""The ``aura`` command: a table of commands, each loaded when it is called, so that ``aura --help`` stays fast."""

import importlib
import sys
from typing import Final

import click
import typer
import typer.core
import typer.main

COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "demo": ("infra.commands.demo", "demo", "Live sentiment in a browser, with embedded services."),
    "worker": ("infra.commands.worker", "worker", "Classify reviews from Kafka and keep the totals in Redis."),
    "api": ("infra.commands.api", "api", "Serve the HTTP API and the live page."),
    "publish": ("infra.commands.publish", "publish", "Publish the reviews of a file."),
    "simulate": ("infra.commands.simulate", "simulate", "Publish believable traffic for three tenants."),
    "train": ("infra.commands.train", "train", "Train a classifier."),
    "evaluate": ("infra.commands.evaluate", "evaluate", "Measure a classifier on a labelled file."),
    "predict": ("infra.commands.predict", "predict", "Classify every row of a CSV file."),
    "keys": ("infra.commands.keys", "app", "Create API keys."),
    "kafka": ("infra.commands.kafka", "app", "Run a real Apache Kafka on this machine."),
    "config": ("infra.commands.config", "config", "Print every setting with its source."),
    "bench": ("infra.commands.bench", "app", "Measure the system."),
}
"""Name: module, attribute (a function or a Typer app), one line of help."""


class LazyGroup(typer.core.TyperGroup):
    """A group that knows its commands' names and help, and imports a command's module only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        target = getattr(importlib.import_module(module), attribute)
        if isinstance(target, typer.Typer):
            command = typer.main.get_command(target)
        else:
            single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            single.command(cmd_name)(target)
            command = typer.main.get_command(single)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
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
        app()
    except KeyboardInterrupt:
        sys.exit(130)
