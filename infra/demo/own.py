"""A file of the user's own in the demo: its columns found by their usual names, what became of its rows told."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final

from infra.demo.once import letters_in
from infra.demo.stack import DemoStack
from infra.demo.traffic import Outlet, now_ms
from infra.errors import CommandError
from infra.interrupt import Interrupt
from infra.sending import ProgressBar
from stream.event import InvalidEvent
from stream.readers.delimited import Record, records
from stream.readers.fields import Fields
from stream.readers.forms import encoding_of, time_forms_of
from stream.readers.guessing import columns_of, delimiter_of
from stream.readers.rows import Accepted, Layout, LayoutError, Rejected, in_utf8, read
from stream.readers.source import Source, SourceError
from stream.store.totals import reviews_of
from stream.tenants import Kind

TENANT: Final = "mine"

LOOK_SECONDS: Final = 0.05
STALL_SECONDS: Final = 30.0
"""The worker applies a batch every 50 ms or so; one that has applied none for this long never will."""

_SHOWN_REASONS: Final = 5
_SHOWN_COLUMNS: Final = 8
_LINES_LOOKED_AT: Final = 100_000
_TIMES_LOOKED_AT: Final = 200


@dataclass(slots=True)
class Told:
    """What became of the rows.

    Attributes:
        counted: reviews in the totals.
        left_out: reason, with its field, to rows.
        first: reason to the line of the first of them, where it is known.
    """

    counted: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)

    def leave_out(self, row: Rejected) -> None:
        """Note a row that became no event."""
        reason = f"{row.field}: {row.reason}" if row.field else row.reason
        self.left_out[reason] += 1
        self.first.setdefault(reason, row.line)

    def __str__(self) -> str:
        if not self.left_out:
            return f"{self.counted:,} reviews, every row of it"
        reasons = [
            f"{rows:,} for {reason}{self._where(reason, rows)}"
            for reason, rows in self.left_out.most_common(_SHOWN_REASONS)
        ]
        more = len(self.left_out) - len(reasons)
        listed = "; ".join(reasons) + (f"; and {more:,} other reasons" if more else "")
        return f"{self.counted:,} reviews; rows left out: {self.left_out.total():,} ({listed})"

    def _where(self, reason: str, rows: int) -> str:
        if reason not in self.first:
            return ""
        return f", {'line' if rows == 1 else 'first in line'} {self.first[reason]:,}"


def tenants(kind: Kind) -> dict[str, tuple[str, Kind]]:
    """The one business whose reviews they are."""
    return {TENANT: ("Your reviews", kind)}


def layout_of(path: Path, columns: Mapping[str, str], constants: Mapping[str, str], time_format: str | None) -> Layout:
    """How to read the file.

    Columns that are not named are found by their usual names. Without any of products all reviews are of one product,
    called as the file is; without any of times all were written now. The encoding and, where ``time_format`` is None,
    the form of times are found by what stands in the file.

    Raises:
        CommandError: the file cannot be read, lacks a column that is named, none of its columns looks like the text,
            or its times are of no form that can be told.
    """
    try:
        with Source(path) as source:
            lines = [line or b"" for _, line in islice(source.lines(), _LINES_LOOKED_AT)]
    except SourceError as error:
        raise CommandError(str(error)) from error
    encoding = encoding_of(lines)
    header = lines[0].decode(encoding, "replace").rstrip("\r\n") if lines else ""
    delimiter = delimiter_of(header)
    wanted = {**columns_of(_cells(path, delimiter, encoding)), **columns}
    given = dict(constants)
    if not wanted.get("product_id"):
        given.setdefault("product_id", path.name.partition(".")[0])
    if not wanted.get("occurred_at"):
        given.setdefault("occurred_at", str(now_ms()))
    layout = Layout("csv", Fields(TENANT, given, time_format=time_format), wanted, delimiter, encoding)
    try:
        with Source(path) as source:
            next(read(source, layout), None)
    except LayoutError as error:
        raise CommandError(f"{error} (--column text=COLUMN, --set text=VALUE)") from error
    if time_format is None and (column := wanted.get("occurred_at")):
        fields = replace(layout.fields, time_format=_time_form(layout.fields, path, layout, column))
        layout = replace(layout, fields=fields)
    return layout


def describe(path: Path, layout: Layout) -> str:
    """What is read of the file, and what is not."""
    taken = {field: column for field, column in layout.columns.items() if column}
    read_as = " ".join(f"{field}={column!r}" for field, column in taken.items())
    other = [
        column for column in _cells(path, layout.delimiter, layout.encoding) if column.strip() not in taken.values()
    ]
    more = f" and {len(other) - _SHOWN_COLUMNS} more" if len(other) > _SHOWN_COLUMNS else ""
    parts = [f"Reading {path}: {read_as}"]
    if layout.fields.time_format:
        parts.append(f"times as {layout.fields.time_format}")
    if layout.encoding != "utf-8":
        parts.append("in Windows-1252, for it is not UTF-8")
    parts.append(
        f"--column reads others ({', '.join(other[:_SHOWN_COLUMNS])}{more})" if other else "every column of it"
    )
    return "; ".join(parts) + "."


def _time_form(fields: Fields, path: Path, layout: Layout, column: str) -> str | None:
    """The form of a column's times; None where they are read as they are, or are too few to tell."""
    times = _sample(path, layout, column)
    plain = sum(_is_time(fields, each) for each in times)
    if 2 * plain >= len(times):
        return None
    match time_forms_of(times):
        case [form]:
            return form
        case [] if plain:
            return None
        case []:
            raise CommandError(
                f"{path}: {column} has times such as {times[0]!r}, of no form that is known here; say which "
                "(--time-format '%d.%m.%Y %H:%M'), or take all as of now (--column occurred_at=)"
            )
        case forms:
            choices = " or ".join(f"--time-format '{form}'" for form in forms)
            raise CommandError(f"{path}: {column} has times such as {times[0]!r}, of more than one reading: {choices}")


def _sample(path: Path, layout: Layout, column: str) -> list[str]:
    with Source(path) as source:
        found = [
            record.cells
            for record in islice(records(in_utf8(source.lines(), layout.encoding), layout.delimiter), _TIMES_LOOKED_AT)
            if isinstance(record, Record)
        ]
    place = [name.strip() for name in found[0]].index(column)
    return [cells[place] for cells in found[1:] if cells[place].strip()]


def _is_time(fields: Fields, text: str) -> bool:
    try:
        fields.time(text)
    except InvalidEvent:
        return False
    return True


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
                            told.leave_out(row)
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


def _cells(path: Path, delimiter: str, encoding: str) -> list[str]:
    """The header's columns."""
    with Source(path) as source:
        for record in records(in_utf8(source.lines(), encoding), delimiter):
            return record.cells if isinstance(record, Record) else []
    return []
