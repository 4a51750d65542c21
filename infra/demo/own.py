"""A file of the user's own in the demo: its columns found by their usual names, what became of its rows told."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.demo.once import letters_in
from infra.demo.stack import DemoStack
from infra.demo.traffic import Outlet, now_ms
from infra.errors import CommandError
from infra.interrupt import Interrupt
from infra.sending import ProgressBar
from stream.readers.delimited import Record, records
from stream.readers.fields import Fields
from stream.readers.guessing import columns_of, delimiter_of
from stream.readers.rows import Accepted, Layout, LayoutError, Rejected, read
from stream.readers.source import Source, SourceError
from stream.store.totals import reviews_of
from stream.tenants import Kind

TENANT: Final = "mine"

LOOK_SECONDS: Final = 0.05
STALL_SECONDS: Final = 30.0
"""The worker applies a batch every 50 ms or so; one that has applied none for this long never will."""

_SHOWN_REASONS: Final = 5


@dataclass(slots=True)
class Told:
    """What became of the rows.

    Attributes:
        counted: reviews in the totals.
        left_out: reason, with its field, to rows.
    """

    counted: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        if not self.left_out:
            return f"{self.counted:,} reviews, every row of it"
        reasons = [f"{rows:,} for {reason}" for reason, rows in self.left_out.most_common(_SHOWN_REASONS)]
        more = len(self.left_out) - len(reasons)
        listed = "; ".join(reasons) + (f"; and {more:,} other reasons" if more else "")
        return f"{self.counted:,} reviews; rows left out: {self.left_out.total():,} ({listed})"


def tenants(kind: Kind) -> dict[str, tuple[str, Kind]]:
    """The one business whose reviews they are."""
    return {TENANT: ("Your reviews", kind)}


def layout_of(path: Path, columns: Mapping[str, str], constants: Mapping[str, str], time_format: str | None) -> Layout:
    """How to read the file.

    Columns that are not named are found by their usual names. Without any of products all reviews are of one product,
    called as the file is; without any of times all were written now.

    Raises:
        CommandError: the file cannot be read, lacks a column that is named, or none of its columns looks like the text.
    """
    try:
        with Source(path) as source:
            number_and_line = next(source.lines(), None)
    except SourceError as error:
        raise CommandError(str(error)) from error
    header = (number_and_line[1] or b"").decode("utf-8", "replace").rstrip("\r\n") if number_and_line else ""
    delimiter = delimiter_of(header)
    wanted = {**columns_of(_cells(path, delimiter)), **columns}
    given = dict(constants)
    if not wanted.get("product_id"):
        given.setdefault("product_id", path.name.partition(".")[0])
    if not wanted.get("occurred_at"):
        given.setdefault("occurred_at", str(now_ms()))
    layout = Layout("csv", Fields(TENANT, given, time_format=time_format), wanted, delimiter)
    try:
        with Source(path) as source:
            next(read(source, layout), None)
    except LayoutError as error:
        raise CommandError(f"{error} (--column text=COLUMN, --set text=VALUE)") from error
    return layout


def tell(stack: DemoStack, path: Path, layout: Layout, stop: Interrupt) -> Told:
    """Publish the file, and wait until its reviews are counted or the user wants to stop.

    Raises:
        CommandError: a part of the demo has ended, the file breaks off, or no row of it is a review.
    """
    told = Told()
    with Outlet(stack, stop) as outlet:
        with Source(path) as source, ProgressBar("publishing", source.size) as bar:
            try:
                for row in read(source, layout):
                    match row:
                        case Accepted():
                            if not outlet.publish(row.event):
                                return told
                        case Rejected():
                            told.left_out[f"{row.field}: {row.reason}" if row.field else row.reason] += 1
                    if bar.due():
                        bar.show(row.row, source.position)
            except SourceError as error:
                raise CommandError(str(error)) from error
        outlet.flush()
        if not outlet.delivered:
            raise CommandError(f"{path} has {told}")
        _await_counted(stack, outlet, stop)
        told.counted = reviews_of(outlet.client, TENANT)
    settings = stack.settings
    refused = letters_in(settings.kafka_bootstrap_servers, settings.dead_letter_topic)
    if refused:
        told.left_out["occurred_at: more than 10 minutes in the future"] += refused
    if copies := outlet.delivered - told.counted - refused:
        told.left_out["event_id: the same as another row's"] += copies
    return told


def _await_counted(stack: DemoStack, outlet: Outlet, stop: Interrupt) -> None:
    passed, moved_at = -1, time.monotonic()
    while passed < outlet.delivered and not stop.wait(LOOK_SECONDS):
        stack.check()
        now = sum(fence + 1 for fence in outlet.fences.by_partition().values())
        if now != passed:
            passed, moved_at = now, time.monotonic()
        if time.monotonic() - moved_at > STALL_SECONDS:
            raise CommandError(f"the worker has counted {passed:,} of {outlet.delivered:,} reviews, and no more")


def _cells(path: Path, delimiter: str) -> list[str]:
    """The header's columns."""
    with Source(path) as source:
        for record in records(source.lines(), delimiter):
            return record.cells if isinstance(record, Record) else []
    return []
