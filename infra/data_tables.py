"""What is known of data, as tables for the terminal."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from rich.table import Table

if TYPE_CHECKING:
    from models.data.describe import Description


class FileState(Struct, frozen=True, kw_only=True):
    """A file of a data set."""

    name: str
    present: bool
    as_published: bool | None
    """Whether it is the copy of the catalogue; ``None`` where it is not there."""


class Listed(Struct, frozen=True, kw_only=True):
    """A data set of the catalogue and what the folder holds of it."""

    name: str
    title: str
    rows: int | None
    """``None`` where a file is missing."""
    files: tuple[FileState, ...]
    licence: str
    source: str


def list_table(listed: Sequence[Listed], folder: str) -> Table:
    """One line a data set."""
    table = Table(title=f"Data sets in the folder {folder}", title_justify="left")
    table.add_column("Name", no_wrap=True)
    table.add_column("Rows", justify="right", no_wrap=True)
    table.add_column("File", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Licence", overflow="fold")
    for data in listed:
        rows = "-" if data.rows is None else f"{data.rows:,}"
        names = "\n".join(file.name for file in data.files)
        table.add_row(data.name, rows, names, "\n".join(map(_state, data.files)), data.licence)
    return table


def description_tables(found: "Description") -> Iterator[Table]:
    """Facts, ratings and lengths, then columns."""
    facts = Table(title=f"{found.name}: {' + '.join(found.files)}", title_justify="left", show_header=False)
    facts.add_column(no_wrap=True)
    facts.add_column(justify="right")
    for name, value in _facts(found):
        facts.add_row(name, value)
    yield facts

    lengths = Table(title="Words a review, by rating", title_justify="left")
    for heading in (
        "Rating",
        "Reviews",
        "Share",
        "Lower quartile",
        "Median",
        "Upper quartile",
        "95 % up to",
        "Longest",
    ):
        lengths.add_column(heading, justify="right")
    for row in found.lengths:
        words = (row.lower_quartile, row.median, row.upper_quartile, row.percentile_95)
        share = _share(row.reviews, found.usable)
        lengths.add_row(row.rating, f"{row.reviews:,}", share, *(f"{n:,.0f}" for n in words), f"{row.longest:,}")
    yield lengths

    columns = Table(title="Columns", title_justify="left")
    columns.add_column("Column")
    columns.add_column("Blank", justify="right")
    columns.add_column("Share", justify="right")
    for name, blank in found.nulls.items():
        columns.add_row(name, f"{blank:,}", _share(blank, found.rows))
    yield columns


def _facts(found: "Description") -> Iterator[tuple[str, str]]:
    yield "Rows", f"{found.rows:,}"
    for reason, count in found.left_out.items():
        yield f"left out: {reason}", f"{count:,}"
    yield found.target.capitalize(), f"{found.bad:,} ({_share(found.bad, found.usable)})"
    if found.products is not None:
        yield "Products", f"{found.products:,}"
    if found.earliest is not None and found.latest is not None:
        yield "Time", f"{found.earliest} to {found.latest}"
    if found.without_time:
        yield "without a time", f"{found.without_time:,}"
    yield "Repeat an earlier text", f"{found.repeated:,} ({_share(found.repeated, found.usable)})"
    yield "in other letters or spaces too", f"{found.repeated_normalised:,}"
    if (split := found.random_split) is not None:
        name = f"Leak of a random split (seed {split.seed})"
        yield name, f"{split.leaks:,} of {split.test:,} test rows ({_share(split.leaks, split.test)})"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"


def _state(file: FileState) -> str:
    if not file.present:
        return "missing"
    return "there" if file.as_published else "another copy"
