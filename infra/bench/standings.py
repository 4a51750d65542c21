"""What the runs of ``aura bench peers`` come to: figures of each contestant, and a table of all."""

import statistics
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from infra.bench.contestants import Contestant, Way

Figures = dict[str, Any]


def of(contestant: Contestant, way: Way, runs: Sequence[Figures], ours: Sequence[Figures]) -> Figures:
    """A contestant's figures.

    Args:
        contestant: whose.
        way: how it ran.
        runs: one a round.
        ours: Aura's, of the same rounds.
    """
    rates = [run["reviews_per_second"] for run in runs]
    faster = [our["reviews_per_second"] / rate for our, rate in zip(ours, rates, strict=True)]
    dearer = [_spent(run) / _spent(our) for our, run in zip(ours, runs, strict=True)]
    spent = {
        name: round(statistics.median(run["microseconds_a_review"][name] for run in runs), 1)
        for name in ("workers", "kafka", "redis")
    }
    return {
        "name": contestant.name,
        "title": contestant.title,
        "processes": way.processes,
        "batch": way.batch,
        "reviews_per_second": round(statistics.median(rates)),
        "spread": [min(rates), max(rates)],
        "aura_is_times_as_fast": _ratio(faster),
        "processor_time_is_times_auras": _ratio(dearer),
        "microseconds_a_review": spent,
        "resident_mib": max(run["resident_mib"] for run in runs),
        "runs": list(runs),
    }


def _ratio(each: Sequence[float]) -> dict[str, float]:
    return {"median": round(statistics.median(each), 2), "least": round(min(each), 2), "most": round(max(each), 2)}


def _spent(run: Figures) -> float:
    """Processor time of all processes, Kafka's and Redis' too: what is spared in one place may be spent in another."""
    return float(sum(run["microseconds_a_review"].values()))


def line(run: Figures) -> str:
    """One run in words."""
    return (
        f"{run['reviews_per_second']:,} reviews/s, {run['microseconds_a_review']['workers']} us of processor time each"
    )


def table(results: Sequence[Figures]) -> Table:
    """All of them, as people read it."""
    shown = Table(box=SIMPLE, title="Processes x batch; medians; microseconds a review of all, Kafka and Redis too")
    shown.add_column("", no_wrap=True)
    for head in ("way", "reviews/s", "least-most", "Aura is", "us each"):
        shown.add_column(head, justify="right", no_wrap=True)
    for one in results:
        low, high = one["spread"]
        shown.add_row(
            one["title"],
            str(Way(one["processes"], one["batch"])),
            f"{one['reviews_per_second']:,}",
            f"{low:,}-{high:,}",
            f"{one['aura_is_times_as_fast']['median']:.1f} x",
            f"{_spent(one):.0f}",
        )
    return shown
