"""``aura keys``: API keys of the tenants file."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.expiry import expiry
from infra.options import AsJson, AsJsonArray, TenantsFile
from infra.tenants_file import plain, record, tenants_file
from stream.tenants import Role

if TYPE_CHECKING:
    from stream.tenants import TenantKey

app = typer.Typer(no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Create, list, rotate and revoke API keys.

    A key belongs to one tenant, and the tenants file has only a hash of it. To exchange one without an interruption,
    rotate it: the old one is valid for a while beside the new one.
    """


@app.command()
def create(
    tenant: Annotated[str, typer.Option(help="Tenant that the key opens.", metavar="ID")],
    role: Annotated[Role, typer.Option(help="read; write: also publish and classify; admin: all.")],
    file: TenantsFile = None,
    note: Annotated[str, typer.Option(help="What the key is for.", metavar="TEXT")] = "",
    expires: Annotated[
        str | None,
        typer.Option(help="When it ends: 90d, or a day (its beginning, UTC), or a time. [default: never]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once. It works at once: a running API reads the file again."""
    from api.access.keys import create as make
    from stream.tenants_write import add_key

    key, stored = make(role, note, None if expires is None else expiry("--expires", expires, datetime.now(UTC)))
    with tenants_file(file) as path:
        add_key(path, tenant, stored)
    record(path, "key created", **_described(tenant, stored))
    if as_json:
        print(json.dumps({**_described(tenant, stored), "key": key, "file": str(path)}))
        return
    article = "An" if role == "admin" else "A"
    until = f", valid until {stored.expires.isoformat()}" if stored.expires else ""
    typer.echo(f"{article} {role} key for {tenant}{until}. It is not stored and not shown again:", err=True)
    print(key)


@app.command("list")
def list_(
    tenant: Annotated[str | None, typer.Option(help="Of this tenant alone.", metavar="ID")] = None,
    file: TenantsFile = None,
    as_json: AsJsonArray = False,
) -> None:
    """The keys there are, by their ids.

    Keys themselves are stored nowhere.
    """
    from stream.tenants import load
    from stream.tenants_write import UnknownTenant

    with tenants_file(file) as path:
        tenants = load(path)
        if tenant is not None and tenant not in tenants:
            raise UnknownTenant(tenant, list(tenants))
    now = datetime.now(UTC)
    found = [
        {**_described(each.id, key), "expired": key.expired(now)}
        for each in tenants.values()
        if tenant in (None, each.id)
        for key in each.keys
    ]
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    if not found:
        typer.echo(f"{path}: no keys; aura keys create makes one", err=True)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Tenant", "Key", "Role", "Created", "Expires", "Note", box=SIMPLE_HEAD)
    for each in found:
        ends = f"{_day(each['expires'])}{', expired' if each['expired'] else ''}"
        table.add_row(each["tenant"], each["id"], each["role"], _day(each["created"]), ends, Text(plain(each["note"])))
    Console().print(table)


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As aura keys list shows it.")],
    file: TenantsFile = None,
    overlap: Annotated[
        str, typer.Option(help="How long the old key is valid yet: 24h, or until a day or time.", metavar="TIME")
    ] = "24h",
    expires: Annotated[
        str | None, typer.Option(help="When the new one ends, as with create. [default: never]", metavar="TIME")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key like another, and print it, this once.

    The old one stays valid for a while beside it (--overlap).
    """
    from api.access.keys import create as make
    from stream.tenants_write import rotate_key

    _check_ids([key_id])
    now = datetime.now(UTC)
    until = expiry("--overlap", overlap, now)
    ends = None if expires is None else expiry("--expires", expires, now)
    made = []
    before = []

    def like(old: "TenantKey") -> "TenantKey":
        before.append(old)
        key, stored = make(old.role, old.note, ends)
        made.append(key)
        return stored

    with tenants_file(file) as path:
        tenant, stored = rotate_key(path, key_id, like, until)
    described = _described(tenant.id, stored)
    until = min(until, before[0].expires or until)  # a rotation never lets the old one live longer
    record(path, "key rotated", **described, instead_of=key_id, until=until.isoformat())
    if as_json:
        print(json.dumps({**described, "key": made[0], "file": str(path), "instead_of": key_id}))
        return
    if ends is None and before[0].expires is not None:
        typer.echo(f"{key_id} had an end, the new key has none: --expires sets one", err=True)
    valid = "valid for ever" if ends is None else f"valid until {_day(ends.astimezone(UTC).isoformat())} UTC"
    old_end = f"{'ended' if until <= now else 'ends'} {_day(until.astimezone(UTC).isoformat())} UTC"
    typer.echo(
        f"A key {valid} instead of {key_id}, which {old_end}. It is not stored and not shown again:",
        err=True,
    )
    print(made[0])


@app.command()
def revoke(
    key_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As aura keys list shows them.")],
    file: TenantsFile = None,
    as_json: AsJson = False,
) -> None:
    """Take keys out of the tenants file.

    A running API refuses them at once, and ends their live streams.
    """
    from stream.tenants_write import remove_keys

    _check_ids(key_ids)
    with tenants_file(file) as path:
        removed = [_described(tenant.id, key) for tenant, key in remove_keys(path, key_ids)]
    for each in removed:
        record(path, "key revoked", **each)
    if as_json:
        print(json.dumps({"file": str(path), "revoked": removed}, ensure_ascii=False))
        return
    for each in removed:
        note = f" ({plain(each['note'])})" if each["note"] else ""
        print(f"revoked {each['id']}, a key of {each['tenant']} to {each['role']}{note}")


def _check_ids(key_ids: list[str]) -> None:
    for key_id in key_ids:
        if not key_id.isalnum():  # surely a key: it is not repeated, for it may end in a log
            raise typer.BadParameter("expected ids; that of a key is between its two underscores", param_hint="ID")


def _described(tenant: str, key: "TenantKey") -> dict[str, Any]:
    """All of a key but its hash."""
    return {
        "tenant": tenant,
        "id": key.id,
        "role": key.role,
        "created": key.created.astimezone(UTC).isoformat(),
        "expires": key.expires.astimezone(UTC).isoformat() if key.expires else None,
        "note": key.note,
    }


def _day(time: str | None) -> str:
    return "never" if time is None else time[:16].replace("T", " ")
