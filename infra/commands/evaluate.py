"""``aura evaluate``: the figures of a classifier on labelled reviews."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from infra.errors import CommandError
from infra.labelled import leak_sentence, read_rows
from infra.options import AsJson, Data, Model, Product, Rating, Text, Threads, Time, Title

if TYPE_CHECKING:
    from rich.table import Table

    from models.classifier import Classifier
    from models.data.labelled import Labelled
    from models.evaluation.figures import Figures
    from models.manifest import Manifest

Part = Literal["all", "train", "validation", "test"]


def evaluate(
    artefact: Model,
    data: Data,
    text: Text = None,
    rating: Rating = None,
    title: Title = None,
    product: Product = None,
    time: Time = None,
    part: Annotated[
        Part,
        typer.Option(help="All rows, or of those that the classifier was trained on the part that its split names."),
    ] = "all",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Also write report.html and report.json: on the test part of its own data, else on all rows.",
            metavar="FOLDER",
            file_okay=False,
        ),
    ] = None,
    texts: Annotated[bool, typer.Option(help="Show the texts of the worst mistakes in the report.")] = True,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Measure a classifier on labelled reviews. Rows without a text or a rating are left out and counted.

    Reviews that it was trained on flatter it: --part test measures on those of its data that it has never seen.
    """
    from infra.evaluating import load_classifier

    if out is not None and part in ("train", "validation"):
        raise typer.BadParameter("a report is on rows that the classifier has not learned; leave --part out")
    rows = read_rows(data, text=text, rating=rating, title=title, product=product, time=time)
    classifier = load_classifier(artefact, threads=threads)
    if out is not None:
        figures, table = _reported(artefact, classifier, rows, out, threads=threads, texts=texts)
    else:
        figures, table = _measured(classifier, rows, part)
    if as_json:
        manifest = classifier.manifest
        described = {"skipped": rows.skipped, "artefact": manifest.name, "version": manifest.version}
        print(json.dumps(_flat(figures) | described))
        return
    from rich.console import Console

    Console().print(table)


def _reported(
    artefact: str, classifier: "Classifier", rows: "Labelled", out: Path, *, threads: int | None, texts: bool
) -> "tuple[Figures, Table]":
    """Write the report. Figures and table of the rows that it is on."""
    from infra.evaluation_report import make_folder, make_report, write_report
    from infra.figures_table import figures_table, share_errors

    make_folder(out)
    made = make_report(artefact, classifier, rows, threads=threads, texts=texts)
    if made.data.leaks:
        typer.echo(leak_sentence(made.data.leaks, made.parts[-1].rows), err=True)
    typer.echo(f"Written to {write_report(made, out)}", err=True)
    title = f"{rows.name}, {made.data.measured_on}"
    return made.parts[-1], figures_table(
        made.lines, classifier.manifest.labels, title=title, further=share_errors(made.bad_share_by_product)
    )


def _measured(classifier: "Classifier", rows: "Labelled", part: Part) -> "tuple[Figures, Table]":
    from infra.evaluating import answer, class_numbers
    from infra.figures_table import values_table
    from models.evaluation.figures import measure

    manifest = classifier.manifest
    if part != "all":
        rows = _part(manifest, rows, part)
    elif rows.sha256 == manifest.data.sha256:
        typer.echo(
            "the classifier was trained on some of these reviews; --part test measures on those it has not seen",
            err=True,
        )
    figures = measure(class_numbers(rows, manifest), answer(classifier, rows.reviews).probabilities, manifest.labels)
    name = rows.file + ("" if part == "all" else f", {part} part")
    title = f"{manifest.name} {manifest.version} on {classifier.device}"
    return figures, values_table({name: figures}, manifest.labels, title=title)


def _part(manifest: "Manifest", rows: "Labelled", part: Part) -> "Labelled":
    from models.split import divided_as, leaks

    try:
        parts = divided_as(manifest, rows)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if part == "test" and (found := leaks(rows, parts)):
        typer.echo(leak_sentence(found, len(parts.test)), err=True)
    chosen = getattr(parts, part)
    if not len(chosen):
        raise CommandError(f"{manifest.name} was trained without a {part} part")
    return rows.take(chosen)


def _flat(figures: "Figures") -> dict[str, object]:
    """Figures as one object; the share of bad ones under its old name as well."""
    values = dict(figures.values)
    if "share_bad" in values:
        values["bad_share"] = values["share_bad"]
    return {"rows": figures.rows, **values, "confusion": figures.confusion}
