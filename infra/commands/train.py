"""``aura train``: a classifier from a labelled CSV file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from infra.errors import CommandError

if TYPE_CHECKING:
    from models.dataset import Labelled
    from models.training import Recipe, Trained


def train(
    file: Annotated[Path, typer.Argument(help="CSV file of reviews with ratings, gzip'd or not.", dir_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder of the artefact; must not exist.", metavar="DIR")],
    name: Annotated[str, typer.Option(help="Name of the artefact. [default: the folder's]")] = "",
    text: Annotated[str, typer.Option(help="Column of the review.", metavar="COL")] = "reviews_text",
    rating: Annotated[str, typer.Option(help="Column of the stars; bad is below 4.", metavar="COL")] = "reviews_rating",
    title: Annotated[
        str | None, typer.Option(help="Column of the headline, for architectures that read it.", metavar="COL")
    ] = None,
    architecture: Annotated[str, typer.Option(help="Network to train.")] = "cnn-lstm",
    split: Annotated[
        Literal["random", "by-text"],
        typer.Option(help="80:20, by row or so that equal texts stay on one side."),
    ] = "by-text",
    seed: Annotated[int, typer.Option(help="Of the split, the first weights and the order of rows.", min=0)] = 42,
    epochs: Annotated[int, typer.Option(help="Passes over the training part.", min=1, max=1000)] = 5,
    validation: Annotated[
        float,
        typer.Option(
            help="Share of the training part that chooses the epoch and calibrates; 0: last epoch, uncalibrated.",
            min=0,
            max=0.5,
        ),
    ] = 0.1,
    data_name: Annotated[str, typer.Option(help="What the data are called. [default: the file's name]")] = "",
    licence: Annotated[str, typer.Option(help="Licence of the data, for manifest and model card.")] = "not stated",
    notes: Annotated[
        Path | None,
        typer.Option(help="Markdown for the model card: data, intended use, limits.", dir_okay=False, metavar="FILE"),
    ] = None,
) -> None:
    """Train a classifier and write it as a folder: weights, vocabulary, manifest, model card, pictures.

    Good is a rating of 4 and above, bad below. The test part is never trained on; its loss and accuracy are printed,
    and beside them what accuracy hides where most reviews are good.
    """
    from models.artefact import ArtefactError, write
    from models.csv_files import DataError
    from models.dataset import read_labelled

    if out.exists():
        raise CommandError(f"{out} exists already; name another folder or remove it first")
    try:
        written = notes.read_text("utf-8") if notes is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{notes}: cannot be read: {error}") from error
    try:
        rows = read_labelled(file, text=text, rating=rating, title=title)
    except DataError as error:
        raise CommandError(str(error)) from error

    from models.architectures import BUILDERS
    from models.packaging import package
    from models.training import Recipe, TrainingError

    if architecture not in BUILDERS:
        raise CommandError(f"unknown architecture {architecture!r}; known: {', '.join(BUILDERS)}")
    recipe = Recipe(architecture=architecture, split=split, seed=seed, epochs=epochs, validation=validation)
    try:
        trained = _with_progress(rows, recipe)
        files = package(
            trained,
            rows,
            name=name or out.resolve().name,
            data_name=data_name or file.name,
            licence=licence,
            notes=written,
        )
        write(out, files)
    except (TrainingError, ArtefactError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {error.strerror}") from error
    except KeyboardInterrupt:
        typer.echo("interrupted; no artefact was written", err=True)
        raise typer.Exit(130) from None
    _report(trained)
    typer.echo(f"Written to {out}")


def _with_progress(rows: "Labelled", recipe: "Recipe") -> "Trained":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from models.runtime import use_device
    from models.training import train as train_classifier

    console = Console(stderr=True)
    console.print(f"{recipe.architecture} on {use_device()}: {len(rows.reviews):,} reviews, {rows.bad.mean():.1%} bad")
    if rows.skipped:
        console.print(f"{rows.skipped:,} rows without a text or a rating are left out")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("batch {task.completed}/{task.total}"),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bars = [
            progress.add_task(f"epoch {epoch}/{recipe.epochs}", total=None, start=False, visible=epoch == 1, loss=0.0)
            for epoch in range(1, recipe.epochs + 1)
        ]

        def show(epoch: int, batch: int, batches: int, loss: float) -> None:
            if batch == 1:
                progress.start_task(bars[epoch - 1])
            progress.update(bars[epoch - 1], completed=batch, total=batches, loss=loss, visible=True)

        return train_classifier(rows, recipe, show)


def _report(trained: "Trained") -> None:
    from rich.console import Console

    from infra.metrics_table import metrics_table

    training, results = trained.training, trained.results
    last = len(training.history)
    typer.echo(f"Test loss: {results.last_epoch.log_loss:.4f}")
    typer.echo(f"Test accuracy: {results.last_epoch.accuracy:.4f}")
    columns = {f"epoch {last}": results.last_epoch}
    if trained.calibration is not None:
        chosen = training.chosen_epoch
        columns = {f"epoch {chosen}, calibrated": results.shipped, f"epoch {chosen}": results.uncalibrated} | columns
    Console().print(metrics_table(columns, title=f"Test part, split {trained.recipe.split}"))
