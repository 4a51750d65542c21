"""``aura bench stages``: what each step of a review's way through a worker costs, alone and all in a row.

All in one process, with a real Kafka and a real Redis; the parts are a worker's own. Times are of the processor, so
that what else runs on the machine slows a measurement down without being in it.
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
from itertools import chain
from pathlib import Path
from typing import Any, Final

from redis import Redis
from rich.console import Console

from infra.bench import pipeline
from infra.bench.backlog import Backlog
from infra.bench.collecting import Collections
from infra.bench.expected import Expected
from infra.bench.machine import cores, machine
from infra.bench.processes import CpuSeconds
from infra.bench.reading import Spent, TopicReader
from infra.bench.servers import BenchRedis
from infra.bench.steps import ALONE, SHARDS, Batch, Steps
from infra.bench.texts import events
from infra.kafka.server import KafkaServer
from stream import garbage
from stream.batching import DEFAULT_SIZE
from stream.event import ReviewEvent
from stream.record import Run
from stream.topics import ensure_topics

STEPS: Final = ("fetch", "hand_over", *ALONE, "collect")
"""*fetch*: what Kafka's client does on its thread, from the socket to records. *hand_over*: Faust, and its transport,
on the event loop. *collect*: Python's search for reference cycles, as often as it begins in the sequence; it is in no
other step. The others: :data:`infra.bench.steps.ALONE`."""

TOPIC: Final = "bench-stages"

WEIGHED: Final = 4
"""Batches whose allocations are looked at: tracing them makes a step several times as slow."""

DECIMALS: Final = 2

THREADS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "event loop": (("MainThread",), ("hand_over", "fold", "apply", "release")),
    "classifying threads": (("aura-classify", "aura-inference"), ("decode", "ids", "inference", "join")),
    "Kafka client": (("aura-kafka",), ("fetch",)),
}
"""The threads of a worker, and the steps that they do. Cycles are searched on any of them."""


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
    expected, border = Expected(task.model), 0
    each: dict[str, list[float]] = {name: [] for name in STEPS}
    together, threads, redis_spent = list[float](), list[dict[str, float]](), list[float]()
    with ExitStack() as stack:
        with console.status("Starting Kafka ..."):
            kafka = stack.enter_context(KafkaServer(folder / "kafka"))
        redis = stack.enter_context(BenchRedis(folder))
        client = stack.enter_context(Redis.from_url(redis.url))
        _publish(kafka.bootstrap_servers, reviews)
        reader = TopicReader(kafka.bootstrap_servers, TOPIC, SHARDS)
        share = max(1, cores() // task.workers)
        steps = await Steps.ready(task.model, task.duplicate_seconds, redis.url, share)
        try:
            await steps.sequence(reader, len(reviews), size)  # warm-up
            garbage.set_aside()
            for number in range(runs):
                with console.status(f"Run {number + 1} of {runs} ..."):
                    await steps.begin_anew()
                    await _alone(steps, reader, len(reviews), size, each)
                    border = expected.check(client, reviews)
                    await steps.begin_anew()
                    before = CpuSeconds.of({"redis": redis.pid})
                    with Collections() as collections:
                        spent = await steps.sequence(reader, len(reviews), size)
                    together.append(spent.process * 1e6 / len(reviews))
                    threads.append({name: seconds * 1e6 / len(reviews) for name, seconds in spent.threads.items()})
                    each["collect"].append(collections.seconds * 1e6 / len(reviews))
                    redis_spent.append(CpuSeconds.of({"redis": redis.pid}).since(before)["redis"] * 1e6 / len(reviews))
                    expected.check(client, reviews)
            await steps.begin_anew()
            weights = await _weights(steps, reader, len(reviews), size)
        finally:
            await steps.close()
    names = sorted(set[str]().union(*threads))
    return {
        "stages": {name: _spread(seconds) | weights.get(name, {}) for name, seconds in each.items()},
        "sum_microseconds": round(sum(map(statistics.median, each.values())), DECIMALS),
        "sequence": _spread(together),
        "sequence_threads_microseconds": {
            name: round(statistics.median(one.get(name, 0.0) for one in threads), DECIMALS) for name in names
        },
        "redis_microseconds": round(statistics.median(redis_spent), DECIMALS),
        "reviews_at_the_border": border,
    }


def _publish(bootstrap_servers: str, reviews: Sequence[ReviewEvent]) -> None:
    ensure_topics(bootstrap_servers, partitions=1, replication=1, reviews=TOPIC)
    with Backlog(bootstrap_servers, TOPIC) as backlog:
        backlog.write(reviews)
        backlog.release()


async def finished(result: Any) -> None:
    """Wait for a step's result, where it is one of those that wait."""
    if isawaitable(result):
        await result


async def _fetched(reader: TopicReader, wanted: int) -> tuple[Spent, list[Run]]:
    """All of the topic, read and put aside."""
    runs, positions = list[Run](), reader.begin()

    async def take(run: Run) -> None:
        if (accepted := positions.accept(run)) is not None:
            runs.append(accepted)

    return await reader.read(take, lambda: sum(map(len, runs)), wanted), runs


def _batches(runs: Sequence[Run], size: int) -> list[Batch]:
    records = list(chain.from_iterable(run.records for run in runs))
    return [Batch.of(runs[0].tp, records[start : start + size]) for start in range(0, len(records), size)]


async def _alone(steps: Steps, reader: TopicReader, reviews: int, size: int, each: dict[str, list[float]]) -> None:
    """Each step over all batches before the next one."""
    with Collections() as collections:

        async def timed(name: str, run: Callable[[], Any]) -> None:
            collected, began = collections.seconds, time.process_time()
            await finished(run())
            spent[name] += time.process_time() - began - (collections.seconds - collected)

        read, runs = await _fetched(reader, reviews)
        spent = {"fetch": read.kafka, "hand_over": read.loop} | dict.fromkeys(ALONE, 0.0)
        batches = _batches(runs, size)
        del runs
        await steps.alone(batches, timed)
    for name, seconds in spent.items():
        each[name].append(seconds * 1e6 / reviews)


async def _weights(steps: Steps, reader: TopicReader, reviews: int, size: int) -> dict[str, dict[str, float]]:
    """What steps allocate for a review: blocks of Python's that are there afterwards, and bytes at the most.

    Memory that compiled code takes for itself is in neither. What is handed over is what was fetched: both are weighed
    as one.
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ("fetch", *ALONE)}

    async def weighed(name: str, count: int, run: Callable[[], Any]) -> Any:
        tracemalloc.start()
        blocks = sys.getallocatedblocks()
        result = run()
        if isawaitable(result):
            result = await result
        blocks = sys.getallocatedblocks() - blocks
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        found[name].append((blocks / count, peak / count))
        return result

    gc.disable()
    try:
        _, runs = await weighed("fetch", reviews, lambda: _fetched(reader, reviews))
        batches = _batches(runs, size)[:WEIGHED]
        del runs
        sizes = iter([batch.count for _ in ALONE for batch in batches])
        await steps.alone(batches, lambda name, run: weighed(name, next(sizes), run))
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
    """How much of a worker's processor time the steps explain.

    A worker also does what comes with time and not with reviews: heart-beats, metrics, looks at files, fetches that
    find nothing. What that takes is measured while nothing comes, and counts as explained.

    What a thread takes beyond its steps, or less, is told, and does not.
    """
    worker, threads = whole["worker_microseconds_a_review"], dict(whole["threads_microseconds_a_review"])
    standing = whole["worker_idle_share"] * 1e6 / whole["reviews_per_second"]
    rest = {}
    for name, (among, steps) in THREADS.items():
        taken = sum(threads.pop(thread, 0.0) for thread in among)
        rest[name] = taken - sum(stages["stages"][step]["microseconds"] for step in steps)
    rest["other threads"] = sum(threads.values())
    return {
        "worker_microseconds_a_review": worker,
        "standing_microseconds_a_review": round(standing, DECIMALS),
        "explained_by_stages": round((stages["sum_microseconds"] + standing) / worker, 3),
        "explained_by_sequence": round((stages["sequence"]["microseconds"] + standing) / worker, 3),
        "beyond_the_stages_microseconds": {name: round(each, DECIMALS) for name, each in rest.items()},
        "pipeline": whole,
    }
