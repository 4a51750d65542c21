"""Duplicates from producers: an event that stands in the log twice within its tenant's horizon counts once.

Two reviews are the same event when tenant, product and ``event_id`` are equal. These have the same Kafka key and so, as
long as a topic keeps its number of partitions, the same partition: the log says which of them came first.

The rule knows no clock but the log's own, the time at which each record was taken, and nothing but the log. So workers
that crash, hand over or rebuild, and the audit, all judge alike. Log time is cut into slots of half a horizon. A review
stands in the slot of its own log time, or in the newest slot that one counted before it has opened, so that a clock
that steps back opens no old slot again. It is a duplicate if its event counted in that slot or in one of the two
before: while the log's clock runs forward, a copy is always found within the horizon, and never after one and a half.
A copy that is left out renews nothing.

A review whose log time lies more than two horizons behind the newest slot proves that the clock had been wrong: its own
slot becomes the newest. Otherwise one wrong time far ahead would hold its slot open, and keep every id from then on.

One memory is kept a shard of the store, tenant and topic-partition: in Redis by ``duplicates.lua``, written in one step
with increments and fence; in the audit by :class:`Memory`. Dead letters are not remembered: a good copy after one
counts. A horizon that is changed holds from then on, beginning with an empty memory; the audit, and a rebuild,
judge the whole log by the horizon that the tenants file says now.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from struct import unpack
from typing import Final, NamedTuple

from stream.event import ReviewEvent
from stream.fold import Scored

SLOTS_BACK: Final = 2
"""Older slots in which a copy is looked for: two halves of the horizon."""

SLOTS_AHEAD: Final = 4
"""How far, in slots, a review may be behind the newest slot and still belong to it: two horizons. What the three newest
slots were opened by is then further from the review than a horizon, and is no loss."""


class Claim(NamedTuple):
    """What a run of records holds of one tenant, for the memory of what was seen."""

    tenant: str
    width_ms: int
    """Of a slot: half the horizon."""
    spans: list[tuple[int, list[int]]]
    """(slot of the log time, ids) in log order; neighbours of one slot are one span."""


def identities(events: Iterable[ReviewEvent]) -> tuple[int, ...]:
    """What tells a tenant's events apart: product and ``event_id``, as a signed 64-bit number.

    Two different events have the same number with a probability of 2^-64: with 1,500,000 remembered ids (a million an
    hour), one review in 12 million million is taken for a duplicate without being one. Signed and of 64 bits because
    Redis keeps a small set of such numbers as one array, at 8 bytes each.
    """
    # A product id has no "/", so the two parts cannot be read another way.
    digests = [blake2b(f"{e.product_id}/{e.event_id}".encode(), digest_size=8).digest() for e in events]
    return unpack(f"<{len(digests)}q", b"".join(digests))


def claims(reviews: Sequence[Scored], horizon_ms: Callable[[str], int]) -> tuple[list[Claim], list[int]]:
    """What is to be looked for, of reviews of one shard and topic-partition in log order.

    Args:
        reviews: of any tenants.
        horizon_ms: tenant to its horizon (ms); 0 looks for nothing.

    Returns:
        A claim a tenant, and for each id, counted through all claims, the index of its review.
    """
    by_tenant: dict[str, list[int]] = {}
    for index, (event, *_) in enumerate(reviews):
        by_tenant.setdefault(event.tenant, []).append(index)
    found, order = list[Claim](), list[int]()
    for tenant, indices in by_tenant.items():
        width = horizon_ms(tenant) // 2
        if not width:
            continue
        mine = [reviews[index] for index in indices]
        spans, span, last = list[tuple[int, list[int]]](), list[int](), -1
        for scored, identity in zip(mine, identities(scored.event for scored in mine), strict=True):
            slot = scored.logged_ms // width
            if slot != last or not spans:
                last, span = slot, []
                spans.append((slot, span))
            span.append(identity)
        found.append(Claim(tenant, width, spans))
        order.extend(indices)
    return found, order


class Seen:
    """The rule: the ids that are remembered of one tenant in one topic-partition and shard."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._slots: dict[int, set[int]] = {}

    def take(self, slot: int, identity: int) -> bool:
        """Whether a review counts; if so, it is remembered.

        Args:
            slot: of its log time.
            identity: from :func:`identities`.
        """
        newest = self._newest
        if newest is not None and newest - SLOTS_AHEAD <= slot <= newest:
            slot = newest
        if any(identity in self._slots.get(slot - back, ()) for back in range(SLOTS_BACK + 1)):
            return False
        if slot != newest:
            self._newest = slot
            self._slots = {old: ids for old, ids in self._slots.items() if slot - SLOTS_BACK <= old < slot}
            self._slots[slot] = set()
        self._slots[slot].add(identity)
        return True


class Memory:
    """All that one shard remembers, a :class:`Seen` for each topic-partition, tenant and width."""

    def __init__(self) -> None:
        self._seen: dict[tuple[object, str, int], Seen] = {}

    def take(self, source: object, found: Sequence[Claim]) -> list[int]:
        """Remember what a run holds; returns which ids, counted through all claims, are duplicates.

        Args:
            source: the topic-partition.
            found: from :func:`claims`.
        """
        duplicates, position = list[int](), 0
        for tenant, width_ms, spans in found:
            seen = self._seen.setdefault((source, tenant, width_ms), Seen())
            for slot, ids in spans:
                for identity in ids:
                    if not seen.take(slot, identity):
                        duplicates.append(position)
                    position += 1
        return duplicates
