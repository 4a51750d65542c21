"""``aura tune``: the hyperparameters that a network is best trained with."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

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
    changes,
    columns_of,
    recipe_of,
    rows_to_train,
)
from models.manifest import SplitKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.tuning.store import Store
    from models.tuning.worker import Material

DEFAULT_JOBS: Final = 4
"""Trials at once where none are asked for and cores are idle: as many as take part in every search. With more, a search
learns later from its trials (``models.tuning.trial.Search.ahead``), and is another one on a larger machine."""


def tune(
    architecture: Annotated[
        str,
        typer.Argument(
            metavar="ARCH",
            help=f"Network: {NETWORKS}.",
        ),
    ],
    data: Data,
    trials: Annotated[int, typer.Option(help="How many, with those that an earlier run has done.", min=1)] = 30,
    objective: Annotated[
        Literal["multi-label-auc", "loss", "accuracy", "macro-f1", "weighted-f1", "roc-auc"],
        typer.Option(
            help="What to make best on the validation part. multi-label-auc: the mean of each class's ROC-AUC against "
            "the rest; roc-auc: that of bad reviews."
        ),
    ] = "multi-label-auc",
    searched: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            metavar="NAME=VALUES",
            help="Values to choose from, instead of the published ones or for another number: units=16,32,64, "
            "embedding=50,100, batch_size=32,64. Repeatable. [default: units and filters of 8 to 512 in octaves, "
            "dropouts of 0 to 0.4 in tenths, learning_rate of 1e-5 to 1e-2 in powers of ten]",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Trials at once, each on one core. [default: as many as cores are idle, at most 4; 1 with a GPU]",
            min=1,
            max=64,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the search and its report. [default: tuning/ARCH-DATA]", metavar="DIR"),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the search in that folder.")] = False,
    task: Task = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A hyperparameter that is not searched: embedding=50, units=64,128. Repeatable.",
        ),
    ] = None,
    words: Words = None,
    length: Length = None,
    read_title: ReadTitle = None,
    untitled: Untitled = 0,
    epochs: Epochs = None,
    batch: Batch = None,
    rate: Annotated[
        float | None,
        typer.Option("--lr", help="Learning rate, not searched then.", min=1e-9, max=1),
    ] = None,
    optimizer: Optimizer = None,
    class_weights: ClassWeights = "none",
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop a trial after so many epochs without a lower validation loss; 0: never. "
            "[default: the network's]",
            min=0,
            max=1000,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="Of the points, the split, the first weights and the order of rows.", min=0),
    ] = 42,
    split: Annotated[
        SplitKind,
        typer.Option(help="As aura train divides; the test part is left alone."),
    ] = "by-text",
    validation: Annotated[
        float | None,
        typer.Option(
            help="Share of the training part that a trial is measured on. [default: 0.1; 0.2 for imdb-lstm and "
            "imdb-cnn-lstm]",
            min=0.001,
            max=0.5,
        ),
    ] = None,
    subset: Annotated[
        float,
        typer.Option(help="Share of the training part that trials train on.", min=1e-6, max=1),
    ] = 1.0,
    text: Text = None,
    rating: Rating = None,
    title: Title = None,
    product: Product = None,
    time: Time = None,
) -> None:
    """Try hyperparameters of a network, and print the aura train command of the best.

    Each trial trains as aura train does and is measured on the validation part, with the weights of its best epoch;
    the test part is not looked at. A search that was stopped or killed goes on when the same command is given again,
    with a higher --trials also one that was done. The same seed tries the same points with the same figures, however
    often it is stopped and however many trials run at once (up to 4, or --jobs of the first run).
    """
    columns = columns_of(data, text=text, rating=rating, title=title, product=product, time=time)
    rows = rows_to_train(data, columns, read_title=read_title)

    from models.training.data import TrainingError, feed
    from models.tuning.objective import undefined
    from models.tuning.space import SpaceError, space_of
    from models.tuning.store import StoreError, opened
    from models.tuning.trial import search_of
    from models.tuning.worker import material

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
        share=subset,
        untitled=untitled,
    )
    fixed = [*changes(settings or []), *(["learning_rate"] if rate is not None else [])]
    jobs = jobs or _idle_cores()
    folder = out or Path("tuning", f"{architecture}-{Path(data).name.partition('.')[0]}")
    try:
        space = space_of(recipe, fixed=fixed, searched=_values(searched or []))
        search = search_of(rows, recipe, space, objective, jobs=jobs)
        fed = feed(rows, recipe)
        fed_with = material(fed)
        if reason := undefined(objective, fed_with.validation.truth, recipe.labels):
            raise CommandError(f"--objective {objective}: {reason}; take another, or a larger --validation")
        with opened(folder, search, fresh=fresh) as store:
            whole = _run(store, fed_with, trials, jobs)
            _report(store, data, columns, whole=whole)
    except (TrainingError, SpaceError, StoreError) as error:
        raise CommandError(str(error)) from error
    if not whole:
        raise typer.Exit(130)


def _values(searched: list[str]) -> dict[str, list[int | float]]:
    return {name: value if isinstance(value, list) else [value] for name, value in changes(searched).items()}


def _idle_cores() -> int:
    """Cores that do less than half of what they could, for a quarter of a second; at least 1. With a GPU 1: it is one
    for all trials, and is not idle while one runs."""
    import psutil

    from models.engines.choose import has_gpu

    if has_gpu():
        return 1
    allowed = os.sched_getaffinity(0)
    busy = psutil.cpu_percent(interval=0.25, percpu=True)
    idle = sum(percent < 50 for core, percent in enumerate(busy) if core in allowed)
    return max(1, min(idle, DEFAULT_JOBS))


def _run(store: "Store", fed_with: "Material", trials: int, jobs: int) -> bool:
    """Run what is left of the search. Whether it was not interrupted."""
    from infra.interrupt import stop_on_interrupt
    from infra.tuning_progress import shown
    from models.tuning.search import run

    search = store.search
    wanted = max(min(trials, search.space.size), len(store.trials))
    at_once = min(jobs, search.ahead)
    done = f", {len(store.trials)} of them done" if store.trials else ""
    typer.echo(
        f"{search.recipe.architecture} on {search.data}: {wanted} trials{done}, {at_once} at once, of "
        f"{search.space.size:,} points; each trains on {len(fed_with.train.truth):,} reviews and is measured on "
        f"{len(fed_with.validation.truth):,}",
        err=True,
    )
    with stop_on_interrupt() as interrupt, shown(store, wanted) as watcher:
        run(store, fed_with, trials=trials, jobs=jobs, watcher=watcher, stopped=interrupt.is_set)
    return not interrupt.is_set()


def _report(store: "Store", data: str, columns: "Mapping[str, str | None]", *, whole: bool) -> None:
    from rich.console import Console

    from infra.tuning_table import trials_table
    from models.tuning import report
    from models.tuning.objective import OBJECTIVES
    from models.tuning.pictures import trials_picture

    search, trials = store.search, list(store.trials.values())
    best = search.best(trials)
    command = []
    if best is not None:
        command = report.train_command(search, best, data, columns, f"{search.recipe.architecture}-tuned")
    files = {"trials.csv": report.table(search, trials), "trials.json": report.document(search, trials, command)}
    if best is not None:
        files["trials.png"] = trials_picture(search, trials)
    else:  # of a search that --fresh forgot
        (store.folder / "trials.png").unlink(missing_ok=True)
    for name, content in files.items():
        try:
            (store.folder / name).write_bytes(content)
        except OSError as error:
            raise CommandError(f"{store.folder / name}: cannot be written: {error.strerror}") from error
    if trials:
        Console().print(trials_table(search, trials))
    typer.echo(f"Report: {', '.join(str(store.folder / name) for name in files)}")
    if not whole:
        typer.echo("interrupted; every finished trial is kept, and the same command goes on with the others", err=True)
        return
    if best is None:
        raise CommandError(f"no trial has a figure; trial {trials[0].number}: {trials[0].failure}")
    typer.echo(
        f"Best: trial {best.number}, {OBJECTIVES[search.objective].title} {search.value(best):.4f} on the validation "
        "part; as the best of several it flatters. To train it, and to measure it on the test part:"
    )
    typer.echo(f"  {shlex.join(command)}")
