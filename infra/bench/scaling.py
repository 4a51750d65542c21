"""``aura bench scaling``: the pipeline with more and more workers, and what a great rate would need.

Workers are compared on reviews whose products are spread evenly, so that each partition has as much to do. That is the
dearest traffic there is: what a batch adds to a product costs about the same for one review as for twenty, and here it
has hardly two of any. What reviews cost whose products are as they come is measured beside it, with one worker; and so
is what it costs to divide batches among the shards of a store.
"""

import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from infra.bench.arithmetic import Costs, needs
from infra.bench.expected import Expected
from infra.bench.machine import machine
from infra.bench.pipeline import WARM_UP, Task, run, summary, warm_up
from infra.kafka.server import KafkaServer

SHARDS: Final = 16
"""Of the store that is compared with one of a single shard."""

STEADY: Final = 1_024
"""Reviews a batch in that comparison: those of 50 ms at 20,000 reviews/s. Each batch costs each shard a call."""


def measure(task: Task, workers: Sequence[int], runs: int, rate: float) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Args:
        task: what is measured, its ``products`` spread evenly; its ``workers`` and ``partitions`` are replaced.
        workers: how many, one after the other; each has one partition.
        runs: rounds of all of them, so that what else the machine does meets each alike.
        rate: reviews a second that are calculated for.

    Raises:
        CommandError: a server or worker does not start, or the totals are not those expected.
    """
    about, expected, console = machine(), Expected(task.model), Console(stderr=True)
    # As many for all: products that a store knows already cost it less.
    task = task._replace(warm_up=WARM_UP * max(workers))
    results: dict[int, list[dict[str, Any]]] = {count: [] for count in workers}
    as_they_come: list[dict[str, Any]] = []
    shared_out: dict[int, list[dict[str, Any]]] = {1: [], SHARDS: []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aura-bench-")))
        with console.status("Starting Kafka ..."):
            kafka = stack.enter_context(KafkaServer(folder / "kafka"))
        warm_up(kafka, folder, task._replace(workers=1, partitions=1), expected, console)
        for number in range(runs):
            for count, found in results.items():
                name = f"{number + 1} of {runs}, workers: {count}"
                these = task._replace(workers=count, partitions=count)
                found.append(run(kafka, folder, these, expected, name, console))
            these = task._replace(workers=1, partitions=1, products=None)
            name = f"{number + 1} of {runs}, one worker, products as they come"
            as_they_come.append(run(kafka, folder, these, expected, name, console))
            for shards, found in shared_out.items():
                name = f"{number + 1} of {runs}, one worker, steady batches, shards: {shards}"
                steady = these._replace(batch_size=STEADY, shards=shards)
                found.append(run(kafka, folder, steady, expected, name, console))
    further = _further(shared_out)
    costs = {
        "spread_evenly": _costs(results[min(results)], further),
        "as_they_come": _costs(as_they_come, further),
    }
    return {
        "benchmark": "scaling",
        **{name: value for name, value in task.as_dict().items() if name not in ("workers", "partitions")},
        "workers": {str(count): summary(found) for count, found in results.items()},
        "one_worker_as_they_come": summary(as_they_come),
        "steady_batch": STEADY,
        "one_worker_steady_batches_by_shards": {str(shards): summary(found) for shards, found in shared_out.items()},
        "costs_of_a_review": {products: each.as_dict() for products, each in costs.items()},
        "calculated_for": rate,
        "needed": {products: needs(rate, each) for products, each in costs.items()},
        "machine": about,
    }


def _median(runs: list[dict[str, Any]], of: Callable[[dict[str, Any]], float]) -> float:
    return statistics.median(map(of, runs))


def _further(by_shards: dict[int, list[dict[str, Any]]]) -> tuple[float, float]:
    """Microseconds a review that each shard after the first costs: a worker, and Redis."""

    def each(name: str) -> float:
        one, many = (_median(found, lambda run: run["microseconds_a_review"][name]) for found in by_shards.values())
        return max(0.0, round((many - one) / (SHARDS - 1), 4))

    return each("workers"), each("redis")


def _costs(runs: list[dict[str, Any]], further: tuple[float, float]) -> Costs:
    """The medians of some runs; with the fewest workers, which have a processor to themselves."""
    return Costs(
        worker_microseconds=_median(runs, lambda each: each["microseconds_a_review"]["workers"]),
        kafka_write_microseconds=_median(runs, lambda each: each["kafka_write_microseconds_a_review"]),
        kafka_read_microseconds=_median(runs, lambda each: each["microseconds_a_review"]["kafka"]),
        redis_microseconds=_median(runs, lambda each: each["microseconds_a_review"]["redis"]),
        log_bytes=_median(runs, lambda each: each["log_bytes_a_review"]),
        redis_bytes=_median(runs, lambda each: each["redis_bytes_a_review"]),
        worker_mib=_median(runs, lambda each: each["resident_mib"]["worker 0"]),
        worker_shard_microseconds=further[0],
        redis_shard_microseconds=further[1],
    )
