"""Whether all that is in the log has been counted: else what looks like silence is only a worker that is behind."""

from collections.abc import Sequence
from typing import Final

from stream.store.state import WorkerStatus

SETTLED_MS: Final = 60_000
"""How long workers must have kept up. A worker that comes back after hours says that it is behind only once it has read
its first records; until then its heart-beats look as if nothing waited."""

BEHIND_SECONDS: Final = 10.0
"""A record that waits for longer shows a worker that is behind; batches wait for fractions of a second."""


class Currency:
    """Judges by the workers' heart-beats, looked at again and again."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._partitions: set[tuple[str, int]] = set()

    def look(self, workers: Sequence[WorkerStatus], clock_ms: int) -> bool:
        """Whether everything has been counted, and had been for :data:`SETTLED_MS`."""
        parts = [part for worker in workers for part in worker.partitions]
        partitions = {(part.topic, part.partition) for part in parts}
        behind = (
            not partitions
            or any(worker.held_up is not None for worker in workers)
            or any(part.lag_seconds > BEHIND_SECONDS for part in parts)
            or not partitions >= self._partitions  # a worker has gone, and nobody has its partitions yet
        )
        self._partitions = partitions
        if behind:
            self._since = None
        elif self._since is None:
            self._since = clock_ms
        return self._since is not None and clock_ms - self._since >= SETTLED_MS
