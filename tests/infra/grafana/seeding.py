"""Businesses of every kind with reviews of what they sell, in a real Redis."""

from dataclasses import dataclass
from pathlib import Path

from api.access.keys import create
from api.clock import now_ms
from stream.alerts.evaluator import Evaluator
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, P_SCALE
from stream.simulate import catalogue
from stream.store.connection import connect
from stream.tenants import Kind, Tenants, load
from stream.tenants_write import add_key
from tests.api.filling import Filler

KINDS: dict[str, Kind] = {
    "shop": "ecommerce",
    "bank": "bank",
    "cinema": "cinema",
    "dentist": "clinic",
    "bureau": "other",
}
SOLD_BY = {"shop": "shop", "bank": "bank", "cinema": "cinema", "dentist": "shop", "bureau": "bank"}
"""Whose catalogue of the simulator each sells from: categories and brands are those that events of the demo carry."""

MODEL = "products@000000000001"

RULE = """
[[tenants.alerts]]
id = "turned"
kind = "change"
scope = "products"
window = "24h"
threshold = 0.2
"""
"""What every tenant wants to be told of."""


@dataclass(frozen=True)
class Businesses:
    """A tenants file, and a reading key for each tenant."""

    path: Path
    keys: dict[str, str]

    @property
    def tenants(self) -> Tenants:
        return load(self.path)


def businesses(folder: Path) -> Businesses:
    """One tenant of each kind."""
    path = folder / "tenants.toml"
    path.write_text(
        "\n".join(
            f'[[tenants]]\nid = "{id_}"\nname = "The {id_}"\nkind = "{kind}"\n{RULE}' for id_, kind in KINDS.items()
        )
    )
    keys = {}
    for tenant in KINDS:
        keys[tenant], stored = create("read", "Grafana")
        add_key(path, tenant, stored)
    return Businesses(path, keys)


def reviews_of(tenant: str) -> list[Scored]:
    """Of every product 20 of today and 20 of yesterday; of the first twice as many, and it has turned bad meanwhile."""
    now = now_ms()
    found = []
    for place, product in enumerate(catalogue.load(SOLD_BY[tenant]).products):
        for day, at in enumerate((now, now - DAY_MS)):
            count = 40 if place == 0 else 20
            for number in range(count):
                good = number >= count * (0.9 if place == day == 0 else 0.15)
                event = ReviewEvent(
                    f"{product.id}-{day}-{number}",
                    tenant,
                    product.id,
                    "It does what it should." if good else "It stopped working, and nobody helped.",
                    at - number,
                    title="As expected",
                    product_name=product.name,
                    brand=product.brand,
                    categories=product.categories,
                    rating=5 if good else 2,
                )
                found.append(Scored(event, round((0.9 if good else 0.2) * P_SCALE), at, 5, int(not good)))
    return found


async def fill(filler: Filler, house: Businesses, redis_url: str) -> None:
    """Give every tenant its reviews, and let its alert rule be looked at."""
    for tenant in KINDS:
        await filler.put(reviews_of(tenant), MODEL)
    client = connect(redis_url)
    evaluator = Evaluator(client, lambda: house.tenants)
    assert await evaluator.round()
    await evaluator.close()
    await client.aclose()
