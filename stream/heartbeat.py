"""The worker's heart-beat: lag and rate for page and metrics, and a look whether the store still has its fences."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from stream import metrics
from stream.health import Health
from stream.pipeline import fences_of
from stream.positions import Position, Positions
from stream.record import TopicPartition
from stream.retry import Troubles
from stream.runner import Runner
from stream.store.state import PartitionStatus, StoreUnavailable, WorkerStatus
from stream.store.writer import StoreWriter

BEAT_SECONDS: Final = 1.0
"""How often lag and rate are written: as often as a viewer notices a change."""

RATE_BEATS: Final = 5
"""Beats that the rate is taken over: smooth enough to read, quick enough to show a burst."""

ENDS_SECONDS: Final = 5.0
"""Longest wait for the log's end offsets; without them the lag stays as it was."""

REDIS_AWAY: Final = "the heart-beat does not reach Redis"
KAFKA_AWAY: Final = "the heart-beat does not learn from Kafka where the log ends; the lag shown is old"
AHEAD: Final = "the store is ahead of the log: the topic was created anew or cut off"
"""Troubles of a heart-beat."""

Ends = Callable[[list[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]

log = structlog.get_logger("aura.worker")


class Heartbeat:
    """Beats until cancelled.

    Args:
        worker: the worker's name.
        device: where its classifiers run.
        positions: the assigned partitions.
        runner: for what it has applied.
        writer: the store.
        ends: the log's end offset of each partition; asked without partitions too, for Kafka may be away all the same.
        troubles: where it is told that Redis or Kafka does not answer.
        health: told of every beat, and asked what others should know.
    """

    def __init__(
        self,
        worker: str,
        device: str,
        positions: Positions,
        runner: Runner,
        writer: StoreWriter,
        ends: Ends,
        *,
        troubles: Troubles,
        health: Health,
    ) -> None:
        self._worker = worker
        self._device = device
        self._positions = positions
        self._runner = runner
        self._writer = writer
        self._ends = ends
        self._troubles = troubles
        self._health = health
        self._applied: deque[tuple[float, int]] = deque(maxlen=RATE_BEATS + 1)

    async def beat(self, models: Mapping[str, str]) -> None:
        """One beat; ``models`` is tenant to artefact name."""
        self._health.turned()
        self._runner.tell_of_letters()
        await self._look_at_ends()
        await self._look_at_fences()
        now_ms = time.time_ns() // 1_000_000
        status = WorkerStatus(
            worker=self._worker,
            device=self._device,
            models=dict(models),
            reviews_per_second=self._rate(),
            dead_letters=self._runner.dead_letters,
            partitions=[_partition(tp, position, now_ms) for tp, position in self._positions.items()],
            at_ms=now_ms,
            held_up="; ".join(self._health.held_up()) or None,
        )
        for tp, position in self._positions.items():
            metrics.LAG_RECORDS.labels(*tp).set(position.waiting)
            metrics.FENCE.labels(*tp).set(position.applied)
        for partition in status.partitions:
            labels = (partition.topic, str(partition.partition))
            metrics.LAG_SECONDS.labels(*labels).set(partition.lag_seconds)
        try:
            await self._writer.heartbeat(status)
        except StoreUnavailable as error:
            self._troubles.seen(REDIS_AWAY, error, outside=True, by="redis")
        else:
            self._troubles.over(REDIS_AWAY)

    async def _look_at_ends(self) -> None:
        # As applied before asking: records that the log takes meanwhile may be applied before its answer is here.
        applied = {tp: position.applied for tp, position in self._positions.items()}
        try:
            async with asyncio.timeout(ENDS_SECONDS):
                ends = await self._ends(list(applied))
        except Exception as error:
            # Whatever Kafka's client raises while the broker is away: only the lag is not renewed.
            self._troubles.seen(KAFKA_AWAY, f"{type(error).__name__} {error}".rstrip(), outside=True, by="kafka")
            return
        self._troubles.over(KAFKA_AWAY)
        ahead = []
        for tp, position in self._positions.items():
            position.end = ends.get(tp, position.end)
            if tp in ends and applied.get(tp, -1) >= position.end:
                ahead.append(f"the store holds {tp} up to offset {applied[tp]}, and the log ends before {position.end}")
        if ahead:
            self._troubles.seen(AHEAD, "; ".join(ahead), level="error", by="topic")
        else:
            self._troubles.over(AHEAD, tell=bool(applied))  # or others have the partitions it was about

    async def _look_at_fences(self) -> None:
        """A store that was emptied or restored is noticed on a quiet partition too."""
        # As known before asking: a batch may be applied while the answer is on its way.
        known = {tp: list(position.fences) for tp, position in self._positions.items()}
        try:
            stored = await fences_of(self._writer, known)
        except StoreUnavailable:
            return
        for tp, there in stored.items():
            if any(now < before for now, before in zip(there, known[tp], strict=True)):
                metrics.REFUSED_RUNS.labels("behind").inc()  # as if a run had been: what alerts asks for nothing else
                await self._runner.lost_data(tp, min(there) + 1)

    def _rate(self) -> float:
        self._applied.append((time.monotonic(), self._runner.applied_records))
        (then, before), (now, applied) = self._applied[0], self._applied[-1]
        return (applied - before) / (now - then) if now > then else 0.0


def _partition(tp: TopicPartition, position: Position, now_ms: int) -> PartitionStatus:
    age = 0.0
    if position.waiting:
        position.waiting_ms = position.waiting_ms or now_ms  # in the log, but not fetched yet
        age = max(0.0, (now_ms - position.waiting_ms) / 1000)
    return PartitionStatus(tp.topic, tp.partition, position.applied, position.end, age)
