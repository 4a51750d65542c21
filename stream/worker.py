"""The worker: builds the parts, starts Faust, answers where partitions begin, and stops in bounded time."""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from models.artefact import ArtefactError
from models.classifier import Classifier
from stream import garbage, metrics
from stream import tenants as tenants_file
from stream.batching import DEFAULT_AGE_SECONDS, DEFAULT_SIZE, BatchBuffer
from stream.beginning import Beginnings
from stream.burial import DeadLetterWriter
from stream.cadence import Cadence
from stream.faust_app import build_app
from stream.health import Health
from stream.heartbeat import BEAT_SECONDS, Heartbeat
from stream.identity import TopicIdentity
from stream.limit import DEFAULT_LIMIT, DeadLetterLimit
from stream.loaded import Loaded
from stream.logreader import LogUnavailable
from stream.pipeline import Pipeline
from stream.positions import Positions
from stream.readiness import compile_loops
from stream.record import TopicPartition
from stream.retry import REMEDIES, Troubles
from stream.runner import Runner, SeekFailed
from stream.scoring import House, houses_of
from stream.shadow import Shadows
from stream.statuspage import served
from stream.store.connection import Client, connect, open_store
from stream.store.state import StoreUnavailable
from stream.store.writer import StoreWriter
from stream.tenants import Tenants, TenantsFileError

STOP_SECONDS: Final = 5.0
"""What a stop may take before the process ends all the same; orchestrators kill after 10."""

APPLY_SECONDS: Final = 2.0
"""How long a stop waits for the batch that is being applied, so that time is left to leave the group: others take over
at once then, and not after the session's end. A batch takes a few hundredths of a second."""

TENANTS_LOOK_SECONDS: Final = 1.0
"""Between two looks whether the tenants file has changed: as long as a person waits who has just changed it."""

UNCLEAN_DO: Final = (
    "nothing: the fence keeps the totals right, and who takes over begins there; see whether Redis and Kafka answer"
)
"""What to do after a stop that did not come to its end."""

log = structlog.get_logger("aura.worker")


class WorkerFailed(Exception):
    """The worker cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """What a worker needs to know; built from the settings."""

    bootstrap_servers: str
    topic: str
    dead_letter_topic: str
    group: str
    redis_url: str
    tenants_path: Path
    shards: int = 1
    batch_size: int = DEFAULT_SIZE
    batch_age_seconds: float = DEFAULT_AGE_SECONDS
    dead_letter_limit: int = DEFAULT_LIMIT
    """Dead letters an hour beyond which the worker pauses; 0 for any number."""
    inference_threads: int | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    """Of metrics and health; 0 serves none."""
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}")


class Worker:
    """One worker process: ``await run(stop)``.

    Args:
        config: what it needs to know.
        stopping: called as it begins to stop, asked to or not. From then on a thread of Faust's that waits for Kafka
            may hold up the event loop, so whoever must end in time needs a clock of their own.
    """

    def __init__(self, config: WorkerConfig, stopping: Callable[[], None] = lambda: None) -> None:
        self.config = config
        self._stopping = stopping
        self._positions = Positions()
        self._loaded = Loaded(config.inference_threads)
        self._troubles = Troubles()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set.

        Raises:
            WorkerFailed: with a sentence.
            StoreMismatch: the store was created with other settings.
            StoreEvicts: this Redis may throw keys away.
            TenantsFileError: the tenants file cannot be used.
            ArtefactError: a tenant's classifier cannot be loaded.
        """
        config = self.config
        stamp, tenants = _stamp(config.tenants_path), tenants_file.load(config.tenants_path)
        await self._loaded.take(tenants)
        await asyncio.get_running_loop().run_in_executor(None, compile_loops)
        garbage.set_aside()
        # Not earlier: while classifiers are loaded, which takes as long as it takes, there is nothing to judge it by.
        health = Health(self._positions, self._troubles)
        metrics.begin()
        metrics.DEAD.set_function(lambda: health.dead() is not None)
        for cause in REMEDIES:
            metrics.HELD_UP.labels(cause).set_function(partial(self._troubles.held_by, cause))
        with served(health, config.metrics_host, config.metrics_port) if config.metrics_port else nullcontext():
            await self._work(stop, stamp, tenants, health)

    async def _work(self, stop: asyncio.Event, stamp: float, tenants: Tenants, health: Health) -> None:
        config = self.config
        client = connect(config.redis_url)
        shards = await self._open(client, stop)
        if shards is None:
            await client.aclose()
            return
        self._writer = StoreWriter(client, shards)
        self._identity = TopicIdentity(config.bootstrap_servers, config.topic, client)
        self._beginnings = Beginnings(config.bootstrap_servers, config.topic, config.group, client, shards)
        self._letters = DeadLetterWriter(config.bootstrap_servers, config.dead_letter_topic)
        self._tenants = tenants
        health.reading = lambda: self._letters.read
        shadows = self._shadows = Shadows(self._writer.compared)
        pipeline = Pipeline(*self._world(tenants), self._writer, self._letters, shadows.offer)
        cadence = Cadence(config.batch_age_seconds)
        buffer = BatchBuffer(
            config.batch_size, config.batch_age_seconds, lambda: cadence.interval, lambda: cadence.reviews
        )
        runner = Runner(
            pipeline, self._positions, buffer, seek=self._seek, fences=self._fences,
            limit=DeadLetterLimit(config.dead_letter_limit), troubles=self._troubles, took=cadence.took,
        )  # fmt: skip
        self._app = build_app(config.bootstrap_servers, config.group, config.topic, self, runner.submit, self._troubles)
        tasks = {
            asyncio.create_task(runner.run(), name="the pipeline"),
            asyncio.create_task(self._beat(runner, health), name="the heart-beat"),
            asyncio.create_task(self._follow(pipeline, stamp), name="the look at the tenants file"),
            asyncio.create_task(self._consume(), name="the Kafka consumer"),
            asyncio.create_task(self._identity.watch(self._place_anew), name="the look at the topic"),
            asyncio.create_task(shadows.run(), name="the shadows"),
            (halt := asyncio.create_task(stop.wait(), name="stop")),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {halt}:
                reason = task.exception() or self._app.crash_reason or "it ended"
                raise WorkerFailed(f"{task.get_name()} stopped: {reason}")
        finally:
            await self._stop(tasks)

    async def _consume(self) -> None:
        await self._app.start()
        await self._app.wait_until_stopped()

    async def _stop(self, tasks: set[asyncio.Task[Any]]) -> None:
        started = time.monotonic()
        self._stopping()
        for task in tasks:
            task.cancel()
        # Not a timeout() around it: Faust swallows the cancellation and would be waited for all the same.
        last = asyncio.create_task(self._leave(tasks), name="the last steps")
        await asyncio.wait({last}, timeout=STOP_SECONDS)
        if not last.done():
            last.cancel()
            log.warning("stopped without waiting any longer", do=UNCLEAN_DO)
        elif (error := last.exception()) is not None:
            log.warning("did not stop cleanly", error=repr(error), do=UNCLEAN_DO)
        log.info("stopped", seconds=round(time.monotonic() - started, 2))

    async def _leave(self, tasks: set[asyncio.Task[Any]]) -> None:
        """Finish what is being applied, say goodbye to Redis and to Kafka; each as far as it answers."""
        _, unfinished = await asyncio.wait(tasks, timeout=APPLY_SECONDS)
        for task in unfinished:
            log.warning("ending without a part that does not end by itself", part=task.get_name(), do=UNCLEAN_DO)
            task.cancel()
        try:
            await self._writer.farewell(self.config.name)
        except StoreUnavailable as error:
            log.warning("could not say goodbye to Redis", error=str(error), do="nothing: it forgets the worker")
        await self._app.stop()
        await self._writer.client.aclose()

    async def _open(self, client: Client, stop: asyncio.Event) -> int | None:
        """The store's shards, once Redis answers; None when the worker is stopped before."""
        with self._troubles.retrying(
            "waiting for Redis", outside=True, by="redis", do="start Redis, or correct AURA_REDIS_URL"
        ) as retry:
            while not stop.is_set():
                try:
                    return await open_store(client, self.config.shards)
                except StoreUnavailable as error:
                    await retry.failed(error)
        return None

    def _world(self, tenants: Tenants) -> tuple[dict[str, House], Mapping[str, Classifier]]:
        """What the pipeline is to know of tenants whose models are loaded; shadows are told theirs."""
        self._shadows.settle(self._loaded.rivals(tenants))
        metrics.INFO.clear()
        metrics.INFO.labels(self._device(), ",".join(sorted(self._loaded.classifiers))).set(1)
        return houses_of(tenants, self._loaded.names), self._loaded.classifiers

    def _device(self) -> str:
        return next((classifier.device for classifier in self._loaded.classifiers.values()), "none")

    async def _beat(self, runner: Runner, health: Health) -> None:
        heart = Heartbeat(
            self.config.name, self._device(), self._positions, runner, self._writer, self._ends,
            troubles=self._troubles, health=health,
        )  # fmt: skip
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._app.consumer.check_membership()
            await heart.beat({tenant.id: self._loaded.names[tenant.model] for tenant in self._tenants.values()})

    async def _follow(self, pipeline: Pipeline, stamp: float) -> None:
        """Apart from the heart-beat: a model may take half a minute to load."""
        while True:
            await asyncio.sleep(TENANTS_LOOK_SECONDS)
            if (now := _stamp(self.config.tenants_path)) != stamp:
                stamp = now
                await self._reload(pipeline)

    async def _reload(self, pipeline: Pipeline) -> None:
        """Take over a changed tenants file; a faulty one is refused and the old one stays."""
        try:
            changed = tenants_file.load(self.config.tenants_path)
            await self._loaded.take(changed)
        except Exception as error:  # whatever it is: what was in force goes on
            foreseen = isinstance(error, ArtefactError | TenantsFileError)
            log.error(
                "the changed tenants file is refused, the old one stays in force",
                error=str(error) if foreseen else f"{type(error).__name__}: {error}",
                do="correct it, or what it names; it is read again when it changes",
            )  # fmt: skip
            return
        self._tenants = changed
        pipeline.settle(*self._world(changed))
        garbage.set_aside()
        log.info(
            "tenants file taken over",
            models={tenant.id: self._loaded.names[tenant.model] for tenant in changed.values()},
        )

    # What the transport asks (stream.transport.Reader).

    async def assigned(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Where to begin: one after the store's fences, asked for until Redis answers and they are of this topic."""
        with (
            self._troubles.retrying(
                "waiting for Redis to say where assigned partitions begin", outside=True, by="redis"
            ) as redis,
            self._troubles.retrying(
                "waiting for Kafka to say where partitions begin that are new to the store", outside=True, by="kafka"
            ) as kafka,
        ):
            while True:
                try:
                    await self._identity.agreed(self._troubles)
                    fences = await self._beginnings.fences(partitions, self._positions.counted())
                except StoreUnavailable as error:
                    await redis.failed(error)
                except LogUnavailable as error:
                    await kafka.failed(error)
                else:
                    starts = self._positions.assign(fences)
                    for tp in starts:
                        metrics.MISSING_RECORDS.labels(*tp)  # from 0 on: an alert on its increase needs a beginning
                    log.info("assigned", starts={str(tp): start for tp, start in starts.items()})
                    return starts

    def revoked(self, partitions: list[TopicPartition]) -> None:
        """Forget partitions that another worker takes over."""
        self._positions.revoke(partitions)
        self._letters.release(partitions)
        metrics.forget(partitions)

    def epochs(self) -> Mapping[TopicPartition, int]:
        """The present epoch of each partition."""
        return self._positions.epochs()

    def committable(self) -> Mapping[TopicPartition, int]:
        """The last applied offset of each partition that has one."""
        return {tp: position.applied for tp, position in self._positions.items() if position.applied >= 0}

    # What the runner and the heart-beat ask.

    async def _fences(self, tp: TopicPartition) -> list[int]:
        try:
            return (await self._beginnings.fences([tp], self._positions.counted()))[tp]
        except LogUnavailable as error:
            raise SeekFailed(str(error)) from error

    async def _seek(self, wanted: Mapping[TopicPartition, int]) -> None:
        try:
            await self._app.consumer.seek_runs(wanted)
        except (KafkaError, TimeoutError) as error:
            raise SeekFailed(f"{type(error).__name__}: {error}") from error

    async def _place_anew(self) -> None:
        if self._positions.items():  # or nothing is read, and the next assignment looks again
            await self._app.consumer.perform_seek()

    async def _ends(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        if not self._app.consumer.begun:
            return {}
        # Who has no partitions asks about one that there always is.
        asked = partitions or [TopicPartition(self.config.topic, 0)]
        ends = await self._app.consumer.highwaters(*(TP(*tp) for tp in asked))
        return {TopicPartition(tp.topic, tp.partition): end for tp, end in ends.items()}


def _stamp(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
