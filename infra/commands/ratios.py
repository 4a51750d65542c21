"""``aura models ratios``: how far the two live ratios of a classifier are off, on labelled reviews."""

from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import CommandError
from infra.options import AsJson, Data, Model, Product, Rating, Text, Threads, Time, Title

if TYPE_CHECKING:
    from rich.table import Table

    from models.evaluation.ratios import RatioErrors


def ratios(
    artefact: Model,
    data: Data,
    text: Text = None,
    rating: Rating = None,
    title: Title = None,
    product: Product = None,
    time: Time = None,
    least: Annotated[int, typer.Option(help="Leave out products with fewer reviews.", min=1)] = 20,
    size: Annotated[
        int | None, typer.Option(help="Groups of so many reviews, drawn at random, in place of products.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the drawing.", min=0)] = 42,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Measure how far both ratios are from the true ones.

    How far good_ratio and mean_p_good are from the true share of each product, and whether their intervals hold it. On
    the test part of the classifier's own data, else on all rows. Every product counts alike, however many reviews it
    has.
    """
    from infra.evaluating import answer, held_out, load_classifier
    from infra.labelled import leak_sentence, read_rows
    from models.evaluation.ratios import at_random, by_product, measure
    from models.goodness import p_good
    from stream.statistics.shares import of_mean, wilson

    rows = read_rows(data, text=text, rating=rating, title=title, product=product, time=time)
    classifier = load_classifier(artefact, threads=threads)
    held = held_out(rows, [classifier.manifest], "auto")
    if held.leaks:
        typer.echo(leak_sentence(held.leaks, len(held.parts.test)), err=True)
    rows = rows.take(held.parts.test)
    if size is not None:
        groups, grouped = at_random(len(rows.reviews), size, seed=seed), f"groups of {size:,} reviews"
    elif rows.product is None:
        raise CommandError(
            f"{rows.name} has no column of the product: name it with --product, or draw groups, --size 50"
        )
    else:
        groups, grouped = by_product(rows.product, least), f"products with {least:,} reviews or more"
    if not groups:
        raise CommandError(f"{rows.name}: there are no {grouped} in {held.what}")
    answers = answer(classifier, rows.reviews).probabilities
    found = measure(groups, ~rows.bad, p_good(answers, classifier.manifest.labels), (wilson, of_mean))
    if as_json:
        import msgspec

        print(msgspec.json.encode({"data": rows.name, "measured_on": held.what, **msgspec.to_builtins(found)}).decode())
        return
    from rich.console import Console

    Console().print(_table(found, f"{rows.name}, {held.what}: {found.groups:,} {grouped}"))


def _table(found: "RatioErrors", title: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table("Ratio", box=SIMPLE_HEAD, title=title, title_justify="left")
    for heading in ("Off by", "Bias", "Interval holds the true share"):
        table.add_column(heading, justify="right")
    for each in found.errors:
        table.add_row(each.ratio, f"{each.error:.3f}", f"{each.bias:+.3f}", f"{each.held / found.groups:.1%}")
    table.caption = f"{found.reviews:,} reviews; half of the groups have {found.typical:g} or more."
    return table
