"""``aura train``: a classifier from labelled reviews."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import CommandError
from infra.options import Data, Product, Time
from infra.training_options import (
    NETWORKS,
    Batch,
    ClassWeights,
    Epochs,
    Length,
    Optimizer,
    Rating,
    ReadTitle,
    Task,
    Text,
    Title,
    Untitled,
    Words,
    columns_of,
    recipe_of,
    rows_to_train,
    shares,
)
from models.manifest import SplitKind

if TYPE_CHECKING:
    from models.data.labelled import Labelled
    from models.training.recipe import Acceleration, Recipe
    from models.training.run import Trained


def train(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the artefact; must not exist.", metavar="DIR")],
    architecture: Annotated[
        str,
        typer.Option(
            "--arch",
            "--architecture",
            help=f"Network to train: {NETWORKS}. What follows is its own, as published, where it is not given.",
        ),
    ] = "cnn-lstm",
    task: Task = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A hyperparameter of the network: embedding=50, units=64,128, dropouts=0.1,0.3,0.1. Repeatable.",
        ),
    ] = None,
    words: Words = None,
    length: Length = None,
    read_title: ReadTitle = None,
    untitled: Untitled = 0,
    epochs: Epochs = None,
    batch: Batch = None,
    rate: Annotated[float | None, typer.Option("--lr", help="Learning rate.", min=1e-9, max=1)] = None,
    optimizer: Optimizer = None,
    class_weights: ClassWeights = "none",
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop after so many epochs without a lower loss on the validation part; 0: never. "
            "[default: the network's]",
            min=0,
            max=1000,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="Of the split, the first weights and the order of rows.", min=0),
    ] = 42,
    mixed_precision: Annotated[
        bool,
        typer.Option("--mixed-precision", help="On a GPU, multiply in float16."),
    ] = False,
    xla: Annotated[bool, typer.Option("--xla", help="On a GPU, compile steps with XLA.")] = False,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard's event files.", metavar="DIR")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on where a run was stopped.")] = False,
    split: Annotated[
        SplitKind,
        typer.Option(
            help="80:20. random: by row; stratified: by row, each class apart; by-text, by-product: equal ones stay on "
            "one side; by-time: the latest are the test. official: as the publisher divided them."
        ),
    ] = "by-text",
    validation: Annotated[
        float | None,
        typer.Option(
            help="Share of the training part that chooses the epoch and calibrates; 0: last epoch, uncalibrated. "
            "[default: 0.1; 0.2 for imdb-lstm and imdb-cnn-lstm]",
            min=0,
            max=0.5,
        ),
    ] = None,
    subset: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES",
            help="Train on shares of the training part as well, such as 0.1,0.3,1.0, and compare them.",
        ),
    ] = None,
    text: Text = None,
    rating: Rating = None,
    title: Title = None,
    product: Product = None,
    time: Time = None,
    name: Annotated[str, typer.Option(help="Name of the artefact. [default: the folder's]")] = "",
    data_name: Annotated[
        str,
        typer.Option(help="What the data are called. [default: the data set's or file's]"),
    ] = "",
    licence: Annotated[
        str,
        typer.Option(help="Licence of the data. [default: the data set's or not stated]"),
    ] = "",
    notes: Annotated[
        Path | None,
        typer.Option(help="Markdown for the model card: data, intended use, limits.", dir_okay=False, metavar="FILE"),
    ] = None,
) -> None:
    """Train a classifier and write it as a folder: weights, vocabulary, manifest, model card, pictures.

    Good is a rating of 4 and above of 5, bad below. The test part is never trained on; its loss and accuracy are
    printed, and beside them what accuracy hides where most reviews are good. A run that was stopped or killed goes on
    after its last whole epoch when the same command is given again.
    """
    from models.architectures.errors import InvalidHyperparameters
    from models.artefact import ArtefactError, shipped, write
    from models.data.catalogue import CATALOGUE

    if patience and validation == 0:
        raise typer.BadParameter("--patience waits for the loss on the validation part; --validation 0 leaves none")
    wanted_shares = shares(subset) if subset is not None else [1.0]
    if out.exists():
        raise CommandError(f"{out} exists already; name another folder or remove it first")
    if str(out) in shipped():
        raise CommandError(
            f"{out} means the classifier of that name that ships with Aura; name another folder: my-{out}"
        )
    try:
        written = notes.read_text("utf-8") if notes is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{notes}: cannot be read: {error}") from error
    columns = columns_of(data, text=text, rating=rating, title=title, product=product, time=time)
    rows = rows_to_train(data, columns, read_title=read_title)
    known = CATALOGUE.get(data)

    from models.packaging import package
    from models.training.checkpoint import CheckpointError
    from models.training.data import TrainingError
    from models.training.recipe import Acceleration

    recipe = recipe_of(
        architecture,
        settings or [],
        task=task,
        words=words,
        length=length,
        read_title=read_title,
        titled=rows.columns.title is not None,
        epochs=epochs,
        batch=batch,
        rate=rate,
        optimizer=optimizer,
        class_weights=class_weights,
        patience=patience,
        split=split,
        seed=seed,
        validation=validation,
        untitled=untitled,
    )
    acceleration = Acceleration(mixed_precision=mixed_precision, xla=xla)
    checkpoints = {share: _checkpoint(out, share) for share in wanted_shares}
    if fresh:
        _remove(checkpoints.values())
    try:
        trained = [
            _train(rows, recipe, share, acceleration, checkpoint, tensorboard)
            for share, checkpoint in checkpoints.items()
        ]
        files = package(
            trained[-1],
            rows,
            name=name or out.resolve().name,
            data_name=data_name or (known.title if known is not None else rows.name),
            licence=licence or (known.licence if known is not None else "not stated"),
            notes=written,
        )
        write(out, files)
    except (TrainingError, InvalidHyperparameters, CheckpointError, ArtefactError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or out}: cannot be written: {error.strerror}") from error
    except KeyboardInterrupt:
        kept = any(checkpoint.exists() for checkpoint in checkpoints.values())
        goes_on = "; the same command goes on after the last whole epoch" if kept else ""
        typer.echo(f"interrupted; no artefact was written{goes_on}", err=True)
        raise typer.Exit(130) from None
    _remove(checkpoints.values())

    from infra.training_report import report, subsets_table

    report(trained[-1])
    if len(trained) > 1:
        from rich.console import Console

        Console().print(subsets_table(trained))
    typer.echo(f"Written to {out}")


def _train(
    rows: "Labelled",
    recipe: "Recipe",
    share: float,
    acceleration: "Acceleration",
    checkpoint: Path,
    tensorboard: Path | None,
) -> "Trained":
    import msgspec

    from infra.training_progress import shown
    from models.runtime import use_device
    from models.training.run import train as train_classifier

    of = "" if share == 1 else f"{share:g} of the training part of "
    typer.echo(
        f"{recipe.architecture} on {use_device()}: {of}{len(rows.reviews):,} reviews, {rows.bad.mean():.1%} bad",
        err=True,
    )
    if checkpoint.exists():
        typer.echo(f"going on from {checkpoint}", err=True)
    with shown(recipe.fitting.epochs) as on_progress:
        return train_classifier(
            rows,
            msgspec.structs.replace(recipe, share=share),
            on_progress,
            acceleration=acceleration,
            checkpoint=checkpoint,
            tensorboard=tensorboard if tensorboard is None or share == 1 else tensorboard / f"{share:g}",
        )


def _checkpoint(out: Path, share: float) -> Path:
    return out.with_name(f"{out.name}.checkpoint" if share == 1 else f"{out.name}.{share:g}.checkpoint")


def _remove(checkpoints: Iterable[Path]) -> None:
    for checkpoint in checkpoints:
        checkpoint.unlink(missing_ok=True)
