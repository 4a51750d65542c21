"""Options that several commands have, each with one meaning in all of them."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[str, typer.Argument(metavar="NAME_OR_CSV", help="A data set's name (aura data list), or a CSV file.")]
Text = Annotated[str | None, typer.Option(help="Column of the review; a file needs it.", metavar="COL")]
Rating = Annotated[
    str | None, typer.Option(help="Column of the stars, bad is below 4; a file needs it.", metavar="COL")
]
Title = Annotated[str | None, typer.Option(help="Column of the headline, for classifiers that read it.", metavar="COL")]
Product = Annotated[str | None, typer.Option(help="Column of the product, to split by.", metavar="COL")]
Time = Annotated[str | None, typer.Option(help="Column of the time, to split by.", metavar="COL")]

Model = Annotated[str, typer.Argument(help="Folder of an artefact, or the name of a shipped one.")]
PinnableModel = Annotated[
    str, typer.Argument(help="Folder of an artefact, or the name of a shipped one; @DIGEST may follow.")
]
Threads = Annotated[int | None, typer.Option(help="CPU threads. [default: all cores]", min=1)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsJsonArray = Annotated[bool, typer.Option("--json", help="Print one JSON array.")]
TenantsFile = Annotated[Path | None, typer.Option(help="Tenants file. [default: AURA_TENANTS_FILE]", dir_okay=False)]
