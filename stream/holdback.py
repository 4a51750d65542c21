"""Holding a producer back: how much may be on its way before more is sent.

A real broker keeps what it has acknowledged. librdkafka's in-process broker keeps the newest 5 MiB or 100,000 record
sets of a partition and drops the oldest without a word, so whoever feeds it must not run ahead of the workers.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from stream.record import TopicPartition

MAX_UNAPPLIED_BYTES: Final = 2 * 1024 * 1024
"""Bytes of one partition that one publisher has sent and nobody has applied. The in-process broker keeps 5 MiB: enough
for two that hold back (the demo's traffic and an ``aura publish`` beside it) and 1 MiB of requests over HTTP."""

OVERHEAD_BYTES: Final = 128
"""Added to each record's key and value: a record set of one record has a header of 61 bytes, the record itself about
10 bytes of lengths and 22 of our version header. It also keeps the number of record sets far below 100,000."""

REFRESH_SECONDS: Final = 0.02
"""Shortest time between two looks at what is applied: a worker applies a batch every 50 ms or so."""


class HoldBack(Protocol):
    """Decides whether a producer may send ``size`` more bytes. All methods may be called from any thread."""

    def try_reserve(self, size: int) -> bool:
        """Count ``size`` bytes as on their way, or refuse. Does no I/O."""

    def refresh(self) -> None:
        """Look up what has been applied since; called between two attempts to reserve. May do I/O."""

    def delivered(self, partition: int, offset: int, size: int) -> None:
        """The broker has acknowledged a reserved record."""

    def failed(self, size: int) -> None:
        """A reserved record will not arrive."""


class FenceGate:
    """Keeps, for every partition, the bytes sent but not applied under a limit.

    Which partition a record goes to is known only once it is delivered. Until then its bytes count against every
    partition: bytes undelivered + the most unapplied bytes of any one partition <= limit. So no partition can exceed
    the limit, wherever the undelivered ones end up.

    Args:
        topic: the topic that is produced to.
        applied: the store's fences: the last offset of each topic-partition whose effects the store contains. It must
            not raise: while the store cannot be reached, it should give what it knew last.
        limit: bytes.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        topic: str,
        applied: Callable[[], Mapping[TopicPartition, int]],
        *,
        limit: int = MAX_UNAPPLIED_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topic = topic
        self._applied = applied
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._undelivered = 0
        self._unapplied: dict[int, deque[tuple[int, int]]] = {}
        self._bytes: dict[int, int] = {}
        self._looked = float("-inf")

    @property
    def outstanding(self) -> int:
        """Bytes that count against the limit just now."""
        with self._lock:
            return self._undelivered + max(self._bytes.values(), default=0)

    def try_reserve(self, size: int) -> bool:
        """Count ``size`` bytes as undelivered if the limit allows it. A record larger than the limit goes alone."""
        with self._lock:
            outstanding = self._undelivered + max(self._bytes.values(), default=0)
            if outstanding and outstanding + size > self._limit:
                return False
            self._undelivered += size
            return True

    def refresh(self) -> None:
        """Forget what the fences have passed."""
        now = self._clock()
        with self._lock:
            if now - self._looked < REFRESH_SECONDS:
                return
            self._looked = now
        fences = self._applied()
        with self._lock:
            for partition, records in self._unapplied.items():
                fence = fences.get(TopicPartition(self._topic, partition), -1)
                while records and records[0][0] <= fence:
                    self._bytes[partition] -= records.popleft()[1]

    def delivered(self, partition: int, offset: int, size: int) -> None:
        """Count ``size`` bytes as unapplied in ``partition``; offsets of a partition come in rising order."""
        with self._lock:
            self._undelivered -= size
            self._bytes[partition] = self._bytes.get(partition, 0) + size
            self._unapplied.setdefault(partition, deque()).append((offset, size))

    def failed(self, size: int) -> None:
        """Give ``size`` bytes back."""
        with self._lock:
            self._undelivered -= size
