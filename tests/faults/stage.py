"""A stage for one run: topic, Redis, publisher and workers, the dice of its seed, and the verdict when it ends."""

import asyncio
import logging
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stream.store.reader import Store
from stream.store.state import WorkerStatus
from stream.topics import ensure_topics
from tests.faults.log import read_log
from tests.faults.results import Result, append, commit
from tests.faults.reviews import Reviews
from tests.faults.servers import RedisProcess
from tests.faults.traffic import Ledger, Traffic
from tests.faults.verdict import Expired, await_applied, judge
from tests.faults.workers import Pool
from tests.system.programs import Deployment, eventually

PARTITIONS = 12
"""A multiple of 2, 3 and 4: Faust divides partitions by rounding up, and of 4 the third of three workers gets none."""
READY_SECONDS = 180.0
"""Four workers that import TensorFlow at once on two busy cores."""

SHOWN = 20
log = logging.getLogger("faults")


@dataclass
class Scene:
    """One run of a scenario, in progress."""

    system: Deployment
    redis: RedisProcess
    ledger: Ledger
    traffic: Traffic
    pool: Pool
    dice: random.Random
    faults: Counter[str] = field(default_factory=Counter)
    """What was injected, counted; add to it by :meth:`struck`."""

    expired: Expired | None = None
    """What the log has dropped on purpose; None where it is whole."""

    def struck(self, fault: str, count: int = 1) -> None:
        """Note a fault."""
        self.faults[fault] += count
        log.info("%s (%d so far)", fault, self.faults[fault])

    def wait(self, low: float, high: float | None = None) -> None:
        """Let some time of the run pass, between ``low`` and ``high`` seconds; no worker may end by itself."""
        until = time.monotonic() + (low if high is None else self.dice.uniform(low, high))
        while time.monotonic() < until:
            self.pool.check()
            time.sleep(0.1)

    def settle(self) -> None:
        """Wait until all that was published is applied: what must hold in the end can be asserted then."""
        self.traffic.finish()
        await_applied(self.system, read_log(self.system.kafka, self.system.topic), self.pool.check)

    def await_workers(self, count: int = 1) -> None:
        """Wait until as many workers have had partitions."""

        def ready() -> bool:
            self.pool.check()
            return len(self.pool.at_work) >= count

        eventually(ready, READY_SECONDS, f"{count} workers have partitions")

    def statuses(self) -> list[WorkerStatus]:
        """What the workers' heart-beats say."""

        async def read() -> list[WorkerStatus]:
            store = Store.connect(self.system.redis)
            try:
                return await store.workers()
            finally:
                await store.close()

        return asyncio.run(read())

    def applied(self) -> int:
        """Records that the store contains, by its fences."""
        return self.redis.applied(self.system.topic)

    def await_applied(self, count: int, seconds: float = 120.0) -> None:
        """Wait until the store contains so many records."""

        def done() -> bool:
            self.pool.check()
            return self.applied() >= count

        eventually(done, seconds, f"{count} records are applied")


@dataclass
class Stage:
    """What all runs share.

    Attributes:
        shared_kafka: bootstrap address of the Kafka of all tests, started when first asked for.
        folder: an empty one.
        seed: of this run.
        full: whether the scenario is run in its full size.
        results: file that a line is appended to, or None.
    """

    shared_kafka: Callable[[], str]
    folder: Path
    seed: int
    full: bool
    results: Path | None
    noted: int = 0
    """Runs that ended here, whatever their verdict."""

    def size(self, quick: int, full: int) -> int:
        """The one or the other."""
        return full if self.full else quick

    @contextmanager
    def scene(
        self,
        name: str,
        *,
        kafka: str | None = None,
        bad_every: int = 997,
        changes: Mapping[str, str] | None = None,
        command: Sequence[str] = (),
        patience: float = 180.0,
    ) -> Iterator[Scene]:
        """A run; at its end the verdict is given, and noted whatever it is.

        Args:
            name: of the scenario, as the table shows it.
            kafka: another broker than the shared one.
            bad_every: each so many'th record is no event, so that dead letters are part of every run.
            changes: settings of all programs.
            command: what runs in place of ``aura worker``.
            patience: of the publisher, in seconds.
        """
        topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
        address = kafka or self.shared_kafka()
        ensure_topics(address, partitions=PARTITIONS, replication=1, reviews=topic)
        result = Result(name, self.seed, commit=commit())
        started, now_ms = time.monotonic(), time.time_ns() // 1_000_000
        ledger, dice = Ledger(), random.Random(self.seed)
        reviews = Reviews(self.seed, now_ms, bad_every=bad_every)
        log.info("%s, seed %d", name, self.seed)
        with RedisProcess(self.folder / "redis") as redis:
            system = Deployment(self.folder, address, redis.url, topic, dict(changes or {}))
            traffic = Traffic(address, topic, reviews.__getitem__, ledger, patience=patience)
            pool = Pool(system, dice, command=command)
            scene = Scene(system, redis, ledger, traffic, pool, dice)
            try:
                yield scene
                traffic.finish()
                log.info("%d published; waiting for the verdict", len(ledger.acknowledged))
                verdict = judge(system, ledger, pool.check, scene.expired)
                verdict.differences += pool.dismiss() + pool.tracebacks()
                result.records, result.letters = verdict.records, verdict.letters
                result.differences = len(verdict.differences)
                assert verdict.records, "nothing was published"
                assert scene.faults.total(), "nothing was broken: the run proves nothing"
            except BaseException as error:
                result.error = f"{type(error).__name__}: {error}"[:500]
                raise
            finally:
                counters = pool.counters()
                scene.faults["rebalances seen by a worker"] += pool.rebalances()
                scene.faults["refused runs"] += counters["aura_refused_runs_total"]
                scene.faults["tries held back"] += counters["aura_store_retries_total"]
                result.faults = dict(scene.faults)
                result.peak_mib = round(pool.peak_mib)
                pool.close()
                result.seconds = round(time.monotonic() - started, 1)
                self.note(result)
                log.info("%s", result)
            assert not verdict.differences, "\n".join(verdict.differences[:SHOWN])

    def note(self, result: Result) -> None:
        """Add a run to the file of results, where one is wanted."""
        self.noted += 1
        if self.results is not None:
            append(self.results, result)
