"""``aura data``: the data sets with a name, and what is in them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import CommandError
from infra.options import AsJson, AsJsonArray, Text
from infra.settings import load_settings, variable

if TYPE_CHECKING:
    from infra.data_tables import Listed
    from models.data.catalogue import DataSet

app = typer.Typer(no_args_is_help=True)


@app.callback()
def data() -> None:
    """List and describe data sets.

    Labelled reviews to train on and to measure with: five public data sets by name, and any CSV file.
    """


@app.command("list")
def list_(
    as_json: AsJsonArray = False,
) -> None:
    """List the data sets with a name.

    Licence and files of each, and rows of those that are in AURA_DATASETS_DIR. Aura carries no reviews; get the files
    from their publishers, and mind the licences.
    """
    from models.data.catalogue import CATALOGUE

    folder = load_settings().datasets_dir
    listed = [_listed(data, folder) for data in CATALOGUE.values()]
    if as_json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(listed)).decode())
        return

    from rich.console import Console

    from infra.data_tables import list_table

    Console().print(list_table(listed, f"{folder} ({variable('datasets_dir')})"))


@app.command()
def describe(
    data: Annotated[
        str, typer.Argument(metavar="NAME_OR_CSV", help="A data set's name (aura data list), or a CSV file.")
    ],
    text: Text = None,
    rating: Annotated[str | None, typer.Option(help="Column of the stars; a file needs it.", metavar="COL")] = None,
    product: Annotated[str | None, typer.Option(help="Column of the product.", metavar="COL")] = None,
    time: Annotated[str | None, typer.Option(help="Column of the time, ISO 8601.", metavar="COL")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for NAME.json and NAME-lengths.png: histograms by rating.", metavar="DIR", file_okay=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what is in a data set.

    Rows, blanks, ratings, lengths by rating with quartiles, repeated texts, and what a random split leaks.
    """
    from infra.labelled import read_rows
    from models.csv_files import DataError
    from models.data.describe import by_rating
    from models.data.describe import describe as described
    from models.data.table import count

    rows = read_rows(data, text=text, rating=rating, product=product, time=time)
    try:
        found = described(rows, count(rows.paths))
    except DataError as error:
        raise CommandError(str(error)) from error

    import msgspec

    encoded = msgspec.json.format(msgspec.json.encode(found), indent=2)
    if out is not None:
        from models.data.pictures import length_histograms

        picture = length_histograms(by_rating(rows), f"{rows.name}: length of the reviews by rating")
        try:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{rows.name}.json").write_bytes(encoded + b"\n")
            (out / f"{rows.name}-lengths.png").write_bytes(picture)
        except OSError as error:
            raise CommandError(f"{out}: cannot be written: {error.strerror}") from error
    if as_json:
        print(encoded.decode())
        return

    from rich.console import Console

    from infra.data_tables import description_tables

    console = Console()
    for table in description_tables(found):
        console.print(table)


def _listed(data: "DataSet", folder: Path) -> "Listed":
    import hashlib

    from infra.data_tables import FileState, Listed
    from models.csv_files import DataError
    from models.data.table import count

    states = []
    for file in data.files:
        path = folder / file.name
        try:
            same = hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
        except OSError:
            states.append(FileState(name=file.name, present=False, as_published=None))
        else:
            states.append(FileState(name=file.name, present=True, as_published=same))
    rows = None
    if all(state.present for state in states):
        try:
            rows = count(folder / file.name for file in data.files).rows
        except DataError as error:
            raise CommandError(str(error)) from error
    return Listed(
        name=data.name, title=data.title, rows=rows, files=tuple(states), licence=data.licence, source=data.source
    )
