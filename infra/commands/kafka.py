"""``aura kafka``: a real Apache Kafka on this machine."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.kafka.server import DEFAULT_HEAP, KafkaServer
from infra.settings import load_settings

app = typer.Typer(
    help="Run a real Apache Kafka on this machine: one node, loopback only, data under a folder of yours."
)

Data = Annotated[
    Path | None, typer.Option(help="Folder of its data. [default: kafka in AURA_DATA_DIR]", file_okay=False)
]


def _heap(value: str) -> str:
    if not re.fullmatch(r"[1-9]\d*[mg]", value):
        raise typer.BadParameter(f"expected a size such as 512m or 2g, got {value!r}")
    return value


def _folder(data: Path | None) -> Path:
    return data if data is not None else load_settings().data_dir / "kafka"


@app.command()
def start(
    data: Data = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port for clients.")] = 9092,
    heap: Annotated[str, typer.Option(callback=_heap, help="Largest Java heap.")] = DEFAULT_HEAP,
) -> None:
    """Start it, wait until it answers, and leave it running. Does nothing when it runs already."""
    server = KafkaServer(_folder(data), port, heap=heap, tied=False)
    with Console(stderr=True).status("Starting Kafka ..."):
        started = server.start()
    print(f"Kafka {'answers' if started else 'runs already'} on {server.bootstrap_servers} (process {server.pid}).")


@app.command()
def stop(data: Data = None) -> None:
    """Stop it cleanly and wait until it is gone. Its data stays."""
    server = KafkaServer(_folder(data))
    with Console(stderr=True).status("Stopping Kafka ..."):
        stopped = server.stop()
    print("Kafka has stopped." if stopped else "Kafka does not run.")


@app.command()
def status(data: Data = None) -> None:
    """Say whether it runs; exit code 1 when it does not."""
    server = KafkaServer(_folder(data))
    if server.pid is None:
        print(f"Kafka does not run ({server.data_dir}).")
        raise typer.Exit(1)
    print(f"Kafka runs on {server.bootstrap_servers} (process {server.pid}, data in {server.data_dir}).")
