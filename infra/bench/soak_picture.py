"""A soak as a picture: memory, lag and latency over time."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from infra.bench.sampling import Sample

COLOURS = ("#2563a8", "#c2571a", "#3c8d40", "#8a4fa3", "#7a6a55", "#b0303d", "#4aa3a3", "#999933")


def draw(samples: Sequence[Sample], latencies: Sequence[tuple[float, float]], title: str, path: Path) -> None:
    """Write the picture as PNG.

    Args:
        samples: in order of time.
        latencies: (seconds since the start, seconds until readable) of each probe.
        title: stands above.
        path: of the file.
    """
    figure = Figure(figsize=(10, 9.5), layout="constrained")
    figure.suptitle(title, fontsize=12)
    memory, kinds, lag, latency = figure.subplots(4, 1, sharex=True)
    minutes = [sample.seconds / 60 for sample in samples]
    for colour, name in zip(COLOURS, samples[0].resident, strict=False):
        memory.plot(minutes, [sample.resident[name] for sample in samples], color=colour, label=name)
    memory.set_ylabel("Resident memory, MiB")
    weighed = [sample for sample in samples if sample.redis_kinds]
    names = sorted({kind for sample in weighed for kind in sample.redis_kinds})
    if names:
        kinds.stackplot(
            [sample.seconds / 60 for sample in weighed],
            [[sample.redis_kinds.get(name, 0.0) for sample in weighed] for name in names],
            labels=names,
            colors=COLOURS,
        )
    kinds.set_ylabel("Keys in Redis, MiB")
    lag.plot(minutes, [sample.lag_records for sample in samples], color=COLOURS[0], linewidth=0.8)
    lag.set_ylabel("Lag, reviews")
    latency.plot(
        [at / 60 for at, _ in latencies], [seconds * 1000 for _, seconds in latencies], ".", color=COLOURS[1],
        markersize=2,
    )  # fmt: skip
    latency.set_ylabel("Publish to readable, ms")
    latency.set_xlabel("Minutes")
    for axes in (memory, kinds, lag, latency):
        axes.set_ylim(bottom=0)
        axes.grid(color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in (memory, kinds):
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=8, ncols=6, loc="lower left", bbox_to_anchor=(0, 1))
    figure.savefig(path, format="png", dpi=110)
