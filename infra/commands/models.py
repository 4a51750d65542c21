"""``aura models``: the classifiers there are, which is better, and what becomes of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from infra.commands.export import export
from infra.commands.promotion import promote, rollback, shadow
from infra.commands.ratios import ratios
from infra.errors import CommandError
from infra.options import AsJson, AsJsonArray, Data, Model, Product, Rating, Text, Threads, Time, Title

if TYPE_CHECKING:
    from models.artefact import Artefact

app = typer.Typer(no_args_is_help=True)


@app.callback()
def models() -> None:
    """List, compare, promote and export classifiers.

    A classifier is named by the folder that aura train wrote, or by its name if it comes with Aura.
    """


@app.command("list")
def list_(as_json: AsJsonArray = False) -> None:
    """The classifiers that come with Aura.

    With the figures of each on the test part of its own data.
    """
    from infra.evaluating import megabytes
    from models.artefact import shipped

    found = [_read(name) for name in shipped()]
    if as_json:
        import msgspec

        summaries = [
            {
                "name": each.path.name,
                "version": each.manifest.version,
                "architecture": each.manifest.architecture,
                "labels": each.manifest.labels,
                "inputs": each.manifest.preprocessing.inputs,
                "trained_on": each.manifest.data.name,
                "split": each.manifest.split.kind,
                "megabytes": megabytes(each.path),
                "results": each.manifest.results.shipped,
            }
            for each in found
        ]
        print(msgspec.json.encode(summaries).decode())
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from models.card import figure

    table = Table("Classifier", box=SIMPLE_HEAD)
    for heading in ("MB", "Accuracy", "Macro-F1", "ROC-AUC"):
        table.add_column(heading, justify="right")
    for path, manifest, *_ in found:
        described = (
            f"version {manifest.version}, {manifest.architecture}: {', '.join(manifest.labels)} "
            f"from {' and '.join(manifest.preprocessing.inputs)}; {manifest.data.name}, split {manifest.split.kind}"
        )
        table.add_row(
            f"{path.name}\n[dim]{described}[/dim]",
            f"{megabytes(path):.1f}",
            *(figure(manifest.results.shipped, field) for field in ("accuracy", "macro_f1", "roc_auc")),
        )
    Console().print(table)


@app.command()
def show(
    model: Model,
    as_json: AsJson = False,
) -> None:
    """What a classifier is and what measured it.

    What answers, its weights, words and manifest, is checked as for answering; the card is shown as it lies there.
    """
    from models import manifest as manifest_json
    from models.card import model_card

    found = _read(model)
    if as_json:
        print(manifest_json.encode(found.manifest).decode(), end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    card = found.path / "MODEL_CARD.md"
    text = card.read_text("utf-8", "replace") if card.is_file() else model_card(found.manifest, "")
    Console().print(Markdown(text))


@app.command()
def compare(
    classifiers: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Two or more: folders of artefacts, or names.")
    ],
    data: Data,
    text: Text = None,
    rating: Rating = None,
    title: Title = None,
    product: Product = None,
    time: Time = None,
    split: Annotated[
        str,
        typer.Option(
            help="auto: the test part of the training where the data are those of it, else all rows; all; or a kind "
            "of split, for data that no classifier was trained on: measure on its test part alone.",
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Of the resamples.", min=0)] = 42,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples.", min=100)] = 1000,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Measure classifiers on the same reviews.

    Figures with 95 % intervals, baselines, and differences to the first. Differences have the interval of a paired
    bootstrap, and McNemar's exact p; neither is corrected for the number of classifiers.
    """
    from infra.comparison import compare as measure
    from infra.labelled import leak_sentence, read_rows
    from models.evaluation.held_out import SPLITS

    if len(classifiers) < 2:
        raise typer.BadParameter("two classifiers or more are compared: aura models compare A B DATA")
    if split not in SPLITS:
        raise typer.BadParameter(f"{split!r} is none of {', '.join(SPLITS)}", param_hint="--split")
    artefacts = [_read(name) for name in classifiers]
    rows = read_rows(data, text=text, rating=rating, title=title, product=product, time=time)
    found = measure(artefacts, classifiers, rows, split=split, seed=seed, resamples=resamples, threads=threads)
    if found.leaks:
        typer.echo(leak_sentence(found.leaks, found.rows), err=True)
    if as_json:
        import msgspec

        print(msgspec.json.encode(found).decode())
        return
    from rich.console import Console

    from infra.figures_table import differences_table, figures_table

    speeds = {
        "Reviews/s": [f"{each.reviews_per_second:,.0f}" for each in found.models],
        "MB": [f"{each.megabytes:.1f}" for each in found.models],
    }
    title_of_table = f"{found.data}: {found.rows:,} reviews, {found.measured_on}"
    console = Console()
    console.print(figures_table(found.lines, found.labels, title=title_of_table, further=speeds))
    console.print(differences_table(found.lines, found.labels))
    console.print(f"Baselines are {found.baselines}. Below each figure its 95 % interval.", style="dim")


for command in (ratios, promote, rollback, shadow, export):
    app.command()(command)


def _read(model: str) -> "Artefact":
    from models.artefact import ArtefactError, find

    try:
        return find(model)
    except ArtefactError as error:
        raise CommandError(str(error)) from error
