"""``aura config``: every setting with its value and where that came from."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from infra.settings import entries, load_settings


def config(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: name to value and source.")] = False,
) -> None:
    """Print every setting with its value and where that came from; passwords are masked.

    The environment wins over aura.toml in the current folder, and that over the defaults.
    """
    rows = entries(load_settings())
    if as_json:
        print(json.dumps({row.name: asdict(row) for row in rows}, indent=2))
        return
    names = max(len(row.name) for row in rows)
    values = max(len(_shown(row.value)) for row in rows)
    for row in rows:
        print(f"{row.name:<{names}}  {_shown(row.value):<{values}}  {row.source:<11}  {row.description}")


def _shown(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
