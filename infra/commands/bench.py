"""``aura bench``: measure the system on this machine."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from infra.errors import CommandError
from infra.interrupt import ended_by_signals

app = typer.Typer(no_args_is_help=True)

Products = Annotated[
    int | None,
    typer.Option(min=1, help="Products that the reviews are of, evenly. [default: each its own]", show_default=False),
]
Model = Annotated[str, typer.Option(help="Artefact that classifies.")]
DuplicateSeconds = Annotated[int, typer.Option(min=0, help="Horizon for duplicates; 0 looks for none.")]


def _number(value: float | None) -> float | None:
    """What an option's limits let pass, without what is no number: nothing compares with that."""
    if value is not None and math.isnan(value):
        raise typer.BadParameter(f"expected a number, got {value}")
    return value


@app.callback()
def bench(context: typer.Context) -> None:
    """Measure the system on this machine. Results are JSON on standard output.

    Benchmarks start the servers they need, on loopback, and stop them again.
    """
    context.with_resource(ended_by_signals())


@contextmanager
def _said(texts: Path | None = None) -> Iterator[None]:
    """Looks at the file of texts before a server starts; what is wrong with it, or with an artefact, is told in words.

    Raises:
        CommandError: for what a file or an artefact raises.
    """
    from infra.bench.texts import events
    from models.artefact import ArtefactError
    from stream.readers.rows import LayoutError
    from stream.readers.source import SourceError

    try:
        if texts is not None:
            next(events(texts, 1))
        yield
    except (ArtefactError, LayoutError, SourceError) as error:
        raise CommandError(str(error)) from error


@app.command()
def pipeline(
    reviews: Annotated[int, typer.Option(min=1_000, help="Size of the backlog.")] = 100_000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")] = 1,
    partitions: Annotated[int, typer.Option(min=1, max=64, help="Partitions of the topic.")] = 4,
    runs: Annotated[int, typer.Option(min=1, max=20, help="Runs; the median counts.")] = 3,
    texts: Annotated[
        Path | None,
        typer.Option(
            help="Datafiniti CSV whose reviews are published. [default: simulated]", exists=True, dir_okay=False
        ),
    ] = None,
    products: Products = None,
    model: Model = "reference",
    batch_size: Annotated[int | None, typer.Option(min=1, max=16_384, help="AURA_BATCH_SIZE of the workers.")] = None,
    duplicate_seconds: DuplicateSeconds = 3_600,
    rate: Annotated[
        float | None,
        typer.Option(
            min=1,
            max=100_000,
            help="Reviews a second that come, in place of a backlog.",
            show_default=False,
            callback=_number,
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=2, max=3_600, help="With --rate: how long a run is.", callback=_number)
    ] = 60,
) -> None:
    """Reviews a second, or the time until they can be read.

    From a backlog to totals; with --rate, from publish to readable.

    The backlog is in a real Kafka, the totals in a real Redis, and what is readable is asked of a real API.
    """
    from infra.bench import pipeline, steady

    task = pipeline.Task(reviews, workers, partitions, texts, products, model, batch_size, duplicate_seconds)
    with _said(texts):
        result = pipeline.measure(task, runs) if rate is None else steady.measure(task, rate, seconds, runs)
    print(json.dumps(result, indent=2))


@app.command()
def scaling(
    reviews: Annotated[int, typer.Option(min=1_000, help="Size of the backlog.")] = 60_000,
    workers: Annotated[
        list[int] | None,
        typer.Option(min=1, max=64, help="How many; repeatable. [default: 1, 2, 4 and 8]", show_default=False),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, max=20, help="Runs of each; medians count.")] = 3,
    texts: Annotated[
        Path | None,
        typer.Option(
            help="Datafiniti CSV whose reviews are published. [default: simulated]", exists=True, dir_okay=False
        ),
    ] = None,
    products: Annotated[int, typer.Option(min=1, help="Products that the reviews are of, evenly.")] = 1_000,
    model: Model = "reference",
    rate: Annotated[
        float, typer.Option(min=1, max=1e9, help="Reviews a second that are calculated for.", callback=_number)
    ] = 1_000_000,
    page: Annotated[
        Path | None,
        typer.Option(help="Page whose figures are written anew: infra/SCALING.md.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """The pipeline with more and more workers.

    From that follows what a great rate would need.

    Each has a partition of its own. What is calculated, and from which figures: infra/SCALING.md.
    """
    from infra.bench.pipeline import Task
    from infra.bench.scaling import measure
    from infra.bench.scaling_page import around, renew

    if page is not None:
        around(page)

    with _said(texts):
        result = measure(Task(reviews, 1, 1, texts, products, model), workers or (1, 2, 4, 8), runs, rate)
    print(json.dumps(result, indent=2), flush=True)
    if page is not None:
        renew(page, result)


@app.command()
def peers(
    reviews: Annotated[int, typer.Option(min=1_000, help="Size of the backlog.")] = 40_000,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Runs of each; ratios are medians of theirs.")] = 3,
    partitions: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=64,
            help="Partitions of the topic. [default: 4, one a core where those are more]",
            show_default=False,
        ),
    ] = None,
    products: Products = None,
    texts: Annotated[
        Path | None,
        typer.Option(
            help="Datafiniti CSV whose reviews are published. [default: simulated]", exists=True, dir_okay=False
        ),
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(help="plain, graph, faust, quix or bytewax; repeatable. [default: all]", show_default=False),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes of each. [default: its best]", show_default=False),
    ] = None,
    tune: Annotated[bool, typer.Option("--tune", help="Try each one's ways first, and take its fastest.")] = False,
) -> None:
    """Aura beside what others would build.

    The same reviews, model and totals, in turn, on the same cores.

    The peers' packages stand apart from Aura's: infra/install.sh peers puts them into .aura/peers.
    """
    from infra.bench.contest import Terms, measure
    from infra.bench.machine import cores

    terms = Terms(reviews, rounds, partitions or max(4, cores()), products, texts, peer or (), processes, tune)
    with _said(texts):
        result = measure(terms)
    print(json.dumps(result, indent=2))


@app.command()
def stages(
    reviews: Annotated[int, typer.Option(min=1_000, help="Reviews of a run.")] = 20_000,
    runs: Annotated[int, typer.Option(min=1, max=50, help="Runs; medians count.")] = 5,
    texts: Annotated[
        Path | None,
        typer.Option(help="Datafiniti CSV whose reviews are read. [default: simulated]", exists=True, dir_okay=False),
    ] = None,
    products: Products = None,
    model: Model = "reference",
    batch_size: Annotated[
        int | None, typer.Option(min=1, max=16_384, help="Reviews of a batch. [default: a worker's]")
    ] = None,
    duplicate_seconds: DuplicateSeconds = 3_600,
    whole: Annotated[
        bool, typer.Option("--whole", help="Run the pipeline as well, and say how much of its worker this explains.")
    ] = False,
) -> None:
    """Processor time and memory of each step in a worker.

    Each step of a review's way, alone and in a row.
    """
    from infra.bench.pipeline import Task
    from infra.bench.stages import measure

    task = Task(reviews, 1, 4, texts, products, model, batch_size, duplicate_seconds)
    with _said(texts):
        result = measure(task, runs, whole)
    print(json.dumps(result, indent=2))


@app.command()
def store(
    products: Annotated[
        list[int] | None, typer.Option(min=2, max=1_000_000, help="Products; repeatable.", show_default=False)
    ] = None,
    reviews_a_day: Annotated[
        list[int] | None,
        typer.Option(min=1, max=10_000, help="Reviews a product and day; repeatable.", show_default=False),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, max=20, help="Runs of each timing; the median counts.")] = 3,
    texts: Annotated[
        Path | None, typer.Option(help="Datafiniti CSV. [default: simulated]", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Memory of a product in Redis; time of writes and reads.

    After 30 days of use. [default: 1,000 and 10,000 products with 50 reviews a day; 1,000 with 5 and with 500]
    """
    from infra.bench.store import measure

    sizes, rates = products or (1_000, 10_000), reviews_a_day or (50, 5, 500)
    with _said(texts):
        result = measure(products=sizes, rates=rates, runs=runs, texts=texts)
    print(json.dumps(result, indent=2))


@app.command()
def soak(
    minutes: Annotated[float, typer.Option(min=0.2, max=24 * 60, help="How long.", callback=_number)] = 30,
    rate: Annotated[float, typer.Option(min=1, max=100_000, help="Reviews a second.", callback=_number)] = 2_000,
    partitions: Annotated[int, typer.Option(min=1, max=64, help="Partitions of the topic.")] = 4,
    texts: Annotated[
        Path | None, typer.Option(help="Datafiniti CSV. [default: simulated]", exists=True, dir_okay=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a picture (soak.png) and the samples.", file_okay=False)
    ] = None,
) -> None:
    """A steady rate for a long time.

    Growth of memory, lag, and time from publish to readable through the API.
    """
    from infra.bench.soak import measure

    with _said(texts):
        result = measure(minutes=minutes, rate=rate, partitions=partitions, texts=texts, out=out)
    print(json.dumps(result, indent=2))


@app.command()
def rebalance(
    workers: Annotated[int, typer.Option(min=1, max=16, help="Workers that are always there.")] = 2,
    partitions: Annotated[int, typer.Option(min=2, max=64, help="Partitions of the topic.")] = 4,
    rate: Annotated[float, typer.Option(min=50, max=100_000, callback=_number, help="Reviews a second.")] = 1_000,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="How often each is done.")] = 3,
    texts: Annotated[
        Path | None, typer.Option(help="Datafiniti CSV. [default: simulated]", exists=True, dir_okay=False)
    ] = None,
    model: Model = "reference",
) -> None:
    """Stalls while workers join, leave and are killed.

    The longest time in which no review of a partition became readable, at a steady rate.
    """
    from infra.bench.pipeline import Task
    from infra.bench.rebalance import measure

    task = Task(0, workers, partitions, texts, model=model)
    with _said(texts):
        result = measure(task, rate, rounds)
    print(json.dumps(result, indent=2))


@app.command()
def duplicates(
    rate: Annotated[
        list[int] | None,
        typer.Option(min=100, help="Reviews an hour of one tenant in one partition; repeatable.", show_default=False),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=16_384, help="Reviews applied at once.")] = 256,
) -> None:
    """Memory and time in Redis that counting an event once costs. [default: 10,000, 100,000 and 1,000,000 an hour]"""
    from infra.bench.duplicates import measure

    print(json.dumps(measure(rates=rate or (10_000, 100_000, 1_000_000), batch=batch), indent=2))


@app.command()
def api(
    products: Annotated[
        list[int] | None,
        typer.Option(
            min=1, max=1_000_000, help="Products in the store; repeatable. [default: 10,000]", show_default=False
        ),
    ] = None,
    reviews: Annotated[int, typer.Option(min=1, max=1_000, help="Reviews of each, over 30 days.")] = 30,
    rate: Annotated[float, typer.Option(min=1, max=10_000, help="Requests a second.", callback=_number)] = 500,
    seconds: Annotated[
        float, typer.Option(min=1, max=3_600, help="How long a run is, after a warm-up.", callback=_number)
    ] = 15,
    runs: Annotated[int, typer.Option(min=1, max=20, help="Runs of each number; medians count.")] = 3,
    path: Annotated[
        str, typer.Option(help="What is asked, behind /v1/tenants/shop; {product} is another product each time.")
    ] = "/products/{product}",
    texts: Annotated[
        Path | None, typer.Option(help="Datafiniti CSV. [default: simulated]", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Latency of the API's answers.

    Requests come at a constant rate, whether or not it keeps up.
    """
    from infra.bench.api import measure

    sizes = products or (10_000,)
    with _said(texts):
        result = measure(products=sizes, reviews=reviews, rate=rate, seconds=seconds, runs=runs, path=path, texts=texts)
    print(json.dumps(result, indent=2))


@app.command()
def live(
    viewers: Annotated[int, typer.Option(min=1, max=5_000, help="Clients that read the live stream.")] = 500,
    lazy: Annotated[int, typer.Option(min=0, max=1_000, help="Clients that open it and never read.")] = 5,
    rate: Annotated[int, typer.Option(min=1, max=100_000, help="Reviews a second.")] = 500,
    seconds: Annotated[
        float, typer.Option(min=1, max=3_600, help="How long, once all are open.", callback=_number)
    ] = 60,
) -> None:
    """How late reviews come to many who watch.

    Also what that costs, and who is dropped.
    """
    from infra.bench.live import measure

    print(json.dumps(measure(viewers=viewers, lazy=lazy, rate=rate, seconds=seconds), indent=2))
