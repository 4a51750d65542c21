"""The formats: which column is which field, and every row an event or a reason why not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import msgspec

from stream.event import InvalidEvent, ReviewEvent
from stream.readers.delimited import Record, records
from stream.readers.fields import FIELDS, Fields
from stream.readers.source import MAX_LINE_BYTES, Source

Format = Literal["datafiniti", "csv", "jsonl"]

REQUIRED: Final = ("text", "product_id", "occurred_at")

DATAFINITI: Final = {
    "text": "reviews.text",
    "product_id": "id",
    "occurred_at": "reviews.date",
    "title": "reviews.title",
    "rating": "reviews.rating",
    "product_name": "name",
    "brand": "brand",
    "categories": "categories",
}
"""Field to column of Datafiniti's product reviews."""

DATAFINITI_ADDED: Final = "reviews.dateAdded"
"""When Datafiniti took the review over: stands in where ``reviews.date`` is empty."""


class LayoutError(Exception):
    """The file does not have the columns that are needed.

    Attributes:
        missing: ``field=COLUMN`` of columns that are not there, or fields that no column was named for.
        columns: the columns that are there.
    """

    def __init__(self, message: str, missing: Sequence[str], columns: Sequence[str]) -> None:
        super().__init__(message)
        self.missing = tuple(missing)
        self.columns = tuple(columns)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that became an event."""

    row: int
    """From 1, the header and blank lines not counted."""
    line: int
    event: ReviewEvent


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that did not."""

    row: int
    line: int
    field: str
    """Empty when the row as a whole is at fault."""
    reason: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file.

    Args:
        format: what it is.
        fields: how its values become events.
        columns: field to column (or JSON member); a field that is not named is looked for under its own name, and one
            with an empty name is not read.
        delimiter: between the columns of a CSV file.
        encoding: of a CSV file; a superset of ASCII.
    """

    format: Format
    fields: Fields
    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    encoding: str = "utf-8"


def read(source: Source, layout: Layout) -> Iterator[Accepted | Rejected]:
    """Read ``source`` row by row; nothing but the row at hand is kept.

    Raises:
        LayoutError: before the first row.
        SourceError: the file breaks off; all rows before have been given.
    """
    return _read_jsonl(source, layout) if layout.format == "jsonl" else _read_csv(source, layout)


def _read_csv(source: Source, layout: Layout) -> Iterator[Accepted | Rejected]:
    rows = records(in_utf8(source.lines(), layout.encoding), layout.delimiter)
    header = next(rows, None)
    if not isinstance(header, Record):
        reason = header.reason if header else "the file is empty"
        raise LayoutError(f"{source.name}: expected a header line: {reason}", [], [])
    columns = [column.strip() for column in header.cells]
    wanted = _wanted(source.name, layout, columns)
    positions = [(name, columns.index(column)) for name, column in wanted.items()]
    added = columns.index(DATAFINITI_ADDED) if layout.format == "datafiniti" and DATAFINITI_ADDED in columns else None
    fields = layout.fields
    if layout.format == "datafiniti":
        fields = replace(fields, constants={"source": "datafiniti", **fields.constants})
    for row, record in enumerate(rows, start=1):
        if not isinstance(record, Record):
            yield Rejected(row, record.line, "", record.reason)
            continue
        cells = record.cells
        values = {name: cells[position] for name, position in positions}
        if added is not None and not values["occurred_at"]:
            values["occurred_at"] = cells[added]
        content = "\x1f".join(cells).encode("utf-8", "surrogateescape")
        yield _row(row, record.line, fields, values, content)


def in_utf8(lines: Iterator[tuple[int, bytes | None]], encoding: str) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines of another encoding; a byte that it does not know becomes U+FFFD."""
    if encoding == "utf-8":
        return lines
    return ((number, line and line.decode(encoding, "replace").encode()) for number, line in lines)


def _read_jsonl(source: Source, layout: Layout) -> Iterator[Accepted | Rejected]:
    names = {name: member for name in FIELDS if (member := layout.columns.get(name, name))}
    row = 0
    for number, line in source.lines():
        if line is not None and not line.strip():
            continue
        row += 1
        if line is None:
            yield Rejected(row, number, "", f"longer than {MAX_LINE_BYTES} bytes")
            continue
        try:
            members = _object(line, layout.fields.tenant)
        except InvalidEvent as refused:
            yield Rejected(row, number, refused.field, refused.reason)
            continue
        values = {name: members[member] for name, member in names.items() if member in members}
        yield _row(row, number, layout.fields, values, line.strip())


def _row(row: int, line: int, fields: Fields, values: Mapping[str, Any], content: bytes) -> Accepted | Rejected:
    try:
        return Accepted(row, line, fields.event(values, row, content))
    except InvalidEvent as refused:
        return Rejected(row, line, refused.field, refused.reason)


def _object(line: bytes, tenant: str) -> dict[str, Any]:
    """The JSON object on one line, which must not be another tenant's.

    Raises:
        InvalidEvent: it is not.
    """
    try:
        members = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.ValidationError as error:
        raise InvalidEvent("", str(error).replace("`", "")) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidEvent("", "not valid JSON in UTF-8") from None
    if members.get("tenant", tenant) != tenant:
        raise InvalidEvent("tenant", f"expected {tenant} or none, as this file is published for it")
    return members


def _wanted(name: str, layout: Layout, columns: list[str]) -> dict[str, str]:
    """Field to column, each column being there.

    Raises:
        LayoutError: some are not, or nothing was said about a required field.
    """
    preset = DATAFINITI if layout.format == "datafiniti" else {field: field for field in FIELDS if field in columns}
    wanted = {field: column for field, column in {**preset, **layout.columns}.items() if column}
    there = ", ".join(columns)
    absent = [f"{field}={column}" for field, column in wanted.items() if column not in columns]
    if absent:
        raise LayoutError(f"{name}: no such column: {', '.join(absent)}; it has {there}", absent, columns)
    unsaid = [field for field in REQUIRED if field not in wanted and field not in layout.fields.constants]
    if unsaid:
        raise LayoutError(
            f"{name}: which column is {', '.join(unsaid)}? Name it (text=COLUMN) or set a value; it has {there}",
            unsaid,
            columns,
        )
    return wanted
