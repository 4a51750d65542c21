"""A store filled the way a worker fills it, and a tenants file with keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.access.keys import create
from api.clock import now_ms
from stream.drivers.sampler import Sampler
from stream.fold import Keep, Scored, fold
from stream.measures import DAY_MS
from stream.record import TopicPartition
from stream.store.connection import connect, open_store
from stream.store.state import WorkerStatus
from stream.store.writer import StoreWriter
from stream.tenants import Role
from stream.tenants_write import add_key

TOPIC = "aura.reviews"
KEEP = Keep(50, 7 * DAY_MS)

_TENANTS = """\
[[tenants]]
id = "shop"
name = "Corner Shop"
kind = "ecommerce"

[[tenants]]
id = "bank"
name = "River Bank"
kind = "bank"
"""


@dataclass(frozen=True)
class House:
    """A tenants file with two tenants, and a key of every role for each."""

    path: Path
    keys: dict[tuple[str, Role], str]

    def headers(self, tenant: str = "shop", role: Role = "read") -> dict[str, str]:
        """Headers that open ``tenant``."""
        return {"X-API-Key": self.keys[tenant, role]}


def build_house(folder: Path) -> House:
    """Write the file and make the keys."""
    path = folder / "tenants.toml"
    path.write_text(_TENANTS)
    roles: tuple[Role, ...] = ("read", "write", "admin")
    keys: dict[tuple[str, Role], str] = {}
    for tenant in ("shop", "bank"):
        for role in roles:
            keys[tenant, role], stored = create(role)
            add_key(path, tenant, stored)
    return House(path, keys)


class Filler:
    """Applies scored reviews to a store of one shard, one run after another."""

    def __init__(self, url: str) -> None:
        self._client = connect(url)
        self._writer = StoreWriter(self._client, 1)
        self._fence = -1

    async def open(self) -> None:
        """Create the store."""
        await open_store(self._client, 1)

    async def put(self, reviews: Sequence[Scored], model: str | None = None) -> None:
        """Apply a run of reviews, scored by a model that is named or is not."""
        keep = {review.event.tenant: KEEP for review in reviews}
        models = {} if model is None else dict.fromkeys(keep, model)
        last = self._fence + len(reviews)
        increments = fold(reviews, lambda _: KEEP, now_ms())
        offsets = range(self._fence + 1, last + 1)
        tp = TopicPartition(TOPIC, 0)
        increments.offers = Sampler(1).offers(tp, reviews, offsets, lambda _: KEEP, now_ms())
        packed = self._writer.pack(increments, keep, now_ms(), models=models)
        applied = await self._writer.apply(TOPIC, 0, {0: (self._fence, last, packed)}, now_ms())
        assert applied[0].outcome == "applied"
        self._fence = last

    async def heartbeat(self, status: WorkerStatus) -> None:
        """Let a worker say that it lives."""
        await self._writer.heartbeat(status)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()
