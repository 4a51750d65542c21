"""Entities of one shard, each read in one transaction with the fences that it is the effect of."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

from redis import Redis

from stream.measures import HOUR_MS, STEP_MS, Measures, Step
from stream.spread import Spread
from stream.store import keys, tenures
from stream.store.buckets import read_chunk
from stream.store.tenures import Tenure, Tenures

READ_BATCH: Final = 100
"""Entities in one transaction: Redis serves nobody else meanwhile, so it has to be short (a few milliseconds)."""

_STEPS: Final[dict[str, Step]] = {letter: step for step, letter in keys.STEP_LETTER.items()}


@dataclass(frozen=True, slots=True)
class EntitySnapshot:
    """One product, or a tenant as a whole."""

    name: str
    totals: tuple[int, ...]
    """Measures in stored order, late, first and last time (ms); zeros when there is nothing."""
    buckets: dict[Step, dict[int, Measures]]
    tenures: tuple[Tenure, ...] = ()
    """Of a tenant as a whole: which model counted how many of its reviews, of the topic's alone."""
    named: int = 0
    """Of a tenant as a whole: its reviews that were counted in a tenure, of any topic."""
    tenured: int = 0
    """Those of them that its tenures hold."""
    spreads: dict[str, dict[int, Spread]] = field(default_factory=dict)
    """Of a tenant as a whole: model to start of an hour (ms) to spread."""


class ShardSnapshot:
    """Reads one shard.

    Args:
        client: Redis, answering in bytes.
        topic: whose fences.
        shard: which.
        shards: of how many.
    """

    def __init__(self, client: Redis, topic: str, shard: int, shards: int) -> None:
        self.shard = shard
        self.shards = shards
        self._client = client
        self._topic = topic
        self._prefix = keys.prefix(shard)
        self._chunks: dict[str, set[str]] = defaultdict(set)

    def fences(self) -> dict[int, int]:
        """Partition to the last offset whose effects the shard contains."""
        fields = cast(dict[bytes, bytes], self._client.hgetall(keys.fence_key(self.shard)))
        return keys.fences(fields, self._topic)

    def tenures(self, tenants: Collection[str]) -> Tenures:
        """Which model scored what of some tenants' reviews.

        Of what fences cover that were read before, that does not change any more.
        """
        wanted = list(tenants)
        with self._client.pipeline(transaction=False) as pipe:
            for tenant in wanted:
                pipe.hgetall(keys.tenures_key(self.shard, tenant))
            found = zip(wanted, pipe.execute(), strict=True)
        return Tenures({tenant: tenures.read(fields) for tenant, fields in found}, self._topic)

    def newest_ms(self) -> dict[tuple[str, int], int]:
        """Tenant and partition to a time after which the log took nothing that the shard has counted of them.

        Only of tenants whose copies count once: it is told by the ids that are remembered of them.
        """
        found: dict[tuple[str, int], int] = {}
        memory = cast(dict[bytes, bytes], self._client.hgetall(keys.seen_key(self.shard)))
        for source, packed in memory.items():
            tenant, topic, partition, width = source.decode().rsplit(":", 3)
            if topic == self._topic:
                ends = (keys.counters(packed)[0] + 1) * int(width)
                place = tenant, int(partition)
                found[place] = max(found.get(place, 0), ends - 1)
        return found

    def read(self, judges: Callable[[str], bool]) -> Iterator[tuple[dict[int, int], list[EntitySnapshot]]]:
        """All entities of tenants that ``judges`` accepts, in portions, each with the fences it was read with."""
        names: set[str] = set()
        for key in self._client.scan_iter(f"{self._prefix}[emhds]:*", count=1_000):
            kind, _, rest = cast(bytes, key).decode()[len(self._prefix) :].partition(":")
            # A model's name may have a colon, a tenant's has none.
            name, _, number = (
                (rest, "", "") if kind == "e" else rest.partition(":") if kind == "s" else rest.rpartition(":")
            )
            if kind != "e":
                self._chunks[name].add(f"{kind}:{number}")
            names.add(name)
        ordered = sorted(name for name in names if judges(name.partition("/")[0]))
        for first in range(0, len(ordered), READ_BATCH):
            yield self._read(ordered[first : first + READ_BATCH])

    def one(self, name: str) -> tuple[dict[int, int], EntitySnapshot]:
        """One entity, read anew: it may have come into being, or got new chunks, since the last reading."""
        for key in self._client.scan_iter(f"{self._prefix}[mhds]:{_escaped(name)}:*", count=1_000):
            kind, _, rest = cast(bytes, key).decode()[len(self._prefix) :].partition(":")
            self._chunks[name].add(f"{kind}:{rest[len(name) + 1 :]}")
        fences, (state,) = self._read([name])
        return fences, state

    def _read(self, names: list[str]) -> tuple[dict[int, int], list[EntitySnapshot]]:
        wanted = [(name, sorted(self._chunks[name])) for name in names]
        with self._client.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.fence_key(self.shard))
            for name, chunks in wanted:
                pipe.hmget(keys.entity_key(self.shard, name), ["t", "c"])
                for chunk in chunks:
                    kind, _, number = chunk.partition(":")
                    key = f"{self._prefix}{kind}:{name}:{number}"
                    pipe.hgetall(key) if kind == "s" else pipe.get(key)
                pipe.hgetall(keys.tenures_key(self.shard, name))  # of a product there is none
            answers = iter(pipe.execute())
        fences = keys.fences(next(answers), self._topic)
        return fences, [_entity(name, chunks, answers, self._topic) for name, chunks in wanted]


def _entity(name: str, chunks: list[str], answers: Iterator[Any], topic: str) -> EntitySnapshot:
    packed, named = next(answers)
    totals = keys.counters(packed)[:10] if packed else [0] * 10
    found: dict[Step, dict[int, Measures]] = {"1m": {}, "1h": {}, "1d": {}}
    spreads: dict[str, dict[int, Spread]] = {}
    for chunk in chunks:
        kind, _, number = chunk.partition(":")
        model, _, number = number.rpartition(":")  # only a spread has one
        answer = next(answers)
        if kind == "s":
            for index, packed_counters in answer.items():
                start = (int(number) * keys.SPREAD_HOURS + int(index)) * HOUR_MS
                spreads.setdefault(model, {})[start] = Spread.from_list(keys.counters(packed_counters))
        elif answer is not None:  # else it has expired since it was seen
            step = _STEPS[kind]
            origin = int(number) * keys.CHUNK_BUCKETS[step]
            for at, counters in read_chunk(answer, 0, keys.CHUNK_BUCKETS[step] - 1):
                found[step][(origin + at) * STEP_MS[step]] = Measures.from_list(counters)
    held = tenures.read(next(answers))
    return EntitySnapshot(
        name,
        tuple(totals),
        found,
        tuple(tenure for tenure in held if tenure.topic == topic),
        int(named or 0),
        sum(tenure.totals.reviews for tenure in held),
        spreads,
    )


def _escaped(name: str) -> str:
    """A name whose characters mean themselves in a SCAN pattern."""
    return "".join(f"\\{c}" if c in "*?[]\\^-" else c for c in name)
