"""``aura bench peers``: Aura and what others would build, on the same reviews, in turn.

Each run has a topic of its own with the same records in the same partitions, a Redis of its own, and the same model. In
each round every contestant runs once, and each round begins with another: so a machine that is busy for a while is busy
for all. A ratio is the median of the rounds' ratios.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from infra.bench import contestants, standings
from infra.bench.contestants import AURA, MODEL, PEERS, TENANTS, TENANTS_FILE, Contestant, Way
from infra.bench.heat import Race, heat
from infra.bench.machine import machine
from infra.bench.per_product import expected
from infra.bench.saved import save
from infra.bench.texts import events
from infra.errors import CommandError
from infra.kafka.server import KafkaServer

WARM_UP: Final = 4_000
"""Reviews that each contestant counts before the clock starts."""

Tried = dict[Way, standings.Figures]
"""Ways of one contestant, and what each gave."""


class Terms(NamedTuple):
    """What is measured."""

    reviews: int
    rounds: int
    partitions: int
    products: int | None
    """See :func:`infra.bench.texts.events`."""
    texts: Path | None
    peers: Sequence[str]
    """Names; empty for all."""
    processes: int | None
    """Of each contestant; None for its best."""
    tune: bool
    """Try all ways of each first and take the fastest."""


def measure(terms: Terms) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Raises:
        CommandError: the peers' packages are missing, a server or process fails, or totals are wrong.
    """
    running = [AURA, *_chosen(terms.peers)]
    most = max(way.processes for one in running for way in (one.way, *one.ways))
    if (terms.processes or most) > terms.partitions:
        raise CommandError(
            f"expected a partition for each of {terms.processes or most} processes, got {terms.partitions}"
        )
    about = machine() | contestants.versions()
    console = Console(stderr=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aura-bench-")))
        with console.status("Saving the model, and judging all reviews with it ..."):
            race = _prepare(terms, folder, stack.enter_context(KafkaServer(folder / "kafka")))
        tuning = _tune(race, running, folder, console) if terms.tune else {}
        ways = {one.name: _way(one, tuning.get(one.name, {}), terms.processes) for one in running}
        runs: dict[str, list[dict[str, Any]]] = {one.name: [] for one in running}
        for number in range(terms.rounds):
            first = number % len(running)
            for one in running[first:] + running[:first]:
                with console.status(f"Round {number + 1} of {terms.rounds}: {one.title} ({ways[one.name]}) ..."):
                    runs[one.name].append(heat(race, one, ways[one.name], folder / f"bench.{number}.{one.name}"))
                console.print(f"{one.title}: {standings.line(runs[one.name][-1])}", highlight=False)
    results = [standings.of(one, ways[one.name], runs[one.name], runs[AURA.name]) for one in running]
    console.print(standings.table(results))
    aura, *others = results
    return {
        "benchmark": "peers",
        "reviews": terms.reviews,
        "rounds": terms.rounds,
        "partitions": terms.partitions,
        "products": terms.products,
        "model": MODEL,
        "texts": "real reviews" if terms.texts else "simulated",
        "reviews_per_second": aura["reviews_per_second"],
        "spread": aura["spread"],
        "times_the_fastest_peer": min(other["aura_is_times_as_fast"]["median"] for other in others),
        "contestants": results,
        "tuning": {name: {str(way): run for way, run in tried.items()} for name, tried in tuning.items()},
        "machine": about,
    }


def _chosen(names: Sequence[str]) -> list[Contestant]:
    by_name = {peer.name: peer for peer in PEERS}
    if unknown := [name for name in names if name not in by_name]:
        raise CommandError(f"no peer is called {unknown[0]!r}; there are {', '.join(by_name)}")
    return [peer for peer in PEERS if not names or peer.name in names]


def _way(one: Contestant, tried: Tried, processes: int | None) -> Way:
    found = max(tried, key=lambda way: tried[way]["reviews_per_second"]) if tried else one.way
    return found if processes is None else found._replace(processes=processes)


def _prepare(terms: Terms, folder: Path, kafka: KafkaServer) -> Race:
    """The saved model, the reviews, and what their totals must be."""
    published = list(events(terms.texts, WARM_UP + terms.reviews, terms.products))
    texts = list({event.text: None for event in published})
    given = folder / "given"
    # In a process of its own, which takes TensorFlow's memory and threads with it.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        p_bad = dict(zip(texts, pool.submit(save, MODEL, given, texts).result().tolist(), strict=True))
    (given / TENANTS_FILE).write_text(TENANTS)
    right = expected((event.product_id, p_bad[event.text]) for event in published)
    return Race(kafka, given, terms.partitions, published[:WARM_UP], published[WARM_UP:], right)


def _tune(race: Race, running: list[Contestant], folder: Path, console: Console) -> dict[str, Tried]:
    """Figures of each contestant in each way, one way after the other."""
    tried: dict[str, Tried] = {one.name: {} for one in running}
    for one in running:
        for number, way in enumerate(one.ways):
            with console.status(f"Tuning {one.title}: {way} ..."):
                tried[one.name][way] = run = heat(race, one, way, folder / f"tune.{number}.{one.name}")
            console.print(f"{one.title}, {way}: {standings.line(run)}", highlight=False)
    return tried
