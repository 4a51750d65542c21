"""What a soak looks at, again and again: memory, processor time, lag, and what fills Redis."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, cast

import psutil
from redis import Redis

from stream.store import keys

MIB: Final = 2**20

SCAN_COUNT: Final = 1_000
"""Keys looked at in one step of a scan: Redis serves nobody else meanwhile, about a millisecond."""

KINDS: Final = {
    "e": "totals and names",
    "m": "minute buckets",
    "h": "hour buckets",
    "d": "day buckets",
    "s": "spread of scores and words",
    "r": "recent reviews",
    "w": "samples for drivers",
    "i": "list of products",
    "l": "live updates",
    "x": "ids seen",
    "seen": "ids seen",
    "c": "what each model counted",
    "shadow": "comparisons with shadows",
    "alerts": "alerts and their deliveries",
    "fence": "bookkeeping",
    "reign": "bookkeeping",
    "store": "bookkeeping",
    "topics": "bookkeeping",
    "begun": "bookkeeping",
    "workers": "bookkeeping",
    "worker": "bookkeeping",
    "lost": "bookkeeping",
}
"""Every :func:`stream.store.keys.kind` to what its keys hold."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. Memory in MiB."""

    seconds: float
    """Since the first review was published."""
    resident: dict[str, float]
    """Process to resident memory."""
    cpu: dict[str, float]
    """Process to processor seconds since its start."""
    redis_used: float
    """What Redis says its data and buffers take (``used_memory``)."""
    lag_records: int
    """Acknowledged reviews that no fence had passed: the most since the last sample."""
    lag_seconds: float
    """How long before as many reviews had been acknowledged as the fences had passed: the most since the last one."""
    redis_kinds: dict[str, float] = field(default_factory=dict)
    """What the keys of each kind take; only in some samples, for it asks about every key."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Sampler:
    """Takes samples.

    Args:
        pids: process name to process id.
        client: Redis.
        delivered: reviews that Kafka has acknowledged so far.
        applied: reviews that the fences have passed so far.
    """

    def __init__(
        self, pids: Mapping[str, int], client: Redis, delivered: Callable[[], int], applied: Callable[[], int]
    ) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._client = client
        self._delivered = delivered
        self._applied = applied
        self._history = [(0.0, 0)]
        self._worst = (0, 0.0)

    def watch(self, seconds: float) -> None:
        """Look at the lag alone; the next sample tells the worst that was seen."""
        # Delivered first: what is applied between the two readings must not make the lag negative.
        delivered, applied = self._delivered(), self._applied()
        self._history.append((seconds, delivered))
        while len(self._history) > 1 and self._history[1][1] <= applied:
            self._history.pop(0)
        records, lag = self._worst
        self._worst = max(records, delivered - applied), max(lag, self._lag(seconds, delivered, applied))

    def take(self, seconds: float, *, kinds: bool) -> Sample:
        """Look once; with ``kinds`` weigh every key in Redis too."""
        self.watch(seconds)
        (lag_records, lag_seconds), self._worst = self._worst, (0, 0.0)
        info = self._client.info("memory")
        return Sample(
            seconds=round(seconds, 1),
            resident={name: process.memory_info().rss / MIB for name, process in self._processes.items()},
            cpu={name: sum(process.cpu_times()[:2]) for name, process in self._processes.items()},
            redis_used=info["used_memory"] / MIB,
            lag_records=lag_records,
            lag_seconds=round(lag_seconds, 3),
            redis_kinds=self._weigh() if kinds else {},
        )

    def _lag(self, seconds: float, delivered: int, applied: int) -> float:
        if delivered <= applied:
            return 0.0
        # Reviews come evenly between two looks: the time of the earlier one would add their distance to the lag.
        (earlier, fewer), (later, more) = self._history[:2]
        return seconds - earlier - (applied - fewer) / (more - fewer) * (later - earlier)

    def _weigh(self) -> dict[str, float]:
        weights: Counter[str] = Counter()
        found: list[bytes] = []
        for key in self._client.scan_iter("aura:*", count=SCAN_COUNT):
            found.append(cast(bytes, key))
            if len(found) >= SCAN_COUNT:
                self._add(found, weights)
                found = []
        self._add(found, weights)
        return {kind: weight / MIB for kind, weight in sorted(weights.items())}

    def _add(self, found: list[bytes], weights: Counter[str]) -> None:
        with self._client.pipeline(transaction=False) as pipe:
            for key in found:
                pipe.memory_usage(key, samples=5)
            for key, weight in zip(found, pipe.execute(), strict=True):
                kind = keys.kind(key)
                weights[KINDS.get(kind, kind)] += weight or 0
