"""``aura keys``: API keys of the tenants file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from infra.errors import CommandError
from infra.settings import load_settings
from stream.tenants import Role

app = typer.Typer(help="Create API keys.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """API keys of the tenants file. A key belongs to one tenant and is stored only as a hash."""


@app.command()
def create(
    tenant: Annotated[str, typer.Option(help="Tenant that the key opens.", metavar="ID")],
    role: Annotated[Role, typer.Option(help="read; write: also publish and classify; admin: all.")],
    file: Annotated[
        Path | None, typer.Option(help="Tenants file. [default: AURA_TENANTS_FILE]", dir_okay=False)
    ] = None,
    note: Annotated[str, typer.Option(help="What the key is for.", metavar="TEXT")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a key and print it, this once. It works at once: a running API reads the file again."""
    from api.keys import create as make
    from stream.tenants import TenantsFileError
    from stream.tenants_write import UnknownTenant, add_key

    path = file if file is not None else load_settings().tenants_file
    key, stored = make(role, note)
    try:
        add_key(path, tenant, stored)
    except (TenantsFileError, UnknownTenant) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror}") from error
    if as_json:
        print(json.dumps({"tenant": tenant, "role": role, "id": stored.id, "key": key, "file": str(path)}))
        return
    article = "An" if role == "admin" else "A"
    typer.echo(f"{article} {role} key for {tenant}. It is not stored and not shown again:", err=True)
    print(key)
