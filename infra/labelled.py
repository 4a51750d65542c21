"""The labelled reviews that a command is given: a data set by name, or a CSV file and its columns."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from infra.errors import CommandError
from infra.settings import load_settings, variable

if TYPE_CHECKING:
    from models.data.labelled import Labelled


def leak_sentence(leaks: int, test: int) -> str:
    """What to think of a test part with texts that the classifier was trained on."""
    return (
        f"{leaks:,} of the {test:,} test reviews ({leaks / test:.1%}) have the text of a review in the other parts: "
        "the figures flatter; --split by-text keeps equal texts on one side"
    )


def read_rows(
    data: str,
    *,
    text: str | None = None,
    rating: str | None = None,
    title: str | None = None,
    product: str | None = None,
    time: str | None = None,
) -> "Labelled":
    """Read the data set of that name, or the file of that path. Rows left out and other copies are told on stderr.

    Columns that are given come before those of the catalogue; a file needs at least ``text`` and ``rating``.

    Raises:
        BadParameter: a file, but not those two columns.
        CommandError: it cannot be read, or no row of it can be used.
    """
    from models.csv_files import DataError
    from models.data.catalogue import CATALOGUE
    from models.data.read import MissingFile, read_data_set, read_labelled, unlike_published

    given = {"text": text, "rating": rating, "title": title, "product": product, "time": time}
    known = CATALOGUE.get(data)
    try:
        if known is not None:
            columns = known.columns._replace(**{name: column for name, column in given.items() if column is not None})
            rows = read_data_set(known._replace(columns=columns), load_settings().datasets_dir)
            for name in unlike_published(rows, known.files):
                typer.echo(f"{name} is another copy than the one Aura's figures are of: its SHA-256 differs", err=True)
        elif text is None or rating is None:
            raise typer.BadParameter(
                f"{data} is no data set of the catalogue ({', '.join(CATALOGUE)}), so name its columns of the review "
                "and of the stars, such as --text review --rating stars"
            )
        else:
            rows = read_labelled(Path(data), text=text, rating=rating, title=title, product=product, time=time)
    except MissingFile as error:
        raise CommandError(f"{error}; {variable('datasets_dir')} names the folder") from error
    except DataError as error:
        unknown = f"; data sets with a name are {', '.join(CATALOGUE)}" if Path(data).name == data else ""
        raise CommandError(str(error) if error.path.exists() else f"{error}{unknown}") from error
    if not rows.reviews:
        raise CommandError(f"{data}: none of {rows.skipped:,} rows has both a text and a number as rating")
    if rows.skipped:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(rows.left_out.items()))
        typer.echo(f"{rows.skipped:,} rows without a text or a rating are left out ({reasons})", err=True)
    return rows
