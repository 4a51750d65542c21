"""``aura evaluate``: the figures of a classifier on a labelled file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import CommandError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.classifier import Classifier
    from models.review import Review


def evaluate(
    artefact: Annotated[str, typer.Argument(help="Folder of an artefact, or the name of a shipped one.")],
    file: Annotated[Path, typer.Argument(help="CSV file of reviews with ratings, gzip'd or not.", dir_okay=False)],
    text: Annotated[str, typer.Option(help="Column of the review.", metavar="COL")],
    rating: Annotated[str, typer.Option(help="Column of the stars; bad is below 4.", metavar="COL")],
    title: Annotated[
        str | None, typer.Option(help="Column of the headline, for classifiers that read it.", metavar="COL")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads. [default: all cores]", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a classifier on a labelled file. Rows without a text or a rating are left out and counted."""
    from models.classifier import ArtefactError, load
    from models.csv_files import DataError
    from models.dataset import read_labelled

    try:
        rows = read_labelled(file, text=text, rating=rating, title=title)
    except DataError as error:
        raise CommandError(str(error)) from error
    if not rows.reviews:
        raise CommandError(f"{file}: none of {rows.skipped:,} rows has both a text and a number as rating")
    if rows.skipped:
        typer.echo(f"{rows.skipped:,} rows without a text or a rating are left out", err=True)
    try:
        classifier = load(artefact, threads=threads)
    except ArtefactError as error:
        raise CommandError(str(error)) from error

    import msgspec

    from models.metrics import measure

    metrics = measure(rows.bad, _answers(classifier, rows.reviews))
    if as_json:
        described = {"artefact": classifier.manifest.name, "version": classifier.manifest.version}
        print(json.dumps(msgspec.to_builtins(metrics) | {"skipped": rows.skipped} | described))
        return

    from rich.console import Console

    from infra.metrics_table import metrics_table

    name = f"{classifier.manifest.name} {classifier.manifest.version}"
    Console().print(metrics_table({file.name: metrics}, title=f"{name} on {classifier.device}"))


def _answers(classifier: "Classifier", reviews: "list[Review]") -> "NDArray[np.float32]":
    import numpy as np
    from rich.console import Console
    from rich.progress import Progress

    # Large enough to keep the classifier busy, small enough for the bar to move: a tenth of a second on two cores.
    step = 4096
    answers = np.empty((len(reviews), len(classifier.manifest.labels)), np.float32)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for start in progress.track(range(0, len(reviews), step), description="classifying"):
            answers[start : start + step] = classifier.predict(reviews[start : start + step])
    return answers
