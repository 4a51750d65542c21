"""Names of the keys in Redis, in one place.

========================== ======= ==================================================================================
key                        type    holds
========================== ======= ==================================================================================
aura:store                 hash    layout version and number of shards, written when the store is created
aura:topics                hash    topic to Kafka's id of the one that the fences are of
aura:begun                 hash    topic to when its partitions got their first fences (ms; :mod:`stream.store.begun`)
aura:workers               zset    worker id, scored by the time its heart-beat ends
aura:worker:ID             string  a worker's heart-beat (JSON), expires
aura:lost                  zset    ``topic/partition/first/last``, scored by when a worker found the log without them
aura:shadow:TENANT         zset    pairs of models, scored by when they were last compared (ms)
aura:shadow:TENANT:PAIR    hash    ``active`` and ``shadow``, the pair; ``since``, ``until`` (ms); counters
aura:shadow:TENANT:PAIR:d  zset    reviews that the two label differently (JSON), scored by when the log took them (ms)
aura:alerts:lease          string  token of the process that evaluates alert rules, expires
aura:alerts:epoch          string  how many such tokens were given out
aura:alerts:{T}:fence      string  token of whoever may write the tenant's alerts (:mod:`stream.alerts.book`)
aura:alerts:{T}:on         hash    rule, or ``rule/product``, to the alert that is on (JSON)
aura:alerts:{T}:seen       hash    rule to what its evaluation saw last (JSON)
aura:alerts:{T}:past       stream  what happened to alerts, each an event (JSON)
aura:alerts:{T}:jobs       hash    delivery id to what a webhook is to be sent (JSON)
aura:alerts:{T}:due        zset    delivery ids, scored by when to try next (ms)
aura:alerts:{T}:dead       zset    ids of deliveries that were given up, scored by when (ms)
aura:{s}:fence             hash    ``topic:partition`` to the last offset whose effects shard s contains
aura:{s}:reign             hash    ``topic:partition`` to the token of the worker that took it last
aura:{s}:e:ENTITY          hash    ``t`` all-time counters, ``p`` profile, ``q`` the profile's event time;
                                   ``w``, the days that it has samples of;
                                   of a tenant as a whole ``c``, how many of its reviews are counted in tenures
aura:{s}:m|h|d:ENTITY:N    string  N-th chunk of 1,440 minute, 480 hour or 400 day buckets (:mod:`stream.store.buckets`)
aura:{s}:s:TENANT:MODEL:N  hash    N-th chunk of 120 hours of :class:`~stream.spread.Spread`, of reviews that a model
                                   scored: index in the chunk to counters
aura:{s}:r:ENTITY          list    recent reviews of a product, newest first (:mod:`stream.store.recent`)
aura:{s}:w:ENTITY:DAY      string  samples of a day's bad and good reviews: for each the most that it may hold, and
                                   entries in the order of their hashes (``samples.lua``, :mod:`stream.drivers`)
aura:{s}:i:TENANT          zset    product ids, scored by their newest event's time
aura:{s}:l:TENANT          stream  live updates
aura:{s}:c:TENANT          hash    ``topic:partition`` to the model that counts now, since which offset, and what it has
                                   counted; ``topic:partition:FIRST`` to one that did (:mod:`stream.store.tenures`)
aura:{s}:seen              hash    SOURCE to its slots of time: the newest, then each one's number, sets and ids in them
aura:{s}:x:SOURCE:SLOT:SET set     ids of the events that counted in a slot (64-bit numbers, about 256 a set)
========================== ======= ==================================================================================

Samples are no counts: the audit passes them over. Those of a tenant that is removed expire.

ENTITY is ``tenant/product`` or, for the tenant as a whole, ``tenant``; T is the tenant. ``{s}`` and ``{T}`` are hash
tags: a shard's keys live on one node of a Redis Cluster, and so do those of a tenant's alerts. SOURCE is
``tenant:topic:partition:width``, the width being that of a slot (ms); see :mod:`stream.duplicates`. What was seen has
no time to live: a worker that comes back after days must find what the log says was remembered then. It goes as new
slots open; a tenant that falls silent, is removed or gets a horizon of 0 keeps the ids of its last three slots.
"""

import zlib
from typing import Final, Literal

import msgspec

from stream.measures import STEP_MS, Step

LAYOUT_VERSION: Final = "3"
STORE_KEY: Final = "aura:store"
TOPICS_KEY: Final = "aura:topics"
BEGUN_KEY: Final = "aura:begun"
WORKERS_KEY: Final = "aura:workers"
LOST_KEY: Final = "aura:lost"
ALERTS_LEASE_KEY: Final = "aura:alerts:lease"
ALERTS_EPOCH_KEY: Final = "aura:alerts:epoch"
MAX_SHARDS: Final = 1024

CHUNK_BUCKETS: Final[dict[Step, int]] = {"1m": 1_440, "1h": 480, "1d": 400}
"""Buckets a key. One more key costs 180 bytes with its name and time to live; of a longer one more is written anew for
each new bucket, and what it holds is kept the longer after its time."""

SPREAD_HOURS: Final = 120
"""Hours a hash of spreads: just under 128, up to which Redis keeps a hash as one compact list instead of a table."""

_counters = msgspec.msgpack.Decoder(list[int])

STEP_LETTER: Final[dict[Step, str]] = {"1m": "m", "1h": "h", "1d": "d"}


def comparisons_key(tenant: str) -> str:
    """Key of a tenant's pairs of models."""
    return f"aura:shadow:{tenant}"


def comparison_key(tenant: str, pair: str) -> str:
    """Key of what is known of a pair."""
    return f"aura:shadow:{tenant}:{pair}"


def disagreements_key(tenant: str, pair: str) -> str:
    """Key of the reviews that a pair labels differently."""
    return f"aura:shadow:{tenant}:{pair}:d"


def alerts_key(tenant: str, what: Literal["fence", "on", "seen", "past", "jobs", "due", "dead"]) -> str:
    """A key of a tenant's alerts; all of them are on one node, for they are written together."""
    return f"aura:alerts:{{{tenant}}}:{what}"


def worker_key(worker: str) -> str:
    """Key of a worker's heart-beat."""
    return f"aura:worker:{worker}"


def prefix(shard: int) -> str:
    """What all keys of a shard begin with."""
    return f"aura:{{{shard}}}:"


def fence_key(shard: int) -> str:
    """Key of a shard's fences."""
    return f"{prefix(shard)}fence"


def reign_key(shard: int) -> str:
    """Key of the tokens of the workers that a shard takes increments from."""
    return f"{prefix(shard)}reign"


def entity_key(shard: int, name: str) -> str:
    """Key of the totals and the profile of an :func:`entity`."""
    return f"{prefix(shard)}e:{name}"


def chunk_key(shard: int, name: str, step: Step, number: int) -> str:
    """Key of an entity's buckets, see :func:`chunk_of`."""
    return f"{prefix(shard)}{chunk_name(name, step, number)}"


def chunk_name(name: str, step: Step, number: int) -> str:
    """What follows the :func:`prefix` in :func:`chunk_key`."""
    return f"{STEP_LETTER[step]}:{name}:{number}"


def spread_key(shard: int, tenant: str, model: str, number: int) -> str:
    """Key of the spread of a tenant's reviews that a model scored, see :func:`spread_chunk_of`."""
    return f"{prefix(shard)}{spread_name(tenant, model, number)}"


def spread_name(tenant: str, model: str, number: int) -> str:
    """What follows the :func:`prefix` in :func:`spread_key`."""
    return f"s:{tenant}:{model}:{number}"


def recent_key(shard: int, name: str) -> str:
    """Key of a product's recent reviews."""
    return f"{prefix(shard)}r:{name}"


def sample_key(shard: int, name: str, number: int) -> str:
    """Key of the samples of an entity's day ``number``, counted from 1970-01-01 UTC (:mod:`stream.drivers`)."""
    return f"{prefix(shard)}w:{name}:{number}"


def products_key(shard: int, tenant: str) -> str:
    """Key of a tenant's product ids."""
    return f"{prefix(shard)}i:{tenant}"


def live_key(shard: int, tenant: str) -> str:
    """Key of a tenant's live updates."""
    return f"{prefix(shard)}l:{tenant}"


def tenures_key(shard: int, tenant: str) -> str:
    """Key of which models have counted a tenant's reviews."""
    return f"{prefix(shard)}c:{tenant}"


def seen_key(shard: int) -> str:
    """Key of the slots whose ids are remembered."""
    return f"{prefix(shard)}seen"


def kind(key: bytes) -> str:
    """What a key is for, as the table above has it: ``store``, ``shadow``, ``fence``, ``e``."""
    _, first, *rest = key.split(b":", 3)
    return (rest[0] if first.startswith(b"{") else first).decode()


def entity(tenant: str, product_id: str | None) -> str:
    """Name of a product, or of a tenant as a whole."""
    return tenant if product_id is None else f"{tenant}/{product_id}"


def shard_of(tenant: str, product_id: str, shards: int) -> int:
    """The shard that holds a product: CRC-32 of ``tenant/product``, the same for ever and in every language."""
    return zlib.crc32(f"{tenant}/{product_id}".encode()) % shards if shards > 1 else 0


def fence_field(topic: str, partition: int) -> str:
    """Field of a topic-partition in the fence hash."""
    return f"{topic}:{partition}"


def chunk_of(start_ms: int, step: Step) -> tuple[int, int]:
    """Chunk number and index in the chunk of the bucket that starts at ``start_ms``."""
    return divmod(start_ms // STEP_MS[step], CHUNK_BUCKETS[step])


def spread_chunk_of(start_ms: int) -> tuple[int, int]:
    """As :func:`chunk_of`, of the spread of an hour."""
    return divmod(start_ms // STEP_MS["1h"], SPREAD_HOURS)


def counters(packed: bytes) -> list[int]:
    """The counters of an entity or a spread as they are stored."""
    return _counters.decode(packed)


def fences(fields: dict[bytes, bytes], topic: str) -> dict[int, int]:
    """Partition of ``topic`` to fence, from a shard's fence hash."""
    split = ((*field.decode().rpartition(":"), int(fence)) for field, fence in fields.items())
    return {int(partition): fence for source, _, partition, fence in split if source == topic}


def in_every_shard(shards: list[dict[int, int]]) -> dict[int, int]:
    """Partition to the last offset whose effects every shard contains; without partitions that a shard knows not."""
    everywhere = set(shards[0]).intersection(*shards[1:])
    return {partition: min(shard[partition] for shard in shards) for partition in everywhere}
