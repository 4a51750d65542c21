"""``aura predict``: a classifier's answer beside every row of a CSV file."""

import re
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from infra.csv_output import open_csv_output
from infra.errors import CommandError
from infra.options import Model, Threads
from models.csv_files import CsvReader, DataError, open_csv

if TYPE_CHECKING:
    from models.classifier import Classifier

TEXT_COLUMNS: Final = (
    "text", "review_text", "reviews_text", "review", "reviews", "content", "comment", "comments", "body", "feedback",
)  # fmt: skip
TITLE_COLUMNS: Final = ("title", "review_title", "reviews_title", "headline", "summary")
"""Names under which files keep reviews and their headlines, the likeliest first; compared in lower case, with every
run of other characters than letters and digits as ``_``."""

CHUNK: Final = 4096
"""Rows in memory at a time: four of the engine's chunks; more are no faster, and the progress bar would jerk."""


def predict(
    artefact: Model,
    file: Annotated[Path, typer.Argument(help="CSV file in UTF-8, gzip'd or not.", dir_okay=False)],
    out: Annotated[
        str, typer.Option("--out", "-o", help="CSV file to write, gzip'd if it ends in .gz; - for standard output.")
    ],
    text: Annotated[
        str | None, typer.Option(help="Column of the review. [default: found by its name]", metavar="COL")
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Column of the headline. [default: found by its name]", metavar="COL")
    ] = None,
    threads: Threads = None,
) -> None:
    """Classify every row of a CSV file.

    All columns are kept; p_good, p_bad (calibrated probabilities) and label are added, and by a classifier of stars
    also stars, the likeliest number of them, and p_1 to p_5. Any size of file: a few thousand rows are in memory at a
    time. OUT appears when it is complete, or not at all.
    """
    from models.classifier import ArtefactError, load

    try:
        with open_csv(file) as reader:
            columns = _columns(reader, text, title)
            counts = _classify(load(artefact, threads=threads), reader, columns, out)
    except (ArtefactError, DataError) as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing was written" if out != "-" else "interrupted", err=True)
        raise typer.Exit(130) from None
    share = f", {counts.bad / counts.rows:.1%} bad" if counts.rows else ""
    typer.echo(f"{counts.rows:,} rows{share}, {counts.seconds:.1f} s", err=True)


class _Columns(NamedTuple):
    text: int
    title: int | None


class _Counts(NamedTuple):
    rows: int
    bad: int
    seconds: float


def _classify(classifier: "Classifier", reader: CsvReader, columns: _Columns, out: str) -> _Counts:
    from rich.console import Console
    from rich.progress import Progress

    from models.goodness import p_good
    from models.review import Review

    labels = classifier.manifest.labels
    in_stars = classifier.manifest.task == "stars"
    added = ["p_good", "p_bad", "label", *(["stars", *(f"p_{label}" for label in labels)] if in_stars else [])]
    for column in added:
        if column in reader.header:
            raise CommandError(f"{reader.path} already has a column {column!r}; rename it first")
    started, rows, bad = time.monotonic(), 0, 0
    console = Console(stderr=True)
    with (
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
        open_csv_output(out, reader.path) as writer,
    ):
        bar = progress.add_task("classifying", total=reader.size)
        writer.writerow([*reader.header, *added])
        records = reader.records()
        while chunk := list(islice(records, CHUNK)):
            reviews = [
                Review(row[columns.text], row[columns.title] or None if columns.title is not None else None)
                for row in chunk
            ]
            answers = classifier.predict(reviews)
            good = p_good(answers, labels).tolist()
            likeliest = answers.argmax(axis=1).tolist()
            for row, p, answer, label in zip(chunk, good, answers.tolist(), likeliest, strict=True):
                told = [f"{p:.6f}", f"{1 - p:.6f}", "good" if p >= 0.5 else "bad"]
                stars = [labels[label], *(f"{p_stars:.6f}" for p_stars in answer)] if in_stars else []
                writer.writerow([*row, *told, *stars])
            rows, bad = rows + len(chunk), bad + sum(p < 0.5 for p in good)
            progress.update(bar, completed=reader.position())
    return _Counts(rows, bad, time.monotonic() - started)


def _columns(reader: CsvReader, text: str | None, title: str | None) -> _Columns:
    """Positions of the columns asked for, or found by their names."""
    text_at = reader.column(text) if text is not None else _named(reader.header, TEXT_COLUMNS)
    title_at = reader.column(title) if title is not None else _named(reader.header, TITLE_COLUMNS)
    if text_at is None:
        listed = ", ".join(reader.header)
        raise CommandError(f"{reader.path}: which column holds the review? Say --text COL; the columns are {listed}")
    return _Columns(text_at, title_at)


def _named(header: Sequence[str], names: Sequence[str]) -> int | None:
    plain = [re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") for column in header]
    return next((plain.index(name) for name in names if name in plain), None)
