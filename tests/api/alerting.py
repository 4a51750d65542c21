"""Alerts in a store, put there the way the evaluator does."""

from collections.abc import Sequence

from stream.alerts import seen
from stream.alerts.book import Book
from stream.alerts.findings import Finding
from stream.alerts.stepping import Alert, Happening, Moment, Step, Subject, event_of
from stream.alerts.watching import Look, Sighting
from stream.store.connection import connect
from stream.tenant_rules import AlertRule

RULE = AlertRule("turns", "low", "1h", "products", threshold=0.0, note="Call.", webhooks=("ops",))
AT = 1_716_206_400_000

TABLES = """
[[tenants.webhooks]]
name = "ops"
url = "https://example.org/?token=T0KEN"
secret_file = "ops.secret"

[[tenants.alerts]]
id = "turns"
kind = "low"
window = "1h"
scope = "products"
threshold = 0.0
note = "Call."
webhooks = ["ops"]

[[tenants.alerts]]
id = "quiet"
kind = "silence"
window = "24h"
"""
"""Rules and a webhook, for the first tenant of a tenants file."""


def happen(
    number: int, event: Happening, product_id: str | None, rule: AlertRule = RULE, name: str | None = None
) -> Step:
    """The number-th thing that happened."""
    finding = Finding("raise", -0.5, (-0.6, -0.4), 40, None, f"because of {number}")
    moment = Moment(AT + number, AT + number)
    known = (f"e{number}", f"a-{product_id}", AT)
    happened = event_of(event, "shop", rule, Subject(product_id, name), finding, moment, known)
    return Step(None, None if event == "cleared" else Alert(happened, AT + number), happened)


async def write(redis_url: str, tenant: str, steps: Sequence[Step], looks: Sequence[Look] = ()) -> None:
    """Let these happen, one after the other."""
    client = connect(redis_url)
    book = Book(client)
    await book.claim(tenant, "1:test")
    for step in steps:
        await book.commit(tenant, "1:test", [step], {}, AT)
    if looks:
        await seen.write(client, tenant, looks, await book.on(tenant), Moment(AT, AT))
    await client.aclose()


def looked(*products: str, rule: AlertRule = RULE) -> Look:
    """A look that saw these products."""
    finding = Finding("raise", -0.7, (-0.8, -0.6), 50, None, "still because")
    return Look(rule, [Sighting(Subject(product, "Desk lamp"), finding) for product in products], 42)
