"""What the commands about alerts ask of Redis and of webhooks."""

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from stream.alerts import seen
from stream.alerts.book import Book
from stream.alerts.currency import Currency
from stream.alerts.deliveries import Deliveries, Delivery
from stream.alerts.evaluator import new_id
from stream.alerts.findings import Finding
from stream.alerts.secrets import SecretUnusable, read_secrets
from stream.alerts.stepping import Moment, Place, Subject, event_of
from stream.alerts.watching import Look, Watcher
from stream.alerts.webhook import http_client, post
from stream.store.connection import Client, connect
from stream.store.reader import Store
from stream.tenant_rules import AlertRule, Webhook
from stream.tenants import Tenant

_ORDER: Final = ("raise", "clear", "stay on", "not be judged", "do nothing")
"""What a rule would do, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands."""

    tenant: str
    rule: AlertRule
    state: str
    """``on``, ``ok`` or ``waiting``: it was not evaluated yet."""
    on: list[str]
    """Products of its alerts that are on; empty text for the tenant as a whole."""
    held: str | None

    @property
    def words(self) -> str:
        """The state in words."""
        if self.on:
            named = [product for product in self.on if product]
            return f"on: {', '.join(named[:3])}{' ...' if len(named) > 3 else ''}" if named else "on"
        if self.held:
            return f"not judged: {self.held}"
        return "ok" if self.state == "ok" else "not evaluated yet; aura alerts run does"


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule would do now about one subject."""

    rule: AlertRule
    subject: str | None
    would: str
    reviews: int | None
    why: str

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rule": self.rule.id, "subject": self.subject, "would": self.would, "reviews": self.reviews,
            "why": self.why,
        }  # fmt: skip


async def standing(redis_url: str, tenants: Sequence[Tenant]) -> list[Standing]:
    """How the rules of these tenants stand."""
    found = []
    async with _redis(redis_url) as client:
        for tenant in tenants:
            if not tenant.alerts:
                continue
            on, known = await Book(client).on(tenant.id), await seen.read(client, tenant.id)
            for rule in tenant.alerts:
                mine = sorted(place[1] or "" for place in on if place[0] == rule.id)
                saw = known.get(rule.id)
                state = "on" if mine else "ok" if saw else "waiting"
                found.append(Standing(tenant.id, rule, state, mine, saw.held if saw else None))
    return found


async def evaluate(redis_url: str, tenant: Tenant, rules: Sequence[AlertRule]) -> list[Found]:
    """What these rules find now, first what would raise an alert; of products that nothing is wrong with, none."""
    async with _redis(redis_url) as client:
        store = Store(client)
        on = await Book(client).on(tenant.id)
        pulse = await store.pulse(tenant.id)
        # Nobody waits a minute for a test: that the workers have kept up just now must do.
        currency, workers, clock = Currency(), await store.workers(), _now_ms()
        current = currency.look(workers, clock) or currency.look(workers, clock + 60_000)
        looks = await Watcher(store, tenant.id).look(rules, pulse, on.keys(), current=current)
    found = [one for look in looks for one in _found(look, on.keys())]
    return sorted(found, key=lambda one: _ORDER.index(one.would))


def _found(look: Look, on: Collection[Place]) -> list[Found]:
    if look.held:
        return [Found(look.rule, None, "not be judged", None, look.held)]
    found = []
    for sighting in look.sightings:
        product = sighting.subject.product_id
        lasts = (look.rule.id, product) in on
        would = {"raise": "stay on" if lasts else "raise", "clear": "clear" if lasts else "do nothing"}.get(
            sighting.finding.verdict, "stay on" if lasts else "do nothing"
        )
        if would != "do nothing" or look.rule.scope != "products":
            found.append(Found(look.rule, product, would, sighting.finding.reviews, sighting.finding.why))
    if found:
        return found
    if look.rule.scope == "products":
        products = f"{look.watched:,} product{'s' * (look.watched != 1)}"
        return [Found(look.rule, "each product", "do nothing", None, f"looked at {products}")]
    return [Found(look.rule, look.rule.product, "do nothing", None, "there are no reviews yet")]


async def try_webhooks(
    tenant: Tenant, webhooks: Sequence[Webhook], folder: Path, found: Sequence[Found]
) -> dict[str, str]:
    """Send each a test, marked as one; what became of it, by name."""
    answers = {}
    rule = found[0].rule if found else AlertRule("test", "low", "1h")
    clock = _now_ms()
    nothing = Finding("hold", None, None, 0, None, "a test: nothing happened")
    async with http_client() as http:
        for webhook in webhooks:
            known = (new_id(), new_id(), clock)
            event = event_of("test", tenant.id, rule, Subject(), nothing, Moment(clock, clock), known)
            try:
                secrets = read_secrets(webhook, folder)
            except SecretUnusable as error:
                answers[webhook.name] = f"was not asked: {error}"
                continue
            answer = await post(http, webhook, secrets, Delivery(new_id(), webhook.name, event, clock), clock)
            answers[webhook.name] = (
                "took it: " if answer.outcome == "delivered" else "did not take it: "
            ) + answer.what
    return answers


async def listed(redis_url: str, tenants: Sequence[str], *, failed: bool) -> list[tuple[str, Delivery, int]]:
    """Deliveries that wait, or were given up: tenant, delivery, and when it is tried next or was given up (ms)."""
    async with _redis(redis_url) as client:
        deliveries = Deliveries(client)
        return [
            (tenant, delivery, at)
            for tenant in tenants
            for delivery, at in await (deliveries.dead(tenant) if failed else deliveries.waiting(tenant))
        ]


async def replayed(redis_url: str, tenant: str, wanted: set[str]) -> tuple[int, set[str]]:
    """Let deliveries be tried again that were given up, all of them if none is named; how many, and who is unknown."""
    async with _redis(redis_url) as client:
        deliveries = Deliveries(client)
        dead = {delivery.id: delivery for delivery, _ in await deliveries.dead(tenant)}
        if unknown := wanted - dead.keys():
            return 0, unknown
        chosen = [delivery for delivery in dead.values() if not wanted or delivery.id in wanted]
        return sum([await deliveries.revive(tenant, delivery, _now_ms()) for delivery in chosen]), set()


@asynccontextmanager
async def _redis(url: str) -> AsyncIterator[Client]:
    client = connect(url)
    try:
        yield client
    finally:
        await client.aclose()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
