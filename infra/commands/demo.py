"""``aura demo``: live sentiment in a browser, with embedded services."""

import json
import webbrowser
from typing import Annotated, Final

import typer

from infra.errors import CommandError
from infra.settings import load_settings

LIVE_RATE: Final = 30.0
"""Reviews a second: some one every two seconds a product, lively but still to be read."""

ONCE_REVIEWS: Final = 20_000


def demo(
    reviews: Annotated[int | None, typer.Option(min=1, help="End the traffic after so many reviews.")] = None,
    once: Annotated[
        bool, typer.Option(help="Publish the reviews as fast as they are counted, print figures as JSON, and end.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.01, max=100_000, help=f"Reviews a second. [default: {LIVE_RATE:g}]")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the page. [default: AURA_API_PORT]")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same reviews.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=4, help="Worker processes.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print address and keys as one line of JSON.")] = False,
) -> None:
    """Show Aura live: a broker, a Redis, a worker and the API on this machine, fed by the simulator.

    Needs nothing but this package, keeps nothing, and takes everything with it on Ctrl-C.
    """
    settings = load_settings()
    from infra.demo.live import LiveDemo
    from infra.demo.once import measure
    from infra.demo.stack import DemoStack
    from infra.interrupt import stop_on_interrupt
    from infra.ports import free_port

    # Nobody opens the page of a measurement: a taken port is no reason to fail.
    port = port or (free_port() if once else settings.api_port)
    with stop_on_interrupt() as stop, DemoStack(port, workers, stop) as stack:
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
