"""``aura simulate``: believable traffic of three tenants, to Kafka."""

import sys
import time
from collections.abc import Iterator
from itertools import chain, islice, takewhile
from typing import Annotated, Final

import typer

from infra.durations import seconds_of
from infra.errors import CommandError
from infra.interrupt import Interrupt, stop_on_interrupt
from infra.logging import configure_logging
from infra.sending import FLUSH_SECONDS, ProgressBar, Sending, check_tenant, open_publisher, print_counts
from infra.settings import load_settings
from stream.event import ReviewEvent
from stream.simulate import TENANTS, live, traffic

EXIT_INTERRUPTED: Final = 130


def simulate(
    rate: Annotated[float, typer.Option(help="Reviews a second over all tenants, on average.")] = 20.0,
    reviews: Annotated[
        int | None, typer.Option(min=1, help="Stop after this many, those of the history not counted.")
    ] = None,
    duration: Annotated[str | None, typer.Option(help="Stop after this long, such as 90s, 15m or 2h.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed at the same moment gives the same reviews.")] = 1,
    tenants: Annotated[str, typer.Option(help="Whose customers write.")] = ",".join(TENANTS),
    history: Annotated[
        str | None, typer.Option(help="First publish this long a past at full speed, so that charts are not empty.")
    ] = None,
    history_rate: Annotated[float, typer.Option(help="Reviews a second of the history.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the closing counts as one JSON object.")] = False,
    bootstrap_servers: Annotated[
        str | None, typer.Option(help="Kafka's address, instead of AURA_KAFKA_BOOTSTRAP_SERVERS.")
    ] = None,
) -> None:
    """Publish believable traffic: reviews of a shop, a bank and a company with cinemas, as they would come in.

    Within minutes some products turn bad, recover, decline or are much talked of; after half an hour all begins again.
    Ends with Ctrl-C, or after --reviews or --duration.
    """
    whose = _tenants(tenants)
    for option, value in (("--rate", rate), ("--history-rate", history_rate)):
        if not 0 < value < float("inf"):
            raise typer.BadParameter(f"expected a number above 0; got {value:g}", param_hint=option)
    lasts, past = _seconds("--duration", duration), _seconds("--history", history)
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    for tenant in whose:
        check_tenant(settings, tenant)
    with open_publisher(settings, bootstrap_servers) as publisher, stop_on_interrupt() as interrupt:
        sending = Sending(publisher, interrupt)
        before = _past(seed, past, history_rate, whose) if past else iter(())
        now = islice(_live(seed, rate, whose, lasts, interrupt), reviews)
        with ProgressBar("simulating", None) as bar:
            for position, event in enumerate(chain(before, now), start=1):
                if not sending.send(position, event, bar.waiting):
                    break
                bar.show(position, position)
        sending.finish(FLUSH_SECONDS)
        interrupted = interrupt.is_set()
    counts: dict[str, object] = {
        "published": sending.published,
        "failed": sending.failed,
        "seconds": round(sending.seconds, 3),
        "rate": round(sending.rate, 1),
    }
    sentence = f"published {sending.published:,} reviews in {sending.seconds:.1f} s ({sending.rate:,.0f}/s)"
    print_counts(counts, sentence, as_json=as_json)
    if sending.failure is not None:
        raise CommandError(f"Kafka takes no more events: {sending.failure}")
    if interrupted and (reviews is not None or lasts is not None):
        sys.exit(EXIT_INTERRUPTED)


def _past(seed: int, seconds: float, rate: float, tenants: tuple[str, ...]) -> Iterator[ReviewEvent]:
    """The last ``seconds`` before now, all at once."""
    now_ms = _now_ms()
    events = traffic(seed, now_ms - int(seconds * 1000), rate, tenants, story_ms=now_ms)
    return takewhile(lambda event: event.occurred_ms < now_ms, events)


def _live(
    seed: int, rate: float, tenants: tuple[str, ...], seconds: float | None, interrupt: Interrupt
) -> Iterator[ReviewEvent]:
    """From the first look on, each event at its time; the clock starts then, not while a history is published."""
    start_ms = _now_ms()
    events = traffic(seed, start_ms, rate, tenants)
    if seconds is not None:
        end_ms = start_ms + int(seconds * 1000)
        events = takewhile(lambda event: event.occurred_ms < end_ms, events)
    yield from live(events, interrupt)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _tenants(text: str) -> tuple[str, ...]:
    tenants = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in tenants if name not in TENANTS]
    if unknown or not tenants:
        expected = f"expected some of {', '.join(TENANTS)}, with commas between"
        raise typer.BadParameter(f"{expected}; got {text!r}", param_hint="--tenants")
    return tenants


def _seconds(option: str, text: str | None) -> float | None:
    try:
        return None if text is None else seconds_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
