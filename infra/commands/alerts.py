"""``aura alerts``: evaluate the rules of the tenants file and tell webhooks; look at both, and try them."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.errors import CommandError, NoAnswer, one_is_an_answer
from infra.logging import configure_logging
from infra.options import AsJson, AsJsonArray, TenantsFile
from infra.settings import load_settings
from infra.tenants_file import plain, tenants_file

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from stream.alerts.deliveries import Delivery
    from stream.tenants import Tenant, Tenants

app = typer.Typer(no_args_is_help=True)

OneTenant = Annotated[str, typer.Option("--tenant", help="Id of the tenant.", metavar="ID")]
AnyTenant = Annotated[str | None, typer.Option("--tenant", help="Of this tenant alone.", metavar="ID")]


@app.callback()
def alerts() -> None:
    """Evaluate alert rules, tell webhooks, and try both.

    Rules are [[tenants.alerts]] of the tenants file, webhooks [[tenants.webhooks]].
    """


@app.command()
def run() -> None:
    """Evaluate rules and tell webhooks, until SIGTERM or Ctrl-C.

    All rules are looked at every AURA_ALERTS_SECONDS (5 by default). Start as many as you like: one evaluates, another
    takes over when it ends, and all deliver. The tenants file is read again when it changes.
    """
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    from contextlib import ExitStack

    from api.access.registry import TenantRegistry
    from infra.interrupt import told_of_signals
    from stream.alerts.metrics import REGISTRY
    from stream.alerts.service import AlertsConfig, Vital
    from stream.alerts.service import run as serve
    from stream.statuspage import served
    from stream.tenants import TenantsFileError

    try:
        registry = TenantRegistry(settings.tenants_file)
    except TenantsFileError as error:
        raise NoAnswer(str(error)) from error
    folder = settings.tenants_file.resolve().parent
    config, vital = AlertsConfig(settings.redis_url, folder, settings.alerts_seconds), Vital()

    async def until_stopped() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        with told_of_signals(lambda: _set(loop, stop)):
            await serve(config, registry.current, vital, stop)

    with ExitStack() as pages:
        if settings.alerts_metrics_port:
            try:
                pages.enter_context(served(vital, settings.alerts_metrics_host, settings.alerts_metrics_port, REGISTRY))
            except OSError as error:
                raise CommandError(
                    f"metrics cannot be shown on {settings.alerts_metrics_host}:{settings.alerts_metrics_port}: "
                    f"{error.strerror}; AURA_ALERTS_METRICS_PORT chooses another port, 0 none"
                ) from error
        asyncio.run(until_stopped())


@app.command("list")
def list_(tenant: AnyTenant = None, file: TenantsFile = None, as_json: AsJsonArray = False) -> None:
    """The rules there are, and how each stands."""
    from infra.alerting import standing
    from stream.tenant_rules import described

    chosen = _chosen(tenant, file)[0]
    found = _asked(standing(load_settings().redis_url, chosen))
    if as_json:
        told = [
            {"tenant": one.tenant, "rule": described(one.rule), "state": one.state, "on": one.on, "held": one.held}
            for one in found
        ]
        print(json.dumps(told, ensure_ascii=False))
        return
    if not found:
        typer.echo("no alert rules; the README shows how they are written", err=True)
        return
    _print_table(
        ("Tenant", "Rule", "Kind", "Looks at", "Window", "State", "Told"),
        [
            (
                one.tenant, one.rule.id, one.rule.kind, one.rule.product or one.rule.scope, one.rule.window,
                one.words, ", ".join(one.rule.webhooks) or "nobody",
            )
            for one in found
        ],
    )  # fmt: skip


@app.command("test")
@one_is_an_answer()
def try_(
    tenant: OneTenant,
    rule: Annotated[str | None, typer.Option(help="This rule alone.", metavar="ID")] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Send a test, marked as one, to the webhooks of these rules.")
    ] = False,
    webhook: Annotated[
        str | None, typer.Option(help="Where --send goes, whether or not a rule names it.", metavar="NAME")
    ] = None,
    file: TenantsFile = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate rules now and show what each would do, and why. Changes nothing, and tells nobody without --send.

    Exit code 1: a webhook did not take the test. 2: trouble, such as a Redis that does not answer, or a wrong tenants
    file, option or setting.
    """
    from infra.alerting import evaluate, try_webhooks

    (chosen,), path = _chosen(tenant, file)
    if rule is not None and rule not in [one.id for one in chosen.alerts]:
        raise CommandError(f"no rule {rule!r} of {tenant}; it has {', '.join(r.id for r in chosen.alerts) or 'none'}")
    there = [one.name for one in chosen.webhooks]
    if webhook is not None and webhook not in there:
        raise CommandError(f"no webhook {webhook!r} of {tenant}; it has {', '.join(there) or 'none'}")
    if webhook is not None and not send:
        raise CommandError("--webhook says where --send goes; nothing is sent without that")
    rules = [one for one in chosen.alerts if rule in (None, one.id)]
    found = _asked(evaluate(load_settings().redis_url, chosen, rules))
    names = {name for one in rules for name in one.webhooks} if webhook is None else {webhook}
    targets = [one for one in chosen.webhooks if one.name in names] if send else []
    answers = _asked(try_webhooks(chosen, targets, path.resolve().parent, found)) if targets else {}
    if as_json:
        print(json.dumps({"findings": [one.told() for one in found], "webhooks": answers}, ensure_ascii=False))
    else:
        _print_table(
            ("Rule", "Subject", "Would", "Reviews", "Why"),
            [
                (
                    one.rule.id,
                    one.subject or "all reviews",
                    one.would,
                    "" if one.reviews is None else f"{one.reviews:,}",
                    one.why,
                )
                for one in found
            ],
        )
        for name, answer in answers.items():
            print(f"webhook {name}: {answer}")
        if send and not answers:
            print("no webhook to tell: none of these rules names one")
    if any(not answer.startswith("took it") for answer in answers.values()):
        raise typer.Exit(1)


@app.command()
def deliveries(
    tenant: AnyTenant = None,
    failed: Annotated[bool, typer.Option("--failed", help="Those that were given up, in place of these.")] = False,
    file: TenantsFile = None,
    as_json: AsJsonArray = False,
) -> None:
    """What webhooks are still to be sent.

    With --failed what was given up; it waits for a replay.
    """
    from infra.alerting import listed

    found = _asked(listed(load_settings().redis_url, [one.id for one in _chosen(tenant, file)[0]], failed=failed))
    if as_json:
        print(json.dumps([_delivery(whose, one, at, failed) for whose, one, at in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("nothing was given up" if failed else "nothing waits", err=True)
        return
    _print_table(
        ("Tenant", "Delivery", "Webhook", "Event", "Rule", "Product", "Attempts", "Last answer",
         "Given up" if failed else "Next"),
        [
            (whose, one.id, one.webhook, one.event.event, one.event.rule, one.event.product_id or "",
             str(one.attempts), one.last, _time(at))
            for whose, one, at in found
        ],
    )  # fmt: skip


@app.command()
def replay(
    tenant: OneTenant,
    delivery: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="As aura alerts deliveries --failed shows them. [default: all]"),
    ] = None,
    file: TenantsFile = None,
) -> None:
    """Send deliveries again that were given up.

    Mend the receiver first: each is tried like a new one. A running aura alerts run sends them.
    """
    from infra.alerting import replayed

    _chosen(tenant, file)
    wanted = set(delivery or ())
    sent, unknown = _asked(replayed(load_settings().redis_url, tenant, wanted))
    if unknown:
        raise CommandError(f"not among those that were given up: {', '.join(sorted(unknown))}")
    print(f"{sent} {'delivery is' if sent == 1 else 'deliveries are'} tried again by aura alerts run")


def _set(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    loop.call_soon_threadsafe(stop.set)


def _chosen(tenant: str | None, file: "Path | None") -> "tuple[list[Tenant], Path]":
    from stream.tenants import TenantsFileError, load
    from stream.tenants_write import UnknownTenant

    with tenants_file(file) as path:
        try:
            known: Tenants = load(path)
        except TenantsFileError as error:
            # One fault anywhere, and no process takes the file: what it says of alerts is in force nowhere.
            raise NoAnswer(
                f"{error}\nnothing of an invalid tenants file is in force, so nothing can be said of its alerts; "
                "processes that run go on with the version before"
            ) from error
        if tenant is not None and tenant not in known:
            raise UnknownTenant(tenant, list(known))
    return [one for one in known.values() if tenant in (None, one.id)], path


def _asked(answer: "Coroutine[Any, Any, Any]") -> Any:
    from stream.store.state import StoreUnavailable

    try:
        return asyncio.run(answer)
    except StoreUnavailable as error:
        raise CommandError(f"{error}; AURA_REDIS_URL says where it is looked for") from error


def _print_table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table)


def _delivery(tenant: str, delivery: "Delivery", at_ms: int, failed: bool) -> dict[str, Any]:
    import msgspec

    return {"tenant": tenant, **msgspec.to_builtins(delivery), "given_up_ms" if failed else "next_ms": at_ms}


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
