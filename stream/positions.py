"""Where each assigned partition is: what the log should give next, and what the store already contains."""

from collections.abc import Mapping
from dataclasses import dataclass

from stream.record import Run, TopicPartition


@dataclass(slots=True)
class Position:
    """One assigned partition."""

    epoch: int
    """Counts the seeks; a run of an earlier epoch was fetched before the latest."""
    fences: list[int]
    """The store's fence in each shard, as last known."""
    next: int | None
    """Offset that the log should give next; None until the log has said where its oldest record is."""
    skip_to: int | None = None
    """Where the log went on when ``next`` was missing; the same answer a second time proves the gap."""
    oldest: int = 0
    """Offset that the log's oldest record has, where it was read from there."""
    end: int = 0
    """Offset that the log's next record will get, as last seen."""
    last_logged_ms: int = 0
    """Time the log took the last record applied: the oldest waiting one is not older."""

    @property
    def applied(self) -> int:
        """The last offset whose effects every shard contains; -1 when there is none."""
        return min(self.fences)

    @property
    def waiting(self) -> int:
        """Offsets in the log that are not applied yet, without those that the log dropped before the worker came."""
        return max(0, self.end - max(self.applied + 1, self.oldest))


class Gap(Exception):
    """The log did not give the offset that should come next.

    Attributes:
        wanted: the offset that should have come.
        got: the offset that came.
    """

    def __init__(self, tp: TopicPartition, wanted: int, got: int) -> None:
        super().__init__(f"{tp}: expected offset {wanted}, the log gave {got}")
        self.tp = tp
        self.wanted = wanted
        self.got = got


class Positions:
    """The assigned partitions."""

    def __init__(self) -> None:
        self._positions: dict[TopicPartition, Position] = {}
        self._epoch = 0

    def assign(self, fences: dict[TopicPartition, list[int]]) -> dict[TopicPartition, int | None]:
        """Start over with these partitions and their fences in the store.

        Returns:
            Per partition the offset to read from; None for its oldest record.
        """
        kept = {tp: position for tp, position in self._positions.items() if tp in fences}
        self._positions = {}
        return {tp: self.seek(tp, shards, kept.get(tp)) for tp, shards in fences.items()}

    def seek(self, tp: TopicPartition, fences: list[int], before: Position | None = None) -> int | None:
        """Read ``tp`` again from its fence; runs fetched so far are of no use any more.

        Returns:
            The offset to read from; None for the oldest record.
        """
        self._epoch += 1
        before = before or self._positions.get(tp)
        start = min(fences) + 1 if min(fences) >= 0 else None
        self._positions[tp] = Position(
            self._epoch, list(fences), start, end=before.end if before else 0,
            skip_to=before.skip_to if before else None,
        )  # fmt: skip
        return start

    def begin(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Note where partitions are read from that had to begin at their oldest record."""
        for tp, offset in offsets.items():
            position = self._positions.get(tp)
            if position is not None and position.next is None:
                position.next = position.oldest = offset

    def revoke(self, partitions: list[TopicPartition]) -> None:
        """Forget partitions that this worker no longer has."""
        for tp in partitions:
            self._positions.pop(tp, None)

    def __contains__(self, tp: TopicPartition) -> bool:
        return tp in self._positions

    def items(self) -> list[tuple[TopicPartition, Position]]:
        """All partitions with their positions."""
        return list(self._positions.items())

    def epochs(self) -> dict[TopicPartition, int]:
        """The present epoch of each partition."""
        return {tp: position.epoch for tp, position in self._positions.items()}

    def of(self, run: Run) -> Position | None:
        """The position that ``run`` belongs to; None when the partition was sought or revoked since it was fetched."""
        position = self._positions.get(run.tp)
        return position if position is not None and position.epoch == run.epoch else None

    def accept(self, run: Run) -> tuple[Run | None, int]:
        """Check a fetched run against what should come next, and move on.

        Returns:
            The run without records read twice (None when nothing is left or it is out of date), and how many offsets
            the log is proven to have skipped before it.

        Raises:
            Gap: offsets are missing, and only this once: read again from ``wanted`` to see whether the log lost them.
        """
        position = self.of(run)
        # Before its beginning is known, a run can only be one that was fetched before the seek: taken as the beginning
        # of an emptied store, it would put the fence past all that lies before it.
        if position is None or position.next is None:
            return None, 0
        skipped = 0
        if run.first > position.next:
            if position.skip_to != run.first:
                position.skip_to = run.first
                raise Gap(run.tp, position.next, run.first)
            skipped = run.first - position.next
        elif run.first < position.next:
            fresh = [record for record in run.records if record.offset >= position.next]
            if not fresh:
                return None, 0
            run = Run(run.tp, run.epoch, fresh)
        position.skip_to = None
        position.next = run.last + 1
        return run, skipped
