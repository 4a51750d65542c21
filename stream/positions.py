"""Where each assigned partition is: what the log should give next, and what the store already contains."""

from dataclasses import dataclass

from stream.record import Run, TopicPartition


@dataclass(slots=True)
class Position:
    """One assigned partition."""

    epoch: int
    """Counts the seeks; a run of an earlier epoch was fetched before the latest."""
    fences: list[int]
    """The store's fence in each shard, as last known."""
    next: int
    """Offset that the log should give next."""
    counted: bool
    """Whether the store has had a fence above -1 of it, though it may have lost that since."""
    end: int = 0
    """Offset that the log's next record will get, as last seen."""
    waiting_ms: int = 0
    """Time since when the oldest record that is not applied has been in the log, or earlier; 0 when none is known."""

    def passed(self, run: Run) -> None:
        """``run`` is applied."""
        self.counted = True
        if run.last + 1 >= self.end and run.last + 1 == self.next:
            self.waiting_ms = 0
        elif run.records:
            self.waiting_ms = run.records[-1].timestamp

    @property
    def applied(self) -> int:
        """The last offset whose effects every shard contains; -1 when there is none."""
        return min(self.fences)

    @property
    def waiting(self) -> int:
        """Offsets in the log that are not applied yet."""
        return max(0, self.end - self.applied - 1)


class Gap(Exception):
    """What was handed over does not begin where the last run ended: something between was dropped on its way.

    Attributes:
        wanted: the offset that should have come.
        got: the offset that came.
    """

    def __init__(self, tp: TopicPartition, wanted: int, got: int) -> None:
        super().__init__(f"{tp}: expected a run from offset {wanted} on, got one from {got} on")
        self.tp = tp
        self.wanted = wanted
        self.got = got


class Positions:
    """The assigned partitions."""

    def __init__(self) -> None:
        self._positions: dict[TopicPartition, Position] = {}
        self._epoch = 0

    def assign(self, fences: dict[TopicPartition, list[int]]) -> dict[TopicPartition, int]:
        """Start over with these partitions and their fences in the store.

        Returns:
            Per partition the offset to read from.
        """
        kept = {tp: position for tp, position in self._positions.items() if tp in fences}
        self._positions = {}
        return {tp: self.seek(tp, shards, kept.get(tp)) for tp, shards in fences.items()}

    def seek(self, tp: TopicPartition, fences: list[int], before: Position | None = None) -> int:
        """Read ``tp`` again from its fence; runs fetched so far are of no use any more.

        Returns:
            The offset to read from.
        """
        self._epoch += 1
        before = before or self._positions.get(tp) or Position(0, [-1], 0, counted=False)
        start = min(fences) + 1
        self._positions[tp] = Position(
            self._epoch, list(fences), start, before.counted or start > 0, before.end, before.waiting_ms
        )
        return start

    def counted(self) -> list[TopicPartition]:
        """Those of which the store has had a fence above -1, though it may have lost that since."""
        return [tp for tp, position in self._positions.items() if position.counted]

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

    def accept(self, run: Run) -> Run | None:
        """Check a fetched run against what should come next, and move on.

        Returns:
            The run without what was read before; None when nothing is left or it is out of date.

        Raises:
            Gap: its beginning is missing: read again from ``wanted``.
        """
        position = self.of(run)
        if position is None or run.last < position.next:
            return None
        if run.first > position.next:
            raise Gap(run.tp, position.next, run.first)
        if run.first < position.next:
            run = run.part(position.next, run.last)
        position.next = run.last + 1
        if run.records:
            logged_ms = run.records[0].timestamp
            position.waiting_ms = min(position.waiting_ms or logged_ms, logged_ms)
        return run
