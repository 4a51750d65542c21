"""What a soak looks at, again and again: memory, processor time, lag, and what fills Redis."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, cast

import psutil
from redis import Redis

MIB: Final = 2**20

SCAN_COUNT: Final = 1_000
"""Keys looked at in one step of a scan: Redis serves nobody else meanwhile, about a millisecond."""

KINDS: Final = {
    "e": "totals and names",
    "m": "minute buckets",
    "h": "hour buckets",
    "d": "day buckets",
    "r": "recent reviews",
    "i": "list of products",
    "l": "live updates",
    "x": "ids seen",
    "seen": "ids seen",
}
"""Letter in a key of the store to what it holds (:mod:`stream.store.keys`)."""


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
    """Acknowledged reviews that no fence has passed."""
    lag_seconds: float
    """How long ago as many reviews had been acknowledged as the fences have passed now."""
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
        self._history: list[tuple[float, int]] = []

    def take(self, seconds: float, *, kinds: bool) -> Sample:
        """Look once; with ``kinds`` weigh every key in Redis too."""
        # Delivered first: what is applied between the two readings must not make the lag negative.
        delivered, applied = self._delivered(), self._applied()
        self._history.append((seconds, delivered))
        while len(self._history) > 1 and self._history[1][1] <= applied:
            self._history.pop(0)
        behind = delivered > applied
        info = self._client.info("memory")
        return Sample(
            seconds=round(seconds, 1),
            resident={name: process.memory_info().rss / MIB for name, process in self._processes.items()},
            cpu={name: sum(process.cpu_times()[:2]) for name, process in self._processes.items()},
            redis_used=info["used_memory"] / MIB,
            lag_records=max(0, delivered - applied),
            lag_seconds=round(seconds - self._history[0][0], 1) if behind else 0.0,
            redis_kinds=self._weigh() if kinds else {},
        )

    def _weigh(self) -> dict[str, float]:
        weights: Counter[str] = Counter()
        found: list[bytes] = []
        for key in self._client.scan_iter("aura:{*", count=SCAN_COUNT):
            found.append(cast(bytes, key))
            if len(found) >= SCAN_COUNT:
                self._add(found, weights)
                found = []
        self._add(found, weights)
        return {kind: weight / MIB for kind, weight in sorted(weights.items())}

    def _add(self, keys: list[bytes], weights: Counter[str]) -> None:
        with self._client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.memory_usage(key, samples=5)
            for key, weight in zip(keys, pipe.execute(), strict=True):
                letter = key.split(b":")[2].decode()
                weights[KINDS.get(letter, letter)] += weight or 0
