"""The worker's metrics, one catalogue. Units are in the names, as Prometheus asks."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from stream.event import ReviewEvent
from stream.record import TopicPartition
from stream.threadtimes import ThreadTimes

REVIEWS: Final = Counter("aura_reviews_total", "Reviews whose effects were applied to the store.", ["tenant"])
DUPLICATES: Final = Counter(
    "aura_duplicates_total", "Reviews left out because the same event had counted before.", ["tenant"]
)
DEAD_LETTERS: Final = Counter("aura_dead_letters_total", "Records written to the dead-letter topic.", ["field"])
PAUSED: Final = Gauge("aura_paused", "1 while the worker holds back for its limit on dead letters, else 0.")
BATCH_REVIEWS: Final = Histogram(
    "aura_batch_reviews", "Records in a batch.", buckets=(1, 4, 16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384)
)
STAGE_SECONDS: Final = Histogram(
    "aura_stage_seconds",
    "Time a batch spends in a stage: wait (for its batch to fill), decode, classify, fold, apply, dead_letters.",
    ["stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
LAG_RECORDS: Final = Gauge("aura_lag_records", "Records in the log that are not applied yet.", ["topic", "partition"])
LAG_SECONDS: Final = Gauge(
    "aura_lag_seconds",
    "Age of the oldest record that is not applied; 0 when there is none.",
    ["topic", "partition"],
)
FENCE: Final = Gauge("aura_fence_offset", "Last offset whose effects are in the store.", ["topic", "partition"])
REFUSED_RUNS: Final = Counter(
    "aura_refused_runs_total",
    "Runs that the store refused, by why: stale or overlap (applied by another worker), deposed (another worker has "
    "the partition), behind (the store lost data; also when that was seen without a run).",
    ["outcome"],
)
MISSING_RECORDS: Final = Counter(
    "aura_missing_records_total",
    "Offsets that the log dropped before they were read.",
    ["topic", "partition"],
)
STORE_RETRIES: Final = Counter("aura_store_retries_total", "Tries to reach Redis that failed and were repeated.")
HELD_UP: Final = Gauge("aura_held_up", "1 while this is what the worker cannot go on for, else 0.", ["by"])
DEAD: Final = Gauge("aura_dead", "1 while /healthz says that the worker should be started afresh, else 0.")
INFO: Final = Gauge("aura_worker_info", "1, with the device and the artefacts of this worker.", ["device", "models"])

REGISTRY.register(ThreadTimes())


def begin() -> None:
    """Show the counters whose rise alerts from 0 on; one that appears with its first count has not risen."""
    REFUSED_RUNS.labels("behind")
    for name in ("", *ReviewEvent.__struct_fields__):
        DEAD_LETTERS.labels(name)


def forget(partitions: Iterable[TopicPartition]) -> None:
    """Stop reporting partitions that this worker no longer has; their last lag would stand for ever."""
    for tp in partitions:
        for gauge in (LAG_RECORDS, LAG_SECONDS, FENCE):
            with suppress(KeyError):
                gauge.remove(tp.topic, str(tp.partition))
