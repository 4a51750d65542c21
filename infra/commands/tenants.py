"""``aura tenants``: whom Aura works for, as the tenants file says."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.errors import CommandError
from infra.options import AsJson, AsJsonArray, TenantsFile
from infra.tenants_file import plain, record, tenants_file
from stream.tenants import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from stream.tables import Fault
    from stream.tenants import Tenant, Tenants

app = typer.Typer(no_args_is_help=True)


@app.callback()
def tenants() -> None:
    """List, check and add tenants.

    Tenants are the businesses of the tenants file, which workers, the API and aura alerts run read again whenever it
    changes.
    """


@app.command("list")
def list_(file: TenantsFile = None, as_json: AsJsonArray = False) -> None:
    """The tenants there are, with the model and the limits of each."""
    from stream.tenants import load

    with tenants_file(file) as path:
        found = list(load(path).values())
    if as_json:
        print(json.dumps([_described(tenant) for tenant in found], ensure_ascii=False))
        return
    if not found:
        typer.echo(f"{path}: no tenants; aura tenants add puts one in", err=True)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for heading in ("Tenant", "Name", "Kind", "Model"):
        table.add_column(heading, no_wrap=heading in ("Tenant", "Kind"), overflow="fold")
    for heading in ("Texts", "Per s", "Alerts", "Keys"):
        table.add_column(heading, no_wrap=True, justify="right")
    for each in found:
        table.add_row(
            each.id,
            Text(plain(each.name)),
            each.kind,
            Text(each.model if each.shadow_model is None else f"{each.model}, shadow {each.shadow_model}"),
            f"{each.recent_reviews}, {each.recent_days} d" if each.recent_reviews else "none",
            str(each.requests_per_second or "any"),
            str(len(each.alerts)),
            str(len(each.keys)),
        )
    Console().print(table)


@app.command()
def check(file: TenantsFile = None, as_json: AsJson = False) -> None:
    """Say everything that is wrong with the tenants file.

    Also with the models and the secrets that it names. Exit code 1 if anything is wrong. What is valid, and yet hardly
    meant, is said too, and leaves the exit code at 0.
    """
    from stream.tenants import TenantsFileError, load

    faults: list[Fault] = []
    doubts: list[str] = []
    known: Tenants | None = None
    with tenants_file(file) as path:
        try:
            known = load(path)
        except TenantsFileError as error:
            faults = error.faults
    if known is not None:
        faults = _missing_models(known) + _unusable_secrets(known, path.resolve().parent)
        doubts = _doubts(path, known)
    if as_json:
        told = [{"place": fault.place, "sentence": fault.sentence} for fault in faults]
        print(json.dumps({"file": str(path), "valid": not faults, "faults": told, "doubts": doubts}))
        raise typer.Exit(1 if faults else 0)
    for doubt in doubts:
        typer.echo(f"{path}: {doubt}", err=True)
    if faults:
        raise CommandError("\n".join(f"{path}: {fault}" for fault in faults))
    if known is not None:
        keys = sum(len(tenant.keys) for tenant in known.values())
        print(f"{path}: valid, {len(known)} tenant{'s' * (len(known) != 1)}, {keys} key{'s' * (keys != 1)}")


@app.command()
def add(
    tenant: Annotated[str, typer.Argument(metavar="ID", help="Lower-case letters, digits, dashes and underscores.")],
    name: Annotated[str, typer.Option(help="What people call it.", metavar="TEXT")],
    kind: Annotated[Kind, typer.Option(help="What it sells; without --model it has the classifier for that.")],
    model: Annotated[
        str | None, typer.Option(help="The name of a shipped classifier, or the folder of one.", metavar="MODEL")
    ] = None,
    recent_reviews: Annotated[
        int | None, typer.Option(help="Review texts kept a product, 0 for none. [default: 50]", metavar="N")
    ] = None,
    recent_days: Annotated[
        int | None, typer.Option(help="Days for which they are kept. [default: 7]", metavar="N")
    ] = None,
    duplicate_seconds: Annotated[
        int | None,
        typer.Option(
            help="Seconds in which an event sent again counts as the same, 0 for never. [default: 3600]", metavar="N"
        ),
    ] = None,
    requests_per_second: Annotated[
        int | None,
        typer.Option(
            help="Requests a second of each key in the long run, 0 without limit. [default: 500]", metavar="N"
        ),
    ] = None,
    request_burst: Annotated[
        int | None, typer.Option(help="Requests of each key at once. [default: 1000]", metavar="N")
    ] = None,
    live_streams: Annotated[
        int | None, typer.Option(help="Live streams that may be open at a time. [default: 1000]", metavar="N")
    ] = None,
    file: TenantsFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a tenant at the end of the tenants file.

    The file is made if there is none; what people wrote there stays as it is.
    """
    from stream.tenants_write import add_tenant

    given = {
        "id": tenant,
        "name": name,
        "kind": kind,
        "model": model,
        "recent_reviews": recent_reviews,
        "recent_days": recent_days,
        "duplicate_seconds": duplicate_seconds,
        "requests_per_second": requests_per_second,
        "request_burst": request_burst,
        "live_streams": live_streams,
    }
    fields = {field: value for field, value in given.items() if value is not None}
    if model is not None:
        from models.artefact import ArtefactError, find

        try:
            find(model)
        except ArtefactError as error:
            raise CommandError(str(error)) from error
    with tenants_file(file) as path:
        added = _described(add_tenant(path, fields))
    record(path, "tenant added", tenant=tenant, **{field: value for field, value in fields.items() if field != "id"})
    if as_json:
        print(json.dumps({"file": str(path), "added": added}, ensure_ascii=False))
        return
    print(f"added {tenant}, scored by {added['model']}; aura keys create --tenant {tenant} --role ROLE makes its keys")


def _described(tenant: "Tenant") -> dict[str, Any]:
    """All of a tenant, of its keys the number, and of its webhooks the names: an address may hold a token."""
    import msgspec

    from stream.tenant_rules import described

    found: dict[str, Any] = msgspec.to_builtins(tenant)
    return {
        **found,
        "keys": len(tenant.keys),
        "alerts": [described(rule) for rule in tenant.alerts],
        "webhooks": [webhook.name for webhook in tenant.webhooks],
    }


def _missing_models(known: "Tenants") -> "list[Fault]":
    """A worker refuses the whole file for one model that it cannot load."""
    from models.artefact import ArtefactError, find
    from stream.tables import Fault

    reasons: dict[str, str | None] = {}
    faults = []
    for index, tenant in enumerate(known.values()):
        for field in ("model", "shadow_model"):
            model = getattr(tenant, field)
            if model is None:
                continue
            if model not in reasons:
                try:
                    find(model)
                    reasons[model] = None
                except ArtefactError as error:
                    reasons[model] = str(error)
            if (reason := reasons[model]) is not None:
                faults.append(Fault(f"tenants[{index}].{field}", reason))
    return faults


def _unusable_secrets(known: "Tenants", folder: "Path") -> "list[Fault]":
    """A webhook without its secret is sent nothing."""
    from stream.alerts.secrets import SecretUnusable, read_secrets
    from stream.tables import Fault

    faults = []
    for index, tenant in enumerate(known.values()):
        for number, webhook in enumerate(tenant.webhooks):
            try:
                read_secrets(webhook, folder)
            except SecretUnusable as error:
                faults.append(Fault(f"tenants[{index}].webhooks[{number}].secret_file", str(error)))
    return faults


def _doubts(path: "Path", known: "Tenants") -> list[str]:
    from stream.alerts.secrets import secret_path

    now = datetime.now(UTC)
    doubts = []
    if path.stat().st_mode & 0o077:
        doubts.append(f"others than its owner may read it; chmod 600 {path}")
    folder = path.resolve().parent
    secrets = {secret_path(webhook, folder) for tenant in known.values() for webhook in tenant.webhooks}
    doubts.extend(
        f"others than its owner may read the secret of a webhook; chmod 600 {secret}"
        for secret in sorted(secrets)
        if secret.exists() and secret.stat().st_mode & 0o077
    )
    if not known:
        doubts.append("no tenants; every review goes to the dead letters")
    for tenant in known.values():
        if all(key.expired(now) for key in tenant.keys):
            doubts.append(f"{tenant.id} has no key that is valid; nobody reads its numbers")
        doubts.extend(
            f"key {key.id} of {tenant.id} expired at {key.expires.astimezone(UTC).isoformat()}"
            for key in tenant.keys
            if key.expires is not None and key.expired(now)
        )
    return doubts
