"""``aura bench stages``: what each step of a review's way through a worker costs, alone and one after the other.

All in one process and thread, with a real Redis and without Kafka: records are unpacked from the bytes that Kafka would
send. Times are of the processor, so that what else runs on the machine slows a measurement down without being in it.
"""

import asyncio
import gc
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from inspect import isawaitable
from pathlib import Path
from typing import Any, Final

from redis import Redis
from rich.console import Console

from infra.bench import pipeline
from infra.bench.expected import Expected
from infra.bench.machine import machine
from infra.bench.processes import CpuSeconds
from infra.bench.servers import BenchRedis
from infra.bench.steps import STEPS, Batch, Steps
from infra.bench.texts import events
from stream import garbage
from stream.batching import DEFAULT_SIZE

WEIGHED: Final = 4
"""Batches whose allocations are looked at: tracing them makes a step several times as slow."""

DECIMALS: Final = 2

THREADS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "event loop: Faust, hand-over, shards, metrics": (("MainThread",), ("fold", "apply", "release")),
    "classifying threads: joining their answers": (("aura-classify", "aura-inference"), ("decode", "ids", "inference")),
    "Kafka client: fetching": (("aura-kafka",), ("unpack",)),
}
"""What is beside the steps on threads of a worker, the threads, and the steps that they do."""


def measure(task: pipeline.Task, runs: int, whole: bool) -> dict[str, Any]:
    """Run the benchmark; returns the object that the command prints.

    Args:
        task: what is measured; of it ``workers`` and ``partitions`` only matter to the whole.
        runs: how often.
        whole: also run ``aura bench pipeline`` as often, and relate its worker to the steps.

    Raises:
        CommandError: a server or worker does not start, or the totals are not those expected.
        ArtefactError: there is no such artefact.
    """
    about = machine()
    size = task.batch_size or DEFAULT_SIZE
    with tempfile.TemporaryDirectory(prefix="aura-stages-") as folder:
        answer = asyncio.run(_measure(task, runs, size, Path(folder)))
    answer = {"benchmark": "stages", **task.as_dict(), "batch_size": size, **answer}
    if whole:
        answer |= related(answer, pipeline.measure(task, runs))
    return answer | {"machine": about}


async def _measure(task: pipeline.Task, runs: int, size: int, folder: Path) -> dict[str, Any]:
    reviews = list(events(task.texts, task.reviews, task.products))
    console = Console(stderr=True)
    expected, some, border = Expected(task.model), reviews[: WEIGHED * size], 0
    each: dict[str, list[float]] = {name: [] for name in STEPS}
    together, redis_spent = list[float](), list[float]()
    with ExitStack() as stack:
        redis = stack.enter_context(BenchRedis(folder))
        client = stack.enter_context(Redis.from_url(redis.url))
        steps = await Steps.ready(task.model, task.duplicate_seconds, redis.url)
        try:
            await steps.sequence(steps.batches(some, size))  # warm-up
            garbage.set_aside()
            for number in range(runs):
                with console.status(f"Run {number + 1} of {runs} ..."):
                    await steps.begin_anew()
                    await _alone(steps, steps.batches(reviews, size), each)
                    border = expected.check(client, reviews)
                    await steps.begin_anew()
                    before = CpuSeconds.of({"redis": redis.pid})
                    together.append(await _sequence(steps, steps.batches(reviews, size)))
                    redis_spent.append(CpuSeconds.of({"redis": redis.pid}).since(before)["redis"] * 1e6 / len(reviews))
                    expected.check(client, reviews)
            await steps.begin_anew()
            weights = await _weights(steps, steps.batches(some, size))
        finally:
            await steps.close()
    return {
        "stages": {name: _spread(seconds) | weights[name] for name, seconds in each.items()},
        "sum_microseconds": round(sum(map(statistics.median, each.values())), DECIMALS),
        "sequence": _spread(together),
        "redis_microseconds": round(statistics.median(redis_spent), DECIMALS),
        "reviews_at_the_border": border,
    }


async def finished(result: Any) -> None:
    """Wait for a step's result, where it is one of those that wait."""
    if isawaitable(result):
        await result


async def _alone(steps: Steps, batches: list[Batch], each: dict[str, list[float]]) -> None:
    """Each step over all batches before the next one."""
    reviews = sum(len(batch.events) for batch in batches)
    spent = dict.fromkeys(STEPS, 0.0)

    async def timed(name: str, run: Callable[[], Any]) -> None:
        began = time.process_time()
        await finished(run())
        spent[name] += time.process_time() - began

    await steps.alone(batches, timed)
    for name, seconds in spent.items():
        each[name].append(seconds * 1e6 / reviews)


async def _sequence(steps: Steps, batches: list[Batch]) -> float:
    began = time.process_time()
    await steps.sequence(batches)
    return (time.process_time() - began) * 1e6 / sum(len(batch.events) for batch in batches)


async def _weights(steps: Steps, batches: list[Batch]) -> dict[str, dict[str, float]]:
    """What steps allocate for a review: blocks of Python's that are there afterwards, and bytes at the most.

    Memory that compiled code takes for itself is in neither.
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in STEPS}
    sizes = iter([len(batch.events) for _ in STEPS for batch in batches])

    async def weighed(name: str, run: Callable[[], Any]) -> None:
        count = next(sizes)
        tracemalloc.start()
        blocks = sys.getallocatedblocks()
        await finished(run())
        blocks = sys.getallocatedblocks() - blocks
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        found[name].append((blocks / count, peak / count))

    gc.disable()
    try:
        await steps.alone(batches, weighed)
    finally:
        gc.enable()
    return {
        name: {
            "blocks_kept": round(statistics.median(blocks for blocks, _ in each), 1),
            "peak_bytes": round(statistics.median(peak for _, peak in each)),
        }
        for name, each in found.items()
    }


def _spread(microseconds: Sequence[float]) -> dict[str, Any]:
    return {
        "microseconds": round(statistics.median(microseconds), DECIMALS),
        "spread": [round(min(microseconds), DECIMALS), round(max(microseconds), DECIMALS)],
    }


def related(stages: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """How much of a worker's processor time the steps explain, and whose the rest is.

    Each of a worker's threads does some of the steps; what it takes beyond them is that thread's own.
    """
    worker, threads = whole["worker_microseconds_a_review"], dict(whole["threads_microseconds_a_review"])
    rest = {}
    for name, (among, steps) in THREADS.items():
        taken = sum(threads.pop(thread, 0.0) for thread in among)
        rest[name] = taken - sum(stages["stages"][step]["microseconds"] for step in steps)
    rest["other threads"] = sum(threads.values())
    return {
        "worker_microseconds_a_review": worker,
        "explained_by_stages": round(stages["sum_microseconds"] / worker, 3),
        "explained_by_sequence": round(stages["sequence"]["microseconds"] / worker, 3),
        "beside_the_stages_microseconds": {name: round(each, DECIMALS) for name, each in rest.items()},
        "explained": round((stages["sum_microseconds"] + sum(rest.values())) / worker, 3),
        "pipeline": whole,
    }
