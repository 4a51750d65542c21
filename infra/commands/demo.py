"""``aura demo``: live sentiment in a browser, with embedded services."""

import json
import sys
import webbrowser
from pathlib import Path
from typing import Annotated, Final

import typer

from infra.errors import CommandError
from infra.field_pairs import field_pairs
from infra.settings import load_settings
from stream.readers.fields import FIELDS
from stream.tenants import Kind

LIVE_RATE: Final = 30.0
"""Reviews a second: some one every two seconds a product, lively but still to be read."""

ONCE_REVIEWS: Final = 20_000


def demo(
    reviews: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"End the traffic after so many reviews. [default: never; with --once {ONCE_REVIEWS:,}]"
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option(help="Publish the reviews as fast as they are counted, print figures as JSON, and end.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=100_000,
            help=f"Reviews a second. [default: {LIVE_RATE:g}; with --once as many as are counted]",
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the page. [default: AURA_API_PORT]")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same reviews.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=4, help="Worker processes.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print address and keys as one line of JSON.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(help="Show the reviews of this file, gzip'd or not, in place of made-up ones.", dir_okay=False),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN",
            help="With --csv: column of a field; repeatable. Without it, columns are found by their usual names "
            f"(English, German, French, Spanish). Fields: {', '.join(FIELDS)}.",
        ),
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="With --csv: value of a field where the file has none."),
    ] = None,
    time_format: Annotated[
        str | None,
        typer.Option(help="With --csv: form of times, such as '%d.%m.%Y'. [default: ISO 8601, numbers, or found]"),
    ] = None,
    kind: Annotated[
        Kind, typer.Option(help="With --csv: whose reviews they are; chooses the classifier.")
    ] = "ecommerce",
) -> None:
    """Show Aura live: a broker, a Redis, a worker and the API on this machine, fed by the simulator or by your file.

    Needs nothing but this package, keeps nothing, and takes everything with it on Ctrl-C.
    """
    settings = load_settings()
    if csv is not None:
        if once or reviews is not None or rate is not None:
            raise typer.BadParameter("expected without --once, --reviews and --rate; got both", param_hint="--csv")
        files = field_pairs("--column", column), field_pairs("--set", constant)
        _show_file(csv, *files, time_format, kind, port or settings.api_port, workers, as_json=as_json, browser=browser)
        return
    from infra.demo.live import LiveDemo
    from infra.demo.once import measure
    from infra.demo.stack import DemoStack
    from infra.interrupt import stop_on_interrupt
    from infra.ports import free_port

    # Nobody opens the page of a measurement: a taken port is no reason to fail.
    port = port or (free_port() if once else settings.api_port)
    with stop_on_interrupt() as stop, DemoStack(port, workers, stop, alerts=not once) as stack:
        if once:
            measured = measure(stack, reviews or ONCE_REVIEWS, rate, seed, stop)
            print(json.dumps(measured))
            if stop.is_set():
                raise typer.Exit(130)
            if measured["counted"] != measured["published"]:
                raise CommandError(f"{measured['published']} reviews were published, {measured['counted']} counted")
            return
        with LiveDemo(stack, rate or LIVE_RATE, seed, stop) as live_demo:
            live_demo.tell_past()
            if not stop.is_set():
                _announce(stack.page, stack.url, stack.keys, as_json=as_json, browser=browser)
            live_demo.tell_present(reviews)


def _show_file(
    csv: Path,
    columns: dict[str, str],
    constants: dict[str, str],
    time_format: str | None,
    kind: Kind,
    port: int,
    workers: int,
    *,
    as_json: bool,
    browser: bool,
) -> None:
    from infra.demo.live import until_stopped
    from infra.demo.own import describe, layout_of, tell, tenants
    from infra.demo.stack import DemoStack
    from infra.interrupt import stop_on_interrupt

    layout = layout_of(csv, columns, constants, time_format)
    print(describe(csv, layout), file=sys.stderr)
    with stop_on_interrupt() as stop, DemoStack(port, workers, stop, tenants(kind)) as stack:
        told = tell(stack, csv, layout, stop)
        if stop.is_set():
            return
        print(f"{csv}: {told}.", file=sys.stderr)
        _announce(stack.page, stack.url, stack.keys, as_json=as_json, browser=browser)
        with until_stopped(stack, stop):
            pass


def _announce(page: str, url: str, keys: dict[str, str], *, as_json: bool, browser: bool) -> None:
    if as_json:
        print(json.dumps({"page": page, "url": url, "keys": keys}), flush=True)
    else:
        print(f"Aura is live. The page, with its keys:\n\n  {page}\n\nThe API is at {url} (/openapi.json). Keys:\n")
        print("\n".join(f"  {tenant:<8}{key}" for tenant, key in keys.items()), end="\n\n", flush=True)
    if browser and _has_window():
        webbrowser.open(page)


def _has_window() -> bool:
    """Whether there is a browser with a window; one in the terminal would take it over."""
    try:
        return type(webbrowser.get()) is not webbrowser.GenericBrowser
    except webbrowser.Error:
        return False
