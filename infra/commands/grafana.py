"""``aura grafana``: dashboards, data sources and alert rules, brought into a Grafana."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import CommandError, one_is_an_answer
from infra.options import AsJsonArray, TenantsFile
from infra.settings import load_settings
from infra.tenants_file import tenants_file

if TYPE_CHECKING:
    from infra.grafana.compare import Change
    from infra.grafana.server import Grafana
    from infra.grafana.things import Body, Place, Thing

app = typer.Typer(no_args_is_help=True)

Url = Annotated[str, typer.Option(help="Where Grafana answers.", metavar="URL")]
TokenFile = Annotated[
    Path | None,
    typer.Option(help="File with a token of a service account of the role Admin.", dir_okay=False, exists=True),
]
User = Annotated[str, typer.Option(help="With --password-file, in place of a token: who logs in.", metavar="NAME")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="File with the password of --user.", dir_okay=False, exists=True)
]
TenantIds = Annotated[
    list[str] | None, typer.Option("--tenant", help="Only what is this tenant's; repeatable.", metavar="ID")
]
Keys = Annotated[Path, typer.Option(help="File with a reading key for each tenant (TOML).", dir_okay=False)]
ApiUrl = Annotated[
    str | None, typer.Option(help="Where Grafana reaches the API. [default: where it listens]", metavar="URL")
]
PageUrl = Annotated[
    str | None, typer.Option(help="Where browsers reach the live page. [default: where it listens]", metavar="URL")
]
PrometheusUrl = Annotated[str, typer.Option(help="Where Grafana reaches Prometheus.", metavar="URL")]
Contact = Annotated[
    str | None,
    typer.Option(help="Whom alerts of operations go to: mailto:ADDRESS or a webhook's URL.", metavar="ADDRESS"),
]

_GRAFANA = "http://127.0.0.1:3000"
_PROMETHEUS = "http://127.0.0.1:9090"
_KEYS = Path("grafana.toml")


@app.callback()
def grafana() -> None:
    """Bring dashboards, data sources and alert rules into a Grafana.

    Those of every tenant go into a folder of its own, those of operations into another. What Aura makes has uids that
    begin with aura-; nothing else is touched. The file of keys has a table for each tenant, with its key (aura keys
    create --role read) and, if alerts shall go to somebody, a contact.
    """


@app.command()
def apply(
    url: Url = _GRAFANA,
    token_file: TokenFile = None,
    user: User = "admin",
    password_file: PasswordFile = None,
    tenant: TenantIds = None,
    keys: Keys = _KEYS,
    api_url: ApiUrl = None,
    page_url: PageUrl = None,
    prometheus_url: PrometheusUrl = _PROMETHEUS,
    contact: Contact = None,
    file: TenantsFile = None,
    as_json: AsJsonArray = False,
) -> None:
    """Make Grafana as it should be.

    Creates, updates, and removes what belongs to no tenant any more. A second time it changes nothing.
    """
    server = _server(url, token_file, user, password_file)
    wanted, kept = _wanted(tenant, keys, api_url, page_url, prometheus_url, contact, file)
    steps = _steps(server.there(), wanted, kept, tenant)
    done = []
    for step in steps:
        if step.thing is not None:
            server.put(step.thing, exists=step.action == "update")
        elif not server.remove(step.place):
            continue
        done.append(step)
        if not as_json:
            print(f"{step.action}d {_named(step)}")
    if as_json:
        print(json.dumps([_described(step) for step in done], ensure_ascii=False))
    elif not done:
        print(f"nothing to change: {len(wanted)} things are as they should be")


@app.command()
@one_is_an_answer()
def diff(
    url: Url = _GRAFANA,
    token_file: TokenFile = None,
    user: User = "admin",
    password_file: PasswordFile = None,
    tenant: TenantIds = None,
    keys: Keys = _KEYS,
    api_url: ApiUrl = None,
    page_url: PageUrl = None,
    prometheus_url: PrometheusUrl = _PROMETHEUS,
    contact: Contact = None,
    file: TenantsFile = None,
    as_json: AsJsonArray = False,
) -> None:
    """Show what apply would change, and change nothing.

    Exit code 0: no difference. 1: a difference. 2: trouble, such as a Grafana that does not answer or refuses the
    token, or a wrong file, option or setting.
    """
    server = _server(url, token_file, user, password_file)
    wanted, kept = _wanted(tenant, keys, api_url, page_url, prometheus_url, contact, file)
    steps = _steps(server.there(), wanted, kept, tenant)
    if as_json:
        print(json.dumps([_described(step) for step in steps], ensure_ascii=False))
    else:
        for step in steps:
            print(f"{step.action} {_named(step)}")
            for line in step.lines:
                print(f"    {line}")
        if not steps:
            print(f"no difference: {len(wanted)} things are as they should be")
    raise typer.Exit(1 if steps else 0)


@app.command()
def remove(
    url: Url = _GRAFANA,
    token_file: TokenFile = None,
    user: User = "admin",
    password_file: PasswordFile = None,
    tenant: TenantIds = None,
    as_json: AsJsonArray = False,
) -> None:
    """Take out what apply made, and nothing else.

    A folder in which others have put something stays.
    """
    from infra.grafana.compare import changes

    server = _server(url, token_file, user, password_file)
    there = server.there()
    done = []
    for step in changes([], there, _scope(there, tenant)):
        if server.remove(step.place):
            done.append(step)
            if not as_json:
                print(f"removed {_named(step)}")
        else:
            typer.echo(f"aura: {_named(step)} stays: it holds what Aura did not make", err=True)
    if as_json:
        print(json.dumps([_described(step) for step in done], ensure_ascii=False))
    elif not done:
        print("nothing to remove")


def _server(url: str, token_file: Path | None, user: str, password_file: Path | None) -> "Grafana":
    from infra.grafana.server import Grafana

    if token_file is not None and password_file is None:
        return Grafana(url, _secret(token_file))
    if password_file is not None and token_file is None:
        return Grafana(url, (user, _secret(password_file)))
    raise typer.BadParameter("expected one of them", param_hint="--token-file, --password-file")


def _secret(path: Path) -> str:
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: cannot be read: {error}") from None
    if not found:
        raise CommandError(f"{path}: expected a secret, got nothing")
    return found


def _wanted(
    only: list[str] | None,
    keys: Path,
    api_url: str | None,
    page_url: str | None,
    prometheus_url: str,
    contact: str | None,
    file: Path | None,
) -> tuple[list["Thing"], list[str]]:
    """What shall be there, and the ids of tenants that are left as they are."""
    from infra.grafana.customers import read_customers
    from infra.grafana.wanted import Addresses, of_customer, of_operations
    from stream.tenants import load

    settings = load_settings()
    here = f"http://{settings.api_host}:{settings.api_port}"
    addresses = Addresses(
        api=(api_url or here).rstrip("/"), prometheus=prometheus_url.rstrip("/"), page=(page_url or here).rstrip("/")
    )
    with tenants_file(file) as path:
        tenants = load(path)
    customers = read_customers(keys, tenants, only or [], datetime.now(UTC))
    if customers.without_key:
        typer.echo(
            f"aura: left as they are, for {keys} has no key of them: {', '.join(customers.without_key)}", err=True
        )
    found = [] if only else of_operations(addresses, contact or None, customers.known)
    for customer in customers.known:
        found += of_customer(customer, addresses)
    return found, customers.without_key


def _steps(
    there: "dict[Place, Body]", wanted: list["Thing"], kept: list[str], only: list[str] | None
) -> list["Change"]:
    from infra.grafana.compare import changes
    from infra.grafana.wanted import places_of

    left = {place for tenant in kept for place in places_of(tenant)}
    return changes(wanted, there, _scope(there, only) - left)


def _scope(there: "dict[Place, Body]", only: list[str] | None) -> set["Place"]:
    """What may be removed."""
    from infra.grafana.wanted import places_of

    return {place for tenant in only for place in places_of(tenant)} if only else set(there)


def _named(step: "Change") -> str:
    return f"{step.place.sort} {step.place.uid} ({step.title})" if step.title else f"{step.place.sort} {step.place.uid}"


def _described(step: "Change") -> dict[str, object]:
    return {
        "action": step.action,
        "sort": step.place.sort,
        "uid": step.place.uid,
        "title": step.title,
        "diff": list(step.lines),
    }
