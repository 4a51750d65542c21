"""Which reviews stand for a day's: those whose places in the log have the smallest hashes.

For each product, day and class the store keeps the ``most`` reviews with the smallest hash of topic, partition and
offset (a *bottom-k sample*). The hash has nothing to do with the review, so this is a sample without favour. It is the
same set whatever the order of the reviews, however they are cut into batches, and however often one is offered; two
such sets are joined by taking the smallest of both. So a log that is read again, by whom and however it may be, ends in
the same sample.

Over several sets, one a day and shard, the sampling is even as far as all of them go: a full set goes up to its largest
hash, one that is not full holds all there is. Below the smallest of these bounds every review of the window is in, with
the same chance whatever its day.

Source: E. Cohen, H. Kaplan, "Summarizing data using bottom-k sketches", PODC (2007), 225-234. The hash is the finaliser
of splitmix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA (2014), 453-472).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np

from stream.drivers import packing
from stream.measures import DAY_MS, MINUTE_MS
from stream.record import TopicPartition

HASH_BITS: Final = 8 * packing.HASH_BYTES
"""Of two reviews with the same hash a sample holds the one that came first. Among the 300 that are kept of a million a
day this happens once in a month; of a hundred million, three or four times a day. Of a product's reviews 24 bits are
stored: among the 30 that are kept of 100,000 a day it happens once in eleven days."""

BEYOND: Final = 1 << HASH_BITS
"""Larger than every hash."""


class Entry(NamedTuple):
    """A review in a sample."""

    hash: int
    """Of its place in the log."""
    occurred_ms: int
    """To the minute, once it has been stored: windows begin and end with minutes."""
    content: str
    """From :func:`stream.drivers.terms.entry_of`; of a tenant's sample with the product, :func:`signed`."""


@dataclass(frozen=True, slots=True)
class Part:
    """The sample of one day, class and shard."""

    most: int
    """Entries that it holds when it is full."""
    entries: Sequence[Entry]
    """In the order of their hashes."""

    @property
    def bound(self) -> int:
        """Below this hash it holds every review there was."""
        return self.entries[-1].hash if len(self.entries) >= self.most else BEYOND


class Offer(NamedTuple):
    """What a sample is offered."""

    tenant: str
    product_id: str | None
    """None for the tenant as a whole."""
    day: int
    """Counted from 1970-01-01 UTC, by the time of the event."""
    bad: bool
    most: int
    """Entries that it may hold."""
    days: int
    """How many days before its newest review's an entity keeps samples of."""
    until_ms: int
    """When the sample ends that this one opens."""
    entries: list[bytes]
    """As :func:`stream.drivers.packing.pack`, in the order of their hashes, ``most`` of them at most."""


def places(tp: TopicPartition, offsets: Sequence[int]) -> list[int]:
    """The hash of each offset's place in the log, from 0 to below :data:`BEYOND`."""
    with np.errstate(over="ignore"):  # modulo 2^64 is meant
        z = np.asarray(offsets, np.uint64) * np.uint64(0x9E3779B97F4A7C15) + _seed(tp)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    found: list[int] = (z >> np.uint64(64 - HASH_BITS)).tolist()
    return found


@lru_cache(maxsize=4_096)
def _seed(tp: TopicPartition) -> np.uint64:
    digest = blake2b(f"{tp.topic}:{tp.partition}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "big"))


def joined(parts: Iterable[Part], start_ms: int, end_ms: int) -> list[Entry]:
    """The reviews of [start, end) in an even sample of all the parts."""
    found = list(parts)
    bound = min((part.bound for part in found), default=BEYOND)
    return [
        entry
        for part in found
        for entry in part.entries
        if entry.hash < bound and start_ms <= entry.occurred_ms < end_ms
    ]


def minute_of(occurred_ms: int) -> int:
    """Of its day."""
    return occurred_ms % DAY_MS // MINUTE_MS


def stored(day: int, content: bytes, *, of_product: bool) -> tuple[Part | None, Part | None]:
    """The samples of a day's bad and good reviews as the store has them, None where there is none; times as minutes."""
    bad, good = packing.lists(content, packing.OF_PRODUCT_BYTES if of_product else packing.HASH_BYTES)
    return _part(day, *bad), _part(day, *good)


def _part(day: int, most: int, entries: list[bytes]) -> Part | None:
    return Part(most, [_entry(day, entry) for entry in entries]) if most else None


def _entry(day: int, entry: bytes) -> Entry:
    minute, content, mark = packing.unpack(entry)
    place = packing.hash_of(entry)
    return Entry(place, day * DAY_MS + minute * MINUTE_MS, signed(mark, content) if mark else content)


def mark_of(product_id: str) -> str:
    """What tells a product's reviews in its tenant's sample: 8 hex digits."""
    return blake2b(product_id.encode(), digest_size=4).hexdigest()


def signed(mark: str, content: str) -> str:
    """Content with the mark of its product."""
    return f"{content}\n{mark}"


def read_signed(content: str) -> tuple[str, str]:
    """Mark and content of :func:`signed`."""
    content, _, mark = content.rpartition("\n")
    return mark, content
