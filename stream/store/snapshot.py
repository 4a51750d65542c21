"""Entities of one shard, each read in one transaction with the fences that it is the effect of."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from redis import Redis

from stream.measures import STEP_MS, Measures, Step
from stream.store import keys

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
        fields = cast(dict[bytes, bytes], self._client.hgetall(f"{self._prefix}fence"))
        return keys.fences(fields, self._topic)

    def read(self) -> Iterator[tuple[dict[int, int], list[EntitySnapshot]]]:
        """All entities that there are, in portions, each with the fences it was read with."""
        names: set[str] = set()
        for key in self._client.scan_iter(f"{self._prefix}[emhd]:*", count=1_000):
            kind, _, rest = cast(bytes, key).decode()[len(self._prefix) :].partition(":")
            if kind == "e":
                names.add(rest)
            else:
                name, _, number = rest.rpartition(":")
                self._chunks[name].add(f"{kind}:{number}")
                names.add(name)
        ordered = sorted(names)
        for first in range(0, len(ordered), READ_BATCH):
            yield self._read(ordered[first : first + READ_BATCH])

    def one(self, name: str) -> tuple[dict[int, int], EntitySnapshot]:
        """One entity, read anew: it may have come into being, or got new chunks, since the last reading."""
        for key in self._client.scan_iter(f"{self._prefix}[mhd]:{_escaped(name)}:*", count=1_000):
            kind, _, rest = cast(bytes, key).decode()[len(self._prefix) :].partition(":")
            self._chunks[name].add(f"{kind}:{rest.rpartition(':')[2]}")
        fences, (state,) = self._read([name])
        return fences, state

    def _read(self, names: list[str]) -> tuple[dict[int, int], list[EntitySnapshot]]:
        wanted = [(name, sorted(self._chunks[name])) for name in names]
        with self._client.pipeline(transaction=True) as pipe:
            pipe.hgetall(f"{self._prefix}fence")
            for name, chunks in wanted:
                pipe.hget(f"{self._prefix}e:{name}", "t")
                for chunk in chunks:
                    kind, _, number = chunk.partition(":")
                    pipe.hgetall(f"{self._prefix}{kind}:{name}:{number}")
            answers = iter(pipe.execute())
        fences = keys.fences(next(answers), self._topic)
        return fences, [_entity(name, chunks, answers) for name, chunks in wanted]


def _entity(name: str, chunks: list[str], answers: Iterator[Any]) -> EntitySnapshot:
    packed = next(answers)
    totals = keys.counters(packed)[:10] if packed else [0] * 10
    buckets: dict[Step, dict[int, Measures]] = {"1m": {}, "1h": {}, "1d": {}}
    for chunk in chunks:
        kind, _, number = chunk.partition(":")
        step = _STEPS[kind]
        for index, counters in next(answers).items():
            start = (int(number) * keys.CHUNK_BUCKETS + int(index)) * STEP_MS[step]
            buckets[step][start] = Measures.from_list(keys.counters(counters))
    return EntitySnapshot(name, tuple(totals), buckets)


def _escaped(name: str) -> str:
    """A name whose characters mean themselves in a SCAN pattern."""
    return "".join(f"\\{c}" if c in "*?[]\\^-" else c for c in name)
