"""Runs through the pipeline: one batch is classified while the one before it is applied. Knows nothing of Faust.

No exception leaves the loop while the cause may pass: what Redis or Kafka do not take is held and offered again, and
meanwhile the buffer fills and fetching stops. What does not pass (a broken classifier) ends the loop in bounded time.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog

from stream import metrics
from stream.batching import BatchBuffer
from stream.burial import DeadLettersUnavailable
from stream.deadletter import DeadLetter
from stream.limit import EXCEEDED_DO, DeadLetterLimit
from stream.pipeline import Behind, Pipeline
from stream.positions import Gap, Positions
from stream.record import Run, TopicPartition
from stream.retry import Cause, Retrying, Troubles
from stream.scoring import ClassifierFailed, Processed
from stream.store.reign import Deposed
from stream.store.state import StoreUnavailable

CLASSIFIER_PATIENCE: Final = 60.0
"""Seconds that a classifier may fail on everything before the worker gives up, to be started afresh."""

HOLDING_BACK: Final = "holding a batch back"
CLASSIFIER_BROKEN: Final = "the classifier fails on everything; consuming nothing until it recovers"
LEARNING: Final = "cannot take a partition over and see which of its records stand in the dead letters"
PAUSED: Final = "paused: too many dead letters"
"""Troubles of a runner."""

LOST_DATA: Final = "the store lost data; rebuilding it from the log"
LOST_DATA_DO: Final = (
    "find out why Redis lost data; totals are too low until the lag is gone, and what is read again is scored by the "
    "models of today"
)

DEPOSED_SECONDS: Final = 5.0
"""How long a worker that was deposed waits for Kafka to say that others have the partition, before it takes it anew:
ten heart-beats. Without this, one that wakes up deposes its successor first, and is told only then."""

PAUSE_LOOK_SECONDS: Final = 1.0
"""While paused: between two looks whether the tenants file has changed, which is read once a second too."""

LETTERS_TELL_SECONDS: Final = 5.0
"""At most one log line in this time tells of dead letters: a flood of them is hundreds of batches a minute."""

Seek = Callable[[Mapping[TopicPartition, int]], Awaitable[None]]
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
        fences: the store's fence of a partition in each shard; or raises :class:`SeekFailed`, as ``seek``.
        troubles: where it is told what holds the runner up.
        limit: beyond which dead letters make it pause.
        took: told of each batch how many records it had and the processor time (s) until it was applied; not of one
            that was held up, meanwhile the process did what is no batch's.

    Attributes:
        applied_records: records whose effects are in the store, dead letters among them.
        dead_letters: records that it has written to the dead letters.
        paused: why it holds back a batch for its dead letters, until a person has looked; None when it does not.
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
        limit: DeadLetterLimit,
        took: Callable[[int, float], None] = lambda _records, _seconds: None,
    ) -> None:
        self.applied_records = 0
        self.dead_letters = 0
        self.paused: str | None = None
        self._pipeline = pipeline
        self._positions = positions
        self._buffer = buffer
        self._seek = seek
        self._fences = fences
        self._troubles = troubles
        self._limit = limit
        self._took = took
        self._learned: dict[TopicPartition, tuple[int, bool]] = {}
        self._untold: Counter[str] = Counter()
        self._last: DeadLetter
        self._told = -LETTERS_TELL_SECONDS
        self._spent = 0.0
        self._holdups = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aura-classify")

    async def submit(self, run: Run) -> None:
        """Queue a fetched run; waits while the buffer is full, which is what holds fetching back."""
        try:
            accepted = self._positions.accept(run)
        except Gap as gap:
            log.warning(
                "records went astray on their way, reading again",
                partition=str(gap.tp), wanted=gap.wanted, got=gap.got, do="nothing: they are taken on the second way",
            )  # fmt: skip
            await self.rewind(gap.tp)
            return
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
                started, holdups = time.process_time(), self._holdups
                metrics.STAGE_SECONDS.labels("wait").observe(waited)
                # Merged only after this: what was fetched before a seek would take along what was fetched after it.
                batch = _merged([run for run in runs if self._positions.of(run)])
                processed = await self._within_limit(batch, applying)
                if applying is not None:
                    await applying
                applying = asyncio.create_task(self._apply_all(processed, started, holdups))
        finally:
            try:
                if applying is not None:
                    await applying
            finally:
                self.tell_of_letters(now=True)
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

    async def _within_limit(self, runs: list[Run], applying: asyncio.Task[None] | None) -> list[Processed]:
        """The batch scored; held back while it would break the limit on dead letters, and scored anew when the tenants
        file has changed or partitions have gone."""
        held: list[Run] = []
        version = -1
        while True:
            batch = [run for run in runs if self._positions.of(run)]
            if batch != held or version != self._pipeline.version:
                held, version = batch, self._pipeline.version
                processed = await self._process(batch, applying) if batch else []
                if applying is not None:
                    await asyncio.wait({applying})  # its letters count too
                    applying.result()  # a worker that only pauses would never say that it is broken
                letters = [letter for result in processed for letter in result.dead]
                if self._limit.allows(len(letters)):
                    break
                self.paused = self._limit.exceeded_by(letters)
            self._holdups += 1
            self._troubles.seen(PAUSED, self.paused, level="error", outside=True, do=EXCEEDED_DO)
            metrics.PAUSED.set(1)
            await asyncio.sleep(PAUSE_LOOK_SECONDS)
        self._troubles.over(PAUSED)
        self.paused = None
        metrics.PAUSED.set(0)
        return processed

    async def _learn(self, batch: list[Run], applying: asyncio.Task[None] | None) -> None:
        """Take newly assigned or sought partitions over, and see which of their records stand in the dead letters."""
        # A run without records has none that could stand there: it is enough to have taken over.
        unknown = [
            run for run in batch if self._learned.get(run.tp) not in ((run.epoch, True), (run.epoch, len(run) > 0))
        ]
        if unknown and applying is not None:
            await asyncio.wait({applying})  # what is still written of an earlier epoch would be missed
        await asyncio.gather(*map(self._learn_one, unknown))

    async def _learn_one(self, run: Run) -> None:
        with self._troubles.retrying(LEARNING, who=run.tp) as retry:
            while self._positions.of(run) is not None:
                try:
                    await self._pipeline.learn(run)
                except (StoreUnavailable, DeadLettersUnavailable) as error:
                    await self._held_up(retry, error, by=_cause(error))
                else:
                    self._learned[run.tp] = (run.epoch, len(run) > 0)
                    return

    async def _process(self, batch: list[Run], applying: asyncio.Task[None] | None) -> list[Processed]:
        await self._learn(batch, applying)
        metrics.BATCH_REVIEWS.observe(sum(len(run) for run in batch))
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        with self._troubles.retrying(
            CLASSIFIER_BROKEN, level="error", by="classifier", gives_up_after_seconds=CLASSIFIER_PATIENCE
        ) as retry:
            while True:
                try:
                    return await loop.run_in_executor(self._thread, self._pipeline.process, batch)
                except ClassifierFailed as error:
                    if time.monotonic() - started > CLASSIFIER_PATIENCE:
                        raise
                    await self._held_up(retry, error)

    async def _held_up(self, retry: Retrying, why: object, **about: Any) -> None:
        self._holdups += 1
        await retry.failed(why, **about)

    async def _apply_all(self, batch: list[Processed], started: float, holdups: int) -> None:
        await asyncio.gather(*(self._apply(processed) for processed in batch))
        # Of the whole process: the fetch of the next one is in it too, and belongs to what a batch costs. But what was
        # spent until the batch before was applied is that one's.
        spent = time.process_time()
        if holdups == self._holdups:
            self._took(sum(len(processed.run) for processed in batch), spent - max(started, self._spent))
        self._spent = spent

    async def _apply(self, processed: Processed) -> None:
        run = processed.run
        with self._troubles.retrying(HOLDING_BACK, who=run.tp) as retry:
            while (position := self._positions.of(run)) is not None:
                try:
                    await self._pipeline.apply(processed, position.fences)
                except Behind as behind:
                    await self.lost_data(run.tp, behind.offset)
                    return
                except Deposed as deposed:
                    metrics.REFUSED_RUNS.labels("deposed").inc()
                    await self._deposed(run, deposed, retry)
                    return
                except (StoreUnavailable, DeadLettersUnavailable) as error:
                    metrics.STORE_RETRIES.inc()
                    await self._held_up(retry, error, by=_cause(error))
                else:
                    self.applied_records += len(run)
                    position.passed(run)
                    metrics.FENCE.labels(*run.tp).set(position.applied)
                    return
                finally:
                    # They are written, whatever becomes of the rest.
                    self._note(processed)
                    _alarm(processed)

    async def _deposed(self, run: Run, why: Deposed, retry: Retrying) -> None:
        until = time.monotonic() + DEPOSED_SECONDS
        while self._positions.of(run) is not None:
            if time.monotonic() >= until:
                await self.rewind(run.tp)  # what comes from there takes the partition over
                return
            await self._held_up(retry, why, do="nothing: another worker goes on with it, or this one does in a moment")

    def _note(self, processed: Processed) -> None:
        letters, processed.buried = processed.buried, []
        if not letters:
            return
        self.dead_letters += len(letters)
        self._limit.add(len(letters))
        self._untold.update(letter.field or "the whole record" for letter in letters)
        self._last = letters[-1]
        self.tell_of_letters()

    def tell_of_letters(self, *, now: bool = False) -> None:
        """Log the dead letters that no line has told of; unless ``now``, only when the last line is old enough.

        To be called now and then: after the last letters none come that would tell of them.
        """
        if not self._untold or not (now or time.monotonic() - self._told >= LETTERS_TELL_SECONDS):
            return
        log.warning(
            "records that are no events were written to the dead letters",
            records=self._untold.total(), by_field=dict(self._untold),
            last_partition=str(self._last.tp), last_offset=self._last.record.offset,
            do="aura dead-letters list shows them; when the cause is corrected, aura dead-letters replay counts them",
        )  # fmt: skip
        self._told = time.monotonic()
        self._untold.clear()

    async def lost_data(self, tp: TopicPartition, offset: int) -> None:
        """Say that the store has lost what it had of a partition from ``offset`` on, and rebuild it."""
        log.error(LOST_DATA, partition=str(tp), from_offset=offset, do=LOST_DATA_DO)
        await self.rewind(tp)

    async def rewind(self, tp: TopicPartition) -> None:
        """Read a partition again from where the store ends."""
        with self._troubles.retrying("cannot read again yet", who=tp, outside=True) as retry:
            while tp in self._positions:
                try:
                    fences = await self._fences(tp)
                    if tp in self._positions:
                        await self._seek({tp: self._positions.seek(tp, fences)})
                except (StoreUnavailable, SeekFailed) as error:
                    await self._held_up(retry, error, by="redis" if isinstance(error, StoreUnavailable) else "kafka")
                else:
                    return


def _cause(error: StoreUnavailable | DeadLettersUnavailable) -> Cause:
    return "redis" if isinstance(error, StoreUnavailable) else "dead_letters"


def _alarm(processed: Processed) -> None:
    missing, processed.missing = processed.missing, []
    for stretch in missing:
        records = stretch.last - stretch.first + 1
        metrics.MISSING_RECORDS.labels(*processed.run.tp).inc(records)
        log.error(
            "the log no longer holds records that were never read; they are not in the totals",
            partition=str(processed.run.tp), first=stretch.first, last=stretch.last, records=records,
            do="publish them again if you have them; let the topic keep records for longer than an outage may last",
        )  # fmt: skip


def _merged(runs: list[Run]) -> list[Run]:
    """Runs of one partition and epoch that follow each other, as one."""
    merged: dict[TopicPartition, Run] = {}
    for run in runs:
        before = merged.get(run.tp)
        if before is None:
            merged[run.tp] = run
        else:
            merged[run.tp] = before.joined(run)
    return list(merged.values())
