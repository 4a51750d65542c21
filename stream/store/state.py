"""What the store answers: plain values, times in milliseconds since 1970-01-01 UTC."""

from dataclasses import dataclass

from msgspec import Struct

from stream.measures import Measures


class Profile(Struct, frozen=True, omit_defaults=True):
    """What a product is called, as its newest event says."""

    name: str | None = None
    brand: str | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityState:
    """All-time state of one product, or of a whole tenant (``product_id`` is None)."""

    tenant: str
    product_id: str | None
    profile: Profile
    totals: Measures
    late: int
    """Reviews that were older than a minute bucket's life when the log took them."""
    first_ms: int
    """Time of the earliest review."""
    last_ms: int
    """Time of the newest review."""
    logged_ms: int = 0
    """When the log took the newest review."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What time it is for a tenant, and how far it is."""

    now_ms: int
    """The clock for a live tenant; the newest event's time for one that replays history."""
    live: bool
    reviews: int
    """All that were ever counted."""
    last_ms: int
    """Time of the newest review; 0 without one."""
    logged_ms: int
    """When the log took that."""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product in a listing: its state, and its measures over a window and over the same window before."""

    state: EntityState
    current: Measures
    previous: Measures
    trend: list[Measures]
    """The window cut into its buckets, oldest first (at most 30, grouped where the window has more)."""


class RecentReview(Struct, frozen=True, omit_defaults=True):
    """A scored review as kept for showing: in a product's recent list and in the live stream."""

    event_id: str
    product_id: str
    text: str
    occurred_ms: int
    p_good: float
    title: str | None = None
    rating: int | None = None
    product_name: str | None = None
    language: str | None = None
    source: str | None = None
    truncated: bool = False
    """True when ``text`` is only the beginning."""


class LiveUpdate(Struct, frozen=True):
    """What one applied batch did to a tenant: its counts, and up to 20 of its reviews, newest last."""

    id: str
    """Redis stream id (``1716212345678-0``), usable as ``Last-Event-ID``."""
    reviews: int
    good: int
    p_good: int
    sample: list[RecentReview]


class PartitionStatus(Struct, frozen=True):
    """One topic-partition as its worker sees it."""

    topic: str
    partition: int
    fence: int
    """Offset of the last record whose effects are in the store, or which the log had dropped before there was one; -1
    when none."""
    end: int
    """Offset the next record of the log will get."""
    lag_seconds: float


class WorkerStatus(Struct, frozen=True):
    """A worker's heart-beat, written every second, gone after ten."""

    worker: str
    device: str
    models: dict[str, str]
    """Tenant to the name of the artefact that scores it."""
    reviews_per_second: float
    dead_letters: int
    partitions: list[PartitionStatus]
    at_ms: int
    held_up: str | None = None
    """What it cannot go on for, a sentence or more; None when nothing holds it up."""


class StoreUnavailable(Exception):
    """Redis did not answer in time or refused the connection."""
