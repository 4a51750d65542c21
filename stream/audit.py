"""The audit: the log folded again by the same pure code, compared with what Redis holds, beside live workers.

One shard after the other: entities are read in transactions together with the shard's fences; the log is read up to
exactly these fences, and folded without its duplicates; then totals and buckets must be equal (:mod:`stream.ledger`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from stream.ledger import Beginning, Difference, Ledger
from stream.logreader import Bounds, LogExpired, LogReader
from stream.record import Run
from stream.scoring import Processed
from stream.store.keys import in_every_shard
from stream.store.snapshot import ShardSnapshot
from stream.store.tenures import Tenures


class LogTooShort(Exception):
    """The log no longer holds its beginning, and does not tell which buckets hold a review from before."""


class TenantAdded(Exception):
    """A tenant came into the tenants file after records of it may have been passed over."""


class Recount(Protocol):
    """Scores the log again, as the worker did."""

    @property
    def tenants(self) -> Collection[str]:
        """Whose reviews it scores."""

    def judges(self, tenant: str) -> bool:
        """Whether a tenant that the store has is compared.

        Raises:
            TenantAdded: it is from now on; what was scored before is without it.
        """

    def horizon_ms(self, tenant: str) -> int:
        """How long a tenant's event that is published again counts as the same (ms)."""

    def learn(self) -> None:
        """See which records stand in the dead letters by now.

        Called whenever fences have moved: they never pass a letter that is not there.
        """

    def score(self, runs: Sequence[Run], models: Mapping[str, str]) -> list[Processed]:
        """Decode and classify runs, given tenant to the model that scored its reviews then."""


class Auditor:
    """Audits a store shard by shard.

    Args:
        reader: the log.
        recount: scores it.
        now_ms: the clock.
    """

    def __init__(self, reader: LogReader, recount: Recount, now_ms: int) -> None:
        self._reader = reader
        self._recount = recount
        self._now_ms = now_ms
        self._progress: Callable[[int], None] = lambda _: None
        self._learned: dict[int, int] = {}
        self._tenures: Tenures | None = None
        self._read = 0
        self._reached: list[dict[int, int]] = []
        self.records = 0
        """Records of the log that were folded; where shards had come to different fences, those of the furthest."""
        self.entities = 0
        """Products and tenants compared so far."""
        self.compared = 0
        """Totals and buckets compared in the shards that are done."""
        self.left_out = 0
        """Buckets left out there, because they may hold a review that the log has dropped."""
        self.ended = 0
        """Buckets left out there, because their life in the store is over, or nearly."""
        self.at_border = 0
        """Reviews there that lie at the border between good and bad, so that a label may differ."""
        self.begins: dict[int, Beginning] = {}
        """Partitions whose beginning the log no longer holds."""

    def beyond(self, bounds: Mapping[int, Bounds]) -> int:
        """How many of the records that the log held at some time are past the fences, and so were not judged.

        Markers of transactions among them are counted as well.
        """
        reached = in_every_shard(self._reached)
        return sum(
            max(0, end - max(oldest, reached.get(partition, -1) + 1)) for partition, (oldest, end) in bounds.items()
        )

    def shard(
        self,
        snapshot: ShardSnapshot,
        inside: Callable[[int], bool] | None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> list[Difference]:
        """Everything that does not agree in one shard.

        Args:
            snapshot: of the shard.
            inside: limits it to buckets whose start it accepts.
            progress: told how many records have been read, after each run of them.

        Raises:
            LogTooShort: records that the store contains are no longer in the log, and nothing tells of which time they
                were.
            LogExpired: the log dropped records while they were read, twice.
            LogUnavailable: Kafka does not answer.
        """
        self._progress = progress
        expired = False
        while True:
            try:
                ledger, differences = self._audited(snapshot, inside)
                break
            except TenantAdded:
                continue
            except LogExpired:
                # It begins later now; what is left proves as much as if it had been so from the start.
                if expired:
                    raise
                expired = True
        self.records = max(self.records, self._read)
        self.entities += len(ledger.compared)
        self.compared += sum(ledger.compared.values())
        self.left_out += sum(ledger.left_out.values())
        self.ended += sum(ledger.ended.values())
        self.at_border += sum(ledger.at_border.values())
        self.begins.update({partition: begin for partition, begin in ledger.begins.items() if begin is not None})
        self._reached.append(self._learned)
        return differences

    def _audited(
        self, snapshot: ShardSnapshot, inside: Callable[[int], bool] | None
    ) -> tuple[Ledger, list[Difference]]:
        self._reader.rewind()
        self._read = 0
        self._tenures = None
        ledger = Ledger(snapshot.shard, snapshot.shards, self._now_ms, self._recount.horizon_ms)
        return ledger, list(self._compared(ledger, snapshot, inside))

    def _compared(
        self, ledger: Ledger, snapshot: ShardSnapshot, inside: Callable[[int], bool] | None
    ) -> Iterator[Difference]:
        seen: set[str] = set()
        # A shard that has lost all its products, but not its fences, has no entity to be read with.
        self._advance(ledger, snapshot, snapshot.fences())
        for fences, found in snapshot.read(self._recount.judges):
            self._advance(ledger, snapshot, fences)
            for state in found:
                seen.add(state.name)
                # A live worker may have begun a new chunk since the list of chunks was taken: look again.
                if self._judges(state.name) and any(ledger.compare(state, inside)):
                    yield from self._again(ledger, snapshot, state.name, inside)
        for name in sorted(ledger.whole.keys() - seen):
            # Came into being after the list of entities was taken, or is missing.
            if self._judges(name):
                yield from self._again(ledger, snapshot, name, inside)

    def _judges(self, name: str) -> bool:
        """Asked anew before each comparison: scoring may have found that a tenant cannot be judged."""
        return self._recount.judges(name.partition("/")[0])

    def _again(
        self, ledger: Ledger, snapshot: ShardSnapshot, name: str, inside: Callable[[int], bool] | None
    ) -> list[Difference]:
        fences, state = snapshot.one(name)
        self._advance(ledger, snapshot, fences)
        return list(ledger.compare(state, inside)) if self._judges(name) else []

    def _advance(self, ledger: Ledger, snapshot: ShardSnapshot, fences: dict[int, int]) -> None:
        if moved := fences != self._learned:
            self._recount.learn()
            self._learned = fences
        if moved or self._tenures is None:
            self._tenures = snapshot.tenures(self._recount.tenants)  # after the fences
        for partition, fence in sorted(fences.items()):
            for run in self._reader.read(partition, fence):
                if partition not in ledger.begins:
                    ledger.begins[partition] = self._beginning(partition, run)
                for piece, tenures in self._tenures.pieces(run):
                    models = {tenant: tenure.model for tenant, tenure in tenures.items()}
                    for processed in self._recount.score([piece], models):
                        ledger.add(processed, tenures)
                self._read += len(run)
                self._progress(self._read)
            if fence >= 0 and partition not in ledger.begins:
                ledger.begins[partition] = self._beginning(partition, None)
        emptied = any(begin is not None and begin.emptied for begin in ledger.begins.values())
        if emptied and (moved or not ledger.newest_ms):
            # Read after the entities, whose fences may have passed more of what the log has dropped.
            ledger.newest_ms = snapshot.newest_ms()

    def _beginning(self, partition: int, first: Run | None) -> Beginning | None:
        """Asked after the first run was read: what the log drops while we read is noticed too."""
        oldest = self._reader.oldest(partition)
        if oldest == 0 or (first is not None and first.first == 0):
            return None
        if first is None:
            return Beginning(oldest, self._now_ms, emptied=True)
        if not self._reader.stamped_by_log:
            raise LogTooShort(
                f"partition {partition} begins at offset {oldest}, and its records carry their producers' times "
                "(message.timestamp.type=CreateTime): nothing tells which buckets hold reviews from before"
            )
        return Beginning(first.first, first.records[0].timestamp)
