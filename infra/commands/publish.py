"""``aura publish``: the reviews of a file, to Kafka."""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, tzinfo
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from infra.errors import CommandError
from infra.field_pairs import field_pairs
from infra.interrupt import stop_on_interrupt
from infra.logging import configure_logging
from infra.publishing import Pace, PublishRun
from infra.rejects import Rejects
from infra.sending import Sending, check_tenant, open_publisher, print_counts
from infra.settings import load_settings
from stream.event import TENANT_PATTERN
from stream.readers.fields import FIELDS, Fields
from stream.readers.rows import Accepted, Format, Layout, LayoutError, Rejected, read
from stream.readers.source import Source, SourceError
from stream.replay import ReplayTooLong

EXIT_REJECTS: Final = 3
EXIT_INTERRUPTED: Final = 130

_JSON_LINES: Final = (".jsonl", ".ndjson")


def publish(
    file: Annotated[str, typer.Argument(help="The file, gzip'd or not; - is standard input.")],
    tenant: Annotated[str, typer.Option(help="Whose reviews they are.")],
    kind: Annotated[
        Format | None, typer.Option("--format", help="What it is; without it, csv unless its name says JSON lines.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN",
            help="Column (or JSON member) of a field; repeatable. Columns named like fields need none; FIELD= reads "
            f"none. Fields: {', '.join(FIELDS)}.",
        ),
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Value of a field where the file has none; repeatable."),
    ] = None,
    delimiter: Annotated[str, typer.Option(help="Between columns; 'tab' for tabulators.")] = ",",
    timezone: Annotated[str, typer.Option(help="Zone of times that name none, such as Europe/Berlin.")] = "UTC",
    time_format: Annotated[
        str | None, typer.Option(help="Form of times that are not ISO 8601 or numbers, such as '%d.%m.%Y %H:%M'.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Reviews a second; without it, as fast as Kafka takes them.")
    ] = None,
    replay: Annotated[
        float | None,
        typer.Option(
            metavar="SPEED",
            help="Send in the order of event times and keep the gaps between them, divided by SPEED: 1 is real time, "
            "3600 an hour a second. Reads the whole file first.",
        ),
    ] = None,
    shift_to_now: Annotated[
        bool, typer.Option("--shift-to-now", help="With --replay: each event happens when it is sent, as if live.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Read at most this many rows, not counting those before --resume-from.")
    ] = None,
    resume_from: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="ROW",
            help="Row to begin with, or with --replay the place in time order; a run that was cut short prints it.",
        ),
    ] = 1,
    rejects: Annotated[
        Path | None, typer.Option(help="Where to note rows that are no reviews.  [default: ./FILE.rejects.jsonl]")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 when there were rejects.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the closing counts as one JSON object.")] = False,
    bootstrap_servers: Annotated[
        str | None, typer.Option(help="Kafka's address, instead of AURA_KAFKA_BOOTSTRAP_SERVERS.")
    ] = None,
) -> None:
    """Publish the reviews of a file.

    A row that cannot become a review is noted in the rejects file and ends nothing.

    Ctrl-C stops, waits for what was sent and prints how to go on: with that added to the same command, and the file
    unchanged, nothing is lost and nothing counted twice, whenever it is. A second Ctrl-C does not wait.

    When Kafka was away, what it did not acknowledge may have arrived. Go on with what is printed within the tenant's
    duplicate_seconds (an hour, unless the tenants file says otherwise): until then a review that comes again is known
    by its event id, which is made of the row's content and number where the file has none, and counts once. When this
    was killed and printed nothing, repeat the same command within as long of its start.
    """
    fields = Fields(_tenant(tenant), field_pairs("--set", constant), _zone(timezone), time_format)
    layout = Layout(kind or _guess(file), fields, field_pairs("--column", column), _delimiter(delimiter))
    pace = _pace(rate, replay, shift_to_now=shift_to_now)
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    check_tenant(settings, tenant)
    path = None if file == "-" else Path(file)
    rejects = rejects or Path(f"{path.name if path else 'stdin'}.rejects.jsonl")
    first = resume_from if replay is None else 1  # a replay reads the whole file again
    try:
        with Source(path) as source, Rejects(rejects, first=first) as rejected:
            rows = _primed(read(source, layout))
            with open_publisher(settings, bootstrap_servers) as publisher, stop_on_interrupt() as interrupt:
                run = PublishRun(source, rejected, Sending(publisher, interrupt), interrupt, pace)
                counts = run.run(rows, limit, resume_from)
                interrupted = interrupt.is_set()
    except LayoutError as error:
        raise typer.BadParameter(str(error), param_hint="--column") from error
    except (SourceError, ReplayTooLong) as error:
        raise CommandError(str(error)) from error
    print_counts(counts.as_dict(), str(counts), as_json=as_json)
    run.check()
    if interrupted:
        sys.exit(EXIT_INTERRUPTED)
    if strict and counts.rejected:
        sys.exit(EXIT_REJECTS)


def _primed(rows: Iterator[Accepted | Rejected]) -> Iterator[Accepted | Rejected]:
    """The same rows; what is wrong with the file as a whole comes up now, before Kafka is asked."""
    return chain(list(islice(rows, 1)), rows)


def _guess(file: str) -> Format:
    return "jsonl" if file.removesuffix(".gz").endswith(_JSON_LINES) else "csv"


def _tenant(tenant: str) -> str:
    if not re.match(TENANT_PATTERN, tenant):
        expected = "expected 1-63 of a-z, 0-9, '_' and '-', the first a letter or digit"
        raise typer.BadParameter(f"{expected}; got {tenant!r}", param_hint="--tenant")
    return tenant


def _zone(name: str) -> tzinfo:
    if name.upper() == "UTC":  # known even where the machine has no zone data
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        expected = "expected the name of a zone, such as Europe/Berlin"
        raise typer.BadParameter(f"{expected}; got {name!r}", param_hint="--timezone") from error


def _delimiter(value: str) -> str:
    delimiter = "\t" if value in ("tab", "\\t") else value
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise typer.BadParameter(f"expected one character, or 'tab'; got {value!r}", param_hint="--delimiter")
    return delimiter


def _pace(rate: float | None, replay: float | None, *, shift_to_now: bool) -> Pace:
    for option, value in (("--rate", rate), ("--replay", replay)):
        if value is not None and not 0 < value < float("inf"):
            raise typer.BadParameter(f"expected a number above 0; got {value:g}", param_hint=option)
    if rate is not None and replay is not None:
        raise typer.BadParameter("expected one of --rate and --replay; got both", param_hint="--replay")
    if shift_to_now and replay is None:
        raise typer.BadParameter("expected with --replay; got without", param_hint="--shift-to-now")
    return Pace(rate, replay, shift_to_now)
