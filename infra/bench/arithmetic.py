"""What a rate needs, from what a review costs: plain proportions, with room left on every machine."""

import math
from typing import Any, Final, NamedTuple

BUSY: Final = 0.7
"""How busy processors are planned to be. Queues grow without bounds towards 1 (at 0.7 a review waits, in the simplest
model of a queue, 2.3 times as long as it is worked on; at 0.9 nine times)."""

REPLICAS: Final = 3
"""Of each partition, as one keeps data that must not be lost."""

PARTITIONS_A_WORKER: Final = 2
"""So that a worker that is added, or lost, changes the load of the others by little."""


class Costs(NamedTuple):
    """What one review costs, as measured."""

    worker_microseconds: float
    """Of a worker's processor."""
    kafka_write_microseconds: float
    """Of a broker's, to take a review in; one replica."""
    kafka_read_microseconds: float
    """Of a broker's, to give it to one worker."""
    redis_microseconds: float
    log_bytes: float
    """In the log, and on the network each time it travels there."""
    redis_bytes: float
    """Between worker and Redis, both ways."""
    worker_mib: float
    """Resident memory of a worker."""
    worker_shard_microseconds: float = 0.0
    """Of a worker's processor, for each shard of the store after the first: a batch is divided among them."""
    redis_shard_microseconds: float = 0.0
    """Of all Redis servers together, for the same: each shard notes how far each batch goes."""

    def as_dict(self) -> dict[str, float]:
        """For the printed object."""
        return self._asdict()


def needs(rate: float, costs: Costs) -> dict[str, Any]:
    """What ``rate`` reviews a second need, each server :data:`BUSY` at most.

    A replica costs its broker what a write does: it takes the same bytes in; and its leader what a read does. Where no
    number of shards is enough, because a further one costs more than it takes off the others, there is none, and
    workers are those of a single one.
    """
    write, read = costs.kafka_write_microseconds, costs.kafka_read_microseconds
    shards = _shards(rate, costs.redis_microseconds, costs.redis_shard_microseconds)
    workers = _servers(rate, costs.worker_microseconds + ((shards or 1) - 1) * costs.worker_shard_microseconds)
    return {
        "busy_at_most": BUSY,
        "replicas": REPLICAS,
        "workers": workers,
        "partitions": PARTITIONS_A_WORKER * workers,
        "worker_memory_gib": round(workers * costs.worker_mib / 1024, 1),
        "redis_shards": shards,
        "broker_cores": _servers(rate, REPLICAS * write + REPLICAS * read),
        "network_mb_per_second": {
            "producers_to_kafka": _megabytes(rate, costs.log_bytes),
            "between_brokers": _megabytes(rate, (REPLICAS - 1) * costs.log_bytes),
            "kafka_to_workers": _megabytes(rate, costs.log_bytes),
            "workers_and_redis": _megabytes(rate, costs.redis_bytes),
        },
        "log_tb_a_day": round(rate * 86_400 * REPLICAS * costs.log_bytes / 1e12, 1),
    }


def _servers(rate: float, microseconds: float) -> int:
    """Cores, each of them :data:`BUSY`: of what computes on one core, as many processes."""
    return math.ceil(rate * microseconds / 1e6 / BUSY)


def _shards(rate: float, first: float, further: float) -> int | None:
    """Redis servers, of which each computes on one core: the fewest whose load, which grows with them, they carry."""
    cores = rate / 1e6 / BUSY
    if cores * further >= 1:
        return None
    return max(1, math.ceil(cores * (first - further) / (1 - cores * further)))


def _megabytes(rate: float, size: float) -> int:
    return round(rate * size / 1e6)
