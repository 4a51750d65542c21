"""Runs through the pipeline: one batch is classified while the one before it is applied. Knows nothing of Faust.

No exception leaves the loop while the cause may pass: what Redis or Kafka do not take is held and offered again, and
meanwhile the buffer fills and fetching stops. What does not pass (a broken classifier) ends the loop in bounded time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from stream import metrics
from stream.batching import BatchBuffer
from stream.deadletter import DeadLettersUnavailable
from stream.pipeline import Behind, Pipeline
from stream.positions import Gap, Positions
from stream.record import Run, TopicPartition
from stream.retry import Troubles
from stream.scoring import ClassifierFailed, Processed
from stream.store.state import StoreUnavailable

CLASSIFIER_PATIENCE: Final = 60.0
"""Seconds that a classifier may fail on everything before the worker gives up, to be started afresh."""

HOLDING_BACK: Final = "holding a batch back"
CLASSIFIER_BROKEN: Final = "the classifier fails on everything; consuming nothing until it recovers"
"""Troubles of a runner."""

Seek = Callable[[Mapping[TopicPartition, int | None]], Awaitable[None]]
Fences = Callable[[TopicPartition], Awaitable[list[int]]]

log = structlog.get_logger("aura.worker")


class SeekFailed(Exception):
    """Kafka did not let us read from another offset; to be tried again."""


class Runner:
    """Takes fetched runs, gives applied fences.

    Args:
        pipeline: what is done with a batch.
        positions: the assigned partitions; shared with whoever assigns them.
        buffer: where runs wait to become batches.
        seek: reads partitions again from given offsets, or raises :class:`SeekFailed`.
        fences: the store's fence of a partition in each shard.
        troubles: where it is told what holds the runner up.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        positions: Positions,
        buffer: BatchBuffer,
        *,
        seek: Seek,
        fences: Fences,
        troubles: Troubles,
    ) -> None:
        self.applied_records = 0
        self.dead_letters = 0
        self._pipeline = pipeline
        self._positions = positions
        self._buffer = buffer
        self._seek = seek
        self._fences = fences
        self._troubles = troubles
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aura-classify")

    async def submit(self, run: Run) -> None:
        """Queue a fetched run; waits while the buffer is full, which is what holds fetching back."""
        try:
            accepted, skipped = self._positions.accept(run)
        except Gap as gap:
            log.warning("offsets missing, reading again", partition=str(gap.tp), wanted=gap.wanted, got=gap.got)
            await self.rewind(gap.tp)
            return
        if skipped:
            metrics.MISSING_RECORDS.labels(*run.tp).inc(skipped)
            log.error(
                "the log no longer holds records that were never read; they are not in the totals",
                partition=str(run.tp), first=run.first - skipped, last=run.first - 1, records=skipped,
            )  # fmt: skip
        if accepted is not None:
            await self._buffer.put(accepted)

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            ClassifierFailed: the classifier failed on everything for :data:`CLASSIFIER_PATIENCE` seconds.
        """
        applying: asyncio.Task[None] | None = None
        try:
            while True:
                waited, runs = await self._next(applying)
                metrics.STAGE_SECONDS.labels("wait").observe(waited)
                batch = _merged([run for run in runs if self._positions.of(run)])
                if not batch:
                    continue
                processed = await self._process(batch)
                if applying is not None:
                    await applying
                applying = asyncio.create_task(self._apply_all(processed))
        finally:
            if applying is not None:
                await applying
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _next(self, applying: asyncio.Task[None] | None) -> tuple[float, list[Run]]:
        """The next batch. What made applying the one before it fail is raised at once: another may never come."""
        taking = asyncio.create_task(self._buffer.take())
        try:
            if applying is not None:
                await asyncio.wait({taking, applying}, return_when=asyncio.FIRST_COMPLETED)
                if applying.done():
                    applying.result()
            return await taking
        finally:
            taking.cancel()

    async def _process(self, batch: list[Run]) -> list[Processed]:
        metrics.BATCH_REVIEWS.observe(sum(len(run) for run in batch))
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        with self._troubles.retrying(
            CLASSIFIER_BROKEN, level="error", gives_up_after_seconds=CLASSIFIER_PATIENCE
        ) as retry:
            while True:
                try:
                    return await loop.run_in_executor(self._thread, self._pipeline.process, batch)
                except ClassifierFailed as error:
                    if time.monotonic() - started > CLASSIFIER_PATIENCE:
                        raise
                    await retry.failed(error)

    async def _apply_all(self, batch: list[Processed]) -> None:
        await asyncio.gather(*(self._apply(processed) for processed in batch))

    async def _apply(self, processed: Processed) -> None:
        run = processed.run
        dead = len(processed.dead)
        with self._troubles.retrying(HOLDING_BACK, who=run.tp) as retry:
            while (position := self._positions.of(run)) is not None:
                try:
                    await self._pipeline.apply(processed, position.fences)
                except Behind as behind:
                    log.error(
                        "the store lost data; rebuilding it from the log",
                        partition=str(run.tp), from_offset=behind.offset,
                    )  # fmt: skip
                    await self.rewind(run.tp)
                    return
                except (StoreUnavailable, DeadLettersUnavailable) as error:
                    metrics.STORE_RETRIES.inc()
                    await retry.failed(error, do="bring back what does not answer; nothing is lost meanwhile")
                else:
                    self.applied_records += len(run)
                    self.dead_letters += dead
                    position.last_logged_ms = run.records[-1].timestamp
                    metrics.FENCE.labels(*run.tp).set(position.applied)
                    return

    async def rewind(self, tp: TopicPartition) -> None:
        """Read a partition again from where the store ends."""
        with self._troubles.retrying("cannot read again yet", who=tp) as retry:
            while tp in self._positions:
                try:
                    fences = await self._fences(tp)
                    if tp in self._positions:
                        await self._seek({tp: self._positions.seek(tp, fences)})
                except (StoreUnavailable, SeekFailed) as error:
                    await retry.failed(error)
                else:
                    return


def _merged(runs: list[Run]) -> list[Run]:
    """Runs of one partition that follow each other, as one."""
    merged: dict[TopicPartition, Run] = {}
    for run in runs:
        before = merged.get(run.tp)
        if before is None:
            merged[run.tp] = run
        else:
            merged[run.tp] = Run(run.tp, run.epoch, [*before.records, *run.records])
    return list(merged.values())
