"""What ``aura train`` prints when it is done."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from infra.labelled import leak_sentence
from infra.metrics_table import metrics_table

if TYPE_CHECKING:
    from models.manifest import ByClass, ClassFigures
    from models.training.run import Trained


def report(trained: "Trained") -> None:
    """Test loss and accuracy of the last epoch, and beside them what accuracy hides where most reviews are good."""
    results, columns = trained.results, _columns(trained)
    if leaks := trained.split.leaks:
        typer.echo(leak_sentence(leaks, trained.split.test), err=True)
    loss, accuracy = results.last_epoch.log_loss, results.last_epoch.accuracy
    if results.by_class is not None:
        last = results.by_class.last_epoch.values
        loss, accuracy = last["log_loss"] or 0.0, last["accuracy"] or 0.0
    typer.echo(f"Test loss: {loss:.4f}")
    typer.echo(f"Test accuracy: {accuracy:.4f}")
    console, split = Console(), trained.recipe.split
    if results.by_class is not None:
        console.print(
            _stars_table(results.by_class, columns, trained.recipe.labels, f"Test part in stars, split {split}")
        )
    title = f"Test part, split {split}" if results.by_class is None else "The same as good (4 and 5 stars) or bad"
    console.print(metrics_table({said: getattr(results, field) for field, said in columns.items()}, title=title))


def subsets_table(trained: "Sequence[Trained]") -> Table:
    """A line for each share of the training data, the full data last; the test part is the same for all."""
    from models.card import figure

    table = Table(
        title=f"Test part by share of the training data, split {trained[0].recipe.split}", title_justify="left"
    )
    headings = (
        "Share",
        "Training reviews",
        "Epoch",
        "Accuracy",
        "Macro-F1",
        "Weighted F1",
        "ROC-AUC",
        "Log loss",
        "Seconds",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for one in trained:
        shipped, training = one.results.shipped, one.training
        names = ("accuracy", "macro_f1", "weighted_f1", "roc_auc", "log_loss")
        if one.results.by_class is not None:
            values = one.results.by_class.shipped.values
            cells = [_shown(values[name]) for name in names]
        else:
            cells = [figure(shipped, name) if name in type(shipped).__struct_fields__ else "" for name in names]
        table.add_row(
            f"{training.share:g}",
            f"{one.split.train:,}",
            f"{training.chosen_epoch} of {len(training.history)}",
            *cells,
            f"{training.seconds:.0f}",
        )
    return table


def _columns(trained: "Trained") -> dict[str, str]:
    """Fields of the results in the order of the table, and what they are called."""
    last, chosen = len(trained.training.history), trained.training.chosen_epoch
    names = {"last_epoch": f"epoch {last}"}
    if trained.calibration is not None:
        names = {"shipped": f"epoch {chosen}, calibrated", "uncalibrated": f"epoch {chosen}"} | names
    return names


def _stars_table(figures: "ByClass", columns: Mapping[str, str], labels: Sequence[str], title: str) -> Table:
    from models.evaluation.catalogue import overall

    shown: list[ClassFigures] = [getattr(figures, field) for field in columns]
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in columns.values():
        table.add_column(name, justify="right")
    table.add_row("Reviews", *(f"{one.rows:,}" for one in shown))
    for entry in overall(labels):
        table.add_row(entry.title, *(_shown(one.values[entry.name]) for one in shown))
    for label in labels:
        table.add_row(f"Recall of {label}", *(_shown(one.values[f"recall_{label}"]) for one in shown))
    return table


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
