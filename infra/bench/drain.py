"""The clock of a backlog: from its commit until its last review is in the store."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from redis import Redis

from infra.bench.backlog import Backlog
from infra.bench.processes import CpuSeconds
from infra.errors import CommandError
from stream.store.totals import fences_of

LOOK_SECONDS: Final = 0.01
"""Between two looks at the fences: the error of a rate measured over seconds stays under a percent."""

STALL_SECONDS: Final = 60.0
"""A backlog that does not shrink for this long never will."""


class Watch:
    """Follows what is in the store by its fences.

    Args:
        client: the store's Redis.
        topic: of reviews.
        check: raises where nothing can be expected any more.

    Attributes:
        first_at: when a review was first seen there, in monotonic seconds.
    """

    def __init__(self, client: Redis, topic: str, check: Callable[[], None]) -> None:
        self.first_at = 0.0
        self._client = client
        self._topic = topic
        self._check = check

    def applied(self) -> dict[int, int]:
        """Partition to the offsets whose effects are in the store."""
        return {partition: fence + 1 for partition, fence in fences_of(self._client, self._topic).items()}

    def look(self) -> None:
        """Note :attr:`first_at`."""
        if not self.first_at and any(self.applied().values()):
            self.first_at = time.monotonic()

    def wait_for(self, count: int) -> None:
        """Wait for so many reviews, of a topic without transactions.

        Raises:
            CommandError: they do not come.
        """
        self._wait(lambda: sum(self.applied().values()), count)

    def wait_until(self, ends: Mapping[int, int]) -> float:
        """Wait until each partition is applied up to its end; when that was seen, in monotonic seconds.

        Raises:
            CommandError: it does not come to that.
        """

        def covered() -> int:
            applied = self.applied()
            return sum(min(applied.get(partition, 0), end) for partition, end in ends.items())

        return self._wait(covered, sum(ends.values()))

    def _wait(self, covered: Callable[[], int], wanted: int) -> float:
        moved, most = time.monotonic(), 0
        while True:
            now = covered()
            self.look()
            if now > most:
                moved, most = time.monotonic(), now
            if most >= wanted:
                return moved
            self._check()
            if time.monotonic() - moved > STALL_SECONDS:
                raise CommandError(f"stopped at {most} of {wanted} records")
            time.sleep(LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Drained:
    """What draining a backlog took."""

    seconds: float
    """From the commit, which is in it, until the last review was seen in the store."""
    cpu_seconds: dict[str, float]
    """Of each process meanwhile."""
    resident_mib: dict[str, int]
    """Of each process at the end."""


def drain(backlog: Backlog, watch: Watch, ends: Mapping[int, int], pids: dict[str, int]) -> Drained:
    """Release a backlog that has been written, and take the time.

    Args:
        backlog: written, not yet released.
        watch: of the store.
        ends: partition to where the log ends, the backlog included.
        pids: name to process id.

    Raises:
        CommandError: reviews were taken before, or are not taken now.
    """
    early = sum(ends.values()) - backlog.written - sum(watch.applied().values())
    if early:
        raise CommandError(f"the store is {early} records off before the backlog is committed")
    before, began = CpuSeconds.of(pids), time.monotonic()
    backlog.release()
    ended = watch.wait_until(ends)
    after = CpuSeconds.of(pids)
    return Drained(ended - began, after.since(before), {name: round(mib) for name, mib in after.resident_mib.items()})


def ends_of(bootstrap_servers: str, topic: str, partitions: int) -> dict[int, int]:
    """Partition to the offset of the next record, whether or not those before it are committed."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
    wanted = {TopicPartition(topic, partition): OffsetSpec.latest() for partition in range(partitions)}
    return {tp.partition: answer.result().offset for tp, answer in admin.list_offsets(wanted).items()}
