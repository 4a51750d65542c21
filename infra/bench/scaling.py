"""``aura bench scaling``: the pipeline with more and more workers, and what a great rate would need.

Workers are compared on reviews whose products are spread evenly, so that each partition has as much to do. That is the
dearest traffic there is: what a batch adds to a product costs about the same for one review as for twenty, and here it
has hardly two of any. What reviews cost whose products are as they come is measured beside it, with one worker.
"""

import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console

from infra.bench.arithmetic import Costs, needs
from infra.bench.expected import Expected
from infra.bench.machine import machine
from infra.bench.pipeline import Task, run, summary, warm_up
from infra.kafka.server import KafkaServer


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
    results: dict[int, list[dict[str, Any]]] = {count: [] for count in workers}
    as_they_come: list[dict[str, Any]] = []
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
    costs = {"spread_evenly": _costs(results[min(results)]), "as_they_come": _costs(as_they_come)}
    return {
        "benchmark": "scaling",
        **{name: value for name, value in task.as_dict().items() if name not in ("workers", "partitions")},
        "workers": {str(count): summary(found) for count, found in results.items()},
        "one_worker_as_they_come": summary(as_they_come),
        "costs_of_a_review": {products: each.as_dict() for products, each in costs.items()},
        "calculated_for": rate,
        "needed": {products: needs(rate, each) for products, each in costs.items()},
        "machine": about,
    }


def _costs(runs: list[dict[str, Any]]) -> Costs:
    """The medians of some runs; with the fewest workers, whose batches are the fullest."""

    def median(of: Callable[[dict[str, Any]], float]) -> float:
        return statistics.median(map(of, runs))

    return Costs(
        worker_microseconds=median(lambda each: each["microseconds_a_review"]["workers"]),
        kafka_write_microseconds=median(lambda each: each["kafka_write_microseconds_a_review"]),
        kafka_read_microseconds=median(lambda each: each["microseconds_a_review"]["kafka"]),
        redis_microseconds=median(lambda each: each["microseconds_a_review"]["redis"]),
        log_bytes=median(lambda each: each["log_bytes_a_review"]),
        redis_bytes=median(lambda each: each["redis_bytes_a_review"]),
        worker_mib=median(lambda each: each["resident_mib"]["worker 0"]),
    )
