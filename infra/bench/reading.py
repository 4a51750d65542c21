"""A topic read as a worker reads it: Faust's app, its hand-over and Kafka's client are the worker's own."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from infra.errors import CommandError
from stream import threadtimes
from stream.faust_app import build_app
from stream.positions import Positions
from stream.record import Run, TopicPartition
from stream.transport import KAFKA_THREAD

STALL_SECONDS: Final = 60.0
"""A topic that gives nothing for this long never will."""

LOOK_SECONDS: Final = 0.01
"""Between two looks whether all is done."""


class Spent(NamedTuple):
    """Processor seconds from the seek to a topic's beginning until all of it was done with."""

    process: float
    loop: float
    """Of the thread of the event loop."""
    kafka: float
    """Of that of Kafka's client."""
    threads: dict[str, float]
    """Of each thread, to a hundredth of a second (:mod:`stream.threadtimes`)."""

    def since(self, before: "Spent") -> "Spent":
        """What was spent after ``before``."""
        threads = {name: seconds - before.threads.get(name, 0.0) for name, seconds in self.threads.items()}
        return Spent(self.process - before.process, self.loop - before.loop, self.kafka - before.kafka, threads)


class TopicReader:
    """Reads a topic from its beginning, whatever was read of it before: a group of its own each time.

    Args:
        bootstrap_servers: where Kafka answers.
        topic: of one partition; all that it is to give must be there.
        shards: of the store that is written to.
    """

    def __init__(self, bootstrap_servers: str, topic: str, shards: int) -> None:
        self._positions = Positions()
        self._bootstrap_servers = bootstrap_servers
        self._topic = topic
        self._shards = shards
        self._times = 0
        self._began: Spent | None = None

    def begin(self) -> Positions:
        """Where the partition will be in the next :meth:`read`, for who takes its runs."""
        self._positions = Positions()
        return self._positions

    async def read(self, submit: Callable[[Run], Awaitable[None]], done: Callable[[], int], wanted: int) -> Spent:
        """Read until ``done`` tells ``wanted`` records, giving each run that is fetched to ``submit``.

        Raises:
            CommandError: it does not come to that.
        """
        self._times += 1
        self._began = None
        app = build_app(self._bootstrap_servers, f"{self._topic}-{self._times}", self._topic, self, submit)
        await app.start()
        try:
            moved, most = time.monotonic(), 0
            while (now := done()) < wanted:
                if now > most:
                    moved, most = time.monotonic(), now
                if time.monotonic() - moved > STALL_SECONDS:
                    raise CommandError(f"stopped at {most} of {wanted} records")
                await asyncio.sleep(LOOK_SECONDS)
            if self._began is None:
                raise CommandError("records came before their partition was assigned")
            return _spent().since(self._began)
        finally:
            await app.stop()

    # What the transport asks (stream.transport.Reader).

    async def assigned(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        """At the beginning; from here on time is taken."""
        starts = self._positions.assign({tp: [-1] * self._shards for tp in partitions})
        self._began = _spent()
        return starts

    def revoked(self, partitions: list[TopicPartition]) -> None:
        """Nobody else reads."""
        self._positions.revoke(partitions)

    def epochs(self) -> Mapping[TopicPartition, int]:
        """The present epoch of each partition."""
        return self._positions.epochs()

    def committable(self) -> Mapping[TopicPartition, int]:
        """The last applied offset of each partition that has one."""
        return {tp: position.applied for tp, position in self._positions.items() if position.applied >= 0}


def _spent() -> Spent:
    kafka = [thread.ident for thread in threading.enumerate() if thread.name == KAFKA_THREAD and thread.ident]
    return Spent(
        time.process_time(),
        time.thread_time(),
        sum(time.clock_gettime(time.pthread_getcpuclockid(ident)) for ident in kafka),
        threadtimes.seconds_by_thread(),
    )
