"""The running page: its address, its keys, and a way to publish reviews."""

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

DEADLINE_SECONDS = 30.0
"""A review is on the page within a second; a loaded two-core machine gets more time before it is a failure."""

MINUTE_MS = 60_000

GOOD = "Works exactly as described, great quality, I love it and would buy it again."
COMPLAINTS = [
    "Terrible. It broke on the first day, a waste of money, I want a refund.",
    "Very disappointed. Does not work, do not buy, I returned it.",
    "Stopped working after two weeks, terrible. Do not buy.",
]
"""Whether the model sees a complaint in a sentence is its affair: the page is tested with one in which it does."""

CATALOGUE = {
    "shop": [
        ("lamp-1", "Desk lamp Arc", "Lumen"),
        ("press-2", "Coffee press", "Brewer"),
        ("pack-3", "Day pack", "Northway"),
    ],
    "bank": [("app", "Mobile app", "Digital"), ("branch-7", "Branch Old Market", "Branches")],
}
"""What :meth:`LivePage.fill` publishes reviews of; the cinema has none, so that there is an empty business to see."""


class LivePage:
    """A context manager that holds the connection it publishes over.

    Attributes:
        url: address of the page, without keys.
        keys: tenant to API key.
        tenants_file: where the API knows its keys from.
        redis_url: the store behind it.
        bad: a text that the model calls bad, once filled.
    """

    def __init__(self, url: str, keys: dict[str, str], tenants_file: Path, redis_url: str) -> None:
        self.url = url
        self.keys = keys
        self.tenants_file = tenants_file
        self.redis_url = redis_url
        self.bad = ""
        self._client = httpx.Client(base_url=url, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    @property
    def with_keys(self) -> str:
        """The address that the demo prints: the page opens without a question."""
        return f"{self.url}/#keys={','.join(f'{tenant}:{key}' for tenant, key in self.keys.items())}"

    def publish(self, tenant: str, *reviews: dict[str, Any]) -> None:
        """Publish reviews; returns once Kafka has them."""
        answer = self._client.post(
            f"/v1/tenants/{tenant}/reviews", json=list(reviews), headers={"X-API-Key": self.keys[tenant]}
        )
        assert answer.status_code == 202, answer.text

    def ask(self, tenant: str, path: str) -> dict[str, Any]:
        """What the API itself answers, ``path`` being below the tenant's."""
        answer = self._client.get(f"/v1/tenants/{tenant}/{path}", headers={"X-API-Key": self.keys[tenant]})
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def fill(self) -> None:
        """Give shop and bank twenty minutes of history, and wait until it is counted."""
        self.publish("shop", *[{"product_id": "trial", "text": text} for text in COMPLAINTS])
        self._await_count("shop", len(COMPLAINTS))
        scored = self.ask("shop", "products/trial/reviews")["reviews"]
        self.bad = next(review["text"] for review in scored if review["label"] == "bad")
        now = int(time.time() * 1000)
        for tenant, products in CATALOGUE.items():
            reviews = [
                {
                    "product_id": product,
                    "product_name": name,
                    "brand": brand,
                    "text": self.bad if (minute + number) % 4 == 0 else GOOD,
                    "rating": 1 if (minute + number) % 4 == 0 else 5,
                    "occurred_at": now - minute * MINUTE_MS,
                }
                for number, (product, name, brand) in enumerate(products)
                for minute in range(20)
            ]
            self.publish(tenant, *reviews)
            self._await_count(tenant, len(reviews) + (len(COMPLAINTS) if tenant == "shop" else 0))

    def await_product(self, tenant: str, product: str, reviews: int) -> None:
        """Return when so many reviews of a product are counted."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            answer = self._client.get(
                f"/v1/tenants/{tenant}/products/{product}", headers={"X-API-Key": self.keys[tenant]}
            )
            if answer.status_code == 200 and answer.json()["totals"]["reviews"] >= reviews:
                return
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.05)

    def _await_count(self, tenant: str, reviews: int) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (counted := self.ask(tenant, "summary")["totals"]["reviews"]) < reviews:
            assert time.monotonic() < deadline, f"{counted} of {reviews} reviews of {tenant} were counted in time"
            time.sleep(0.05)
