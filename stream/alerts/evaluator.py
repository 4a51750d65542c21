"""Evaluating every tenant's rules, every few seconds, in one process of all that run."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from stream.alerts import metrics, seen
from stream.alerts.book import LEASE_MS, Book, Deposed, Lease
from stream.alerts.currency import Currency
from stream.alerts.deliveries import Delivery
from stream.alerts.stepping import Alert, Moment, Place, Step, due, removed, step, tellable
from stream.alerts.watching import Look, Watcher
from stream.store.connection import Client
from stream.store.reader import Store
from stream.store.state import StoreUnavailable
from stream.tenant_rules import AlertRule
from stream.tenants import Tenant, Tenants

KEEP_SECONDS: Final = LEASE_MS / 3_000
"""Between two renewals of the lease: one may fail."""

STEPS_AT_ONCE: Final = 200
"""Alerts written in one step, so that Redis is busy with no script for long; a bad hour has a few."""

log = structlog.get_logger("aura.alerts")


class Unfinished(Exception):
    """Some tenants' rules could not be evaluated, by a fault of ours; those of all others were."""


class Evaluator:
    """Looks at all rules, and writes down what happened.

    Args:
        client: Redis.
        tenants: gives those in force.
        clock: milliseconds since 1970.
    """

    def __init__(
        self, client: Client, tenants: Callable[[], Tenants], *, clock: Callable[[], int] | None = None
    ) -> None:
        self._store = Store(client)
        self._book = Book(client)
        self._lease = Lease(client)
        self._client = client
        self._tenants = tenants
        self._clock = clock or _now_ms
        self._currency = Currency()
        self._watchers: dict[str, Watcher] = {}
        self._on: dict[str, dict[Place, Alert]] = {}

    @property
    def leading(self) -> bool:
        """Whether it had the lease when it looked last."""
        return bool(self._lease.token)

    async def round(self) -> bool:
        """One look at everything; False while another process does that.

        Raises:
            StoreUnavailable: Redis did not answer; what was found before is written.
            Deposed: another process has taken over.
            Unfinished: of some tenants; it is in the log.
        """
        led = self.leading
        if not await self._lease.hold():
            self.step_down()
            return False
        if not led:
            self.forget()  # another one may have changed all of it meanwhile
        done = asyncio.Event()
        keeping = asyncio.create_task(self._keep(done))
        try:
            await self._look_at_all()
        finally:
            done.set()
            await keeping
        return True

    async def _look_at_all(self) -> None:
        begun = time.monotonic()
        tenants = self._tenants()
        current = self._currency.look(await self._store.workers(), self._clock())
        for gone in self._watchers.keys() - tenants.keys():
            self._drop(gone)
        failed = []
        for tenant in tenants.values():
            # A tenant without rules is looked at once: its last rule may have gone while nobody looked.
            if tenant.alerts or self._on.get(tenant.id) != {}:
                if not await self._lease.hold():  # the tenants before may have taken their seconds
                    raise Deposed(tenant.id)
                try:
                    await self._evaluate(tenant, current=current)
                except (StoreUnavailable, Deposed):
                    raise
                except Exception:
                    log.exception(
                        "the alert rules of a tenant could not be evaluated; it is tried again", tenant=tenant.id,
                        do="report it",
                    )  # fmt: skip
                    failed.append(tenant.id)
                    self._watchers.pop(tenant.id, None)
                    self._on.pop(tenant.id, None)
        if failed:
            raise Unfinished(", ".join(failed))
        metrics.LEADING.set(1)
        metrics.ROUND_SECONDS.observe(time.monotonic() - begun)

    async def _keep(self, done: asyncio.Event) -> None:
        """Keep the lease while a round takes longer than it lasts: 10,000 products on a crowded machine did."""
        while self._lease.token:
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), KEEP_SECONDS)
                return
            with suppress(StoreUnavailable):  # the round finds that out by itself
                await self._lease.hold()

    def forget(self) -> None:
        """Begin anew after a failure: what was remembered may not be what was written."""
        self._watchers, self._on = {}, {}
        self._currency = Currency()

    def step_down(self) -> None:
        """After :class:`Deposed`: our token opens nothing any more."""
        self._lease.token = ""
        self.forget()
        metrics.LEADING.set(0)
        metrics.ON.clear()  # another one tells how many are on

    async def close(self) -> None:
        """Let another process have the lease at once."""
        if self.leading:
            await self._lease.release()

    async def _evaluate(self, tenant: Tenant, *, current: bool) -> None:
        if tenant.id not in self._on:
            self._on[tenant.id] = await self._book.claim(tenant.id, self._lease.token)
            self._watchers[tenant.id] = Watcher(self._store, tenant.id)
        on = self._on[tenant.id]
        pulse = await self._store.pulse(tenant.id)
        mine = _kept(tenant, on)
        moment = Moment(pulse.now_ms, self._clock())
        rules = {rule.id: rule for rule in tenant.alerts}
        again = {place for place, alert in mine.items() if due(rules[place[0]], alert, moment.clock_ms)}
        looks = await self._watchers[tenant.id].look(tenant.alerts, pulse, mine.keys(), again, current=current)
        orphans = [removed(alert, moment, new_id()) for place, alert in on.items() if place not in mine]
        steps = [*orphans, *taken(tenant, looks, mine, moment)]  # in this order: one may take the place of another
        for i in range(0, len(steps), STEPS_AT_ONCE):
            await self._write(tenant, steps[i : i + STEPS_AT_ONCE], moment)
        await seen.write(self._client, tenant.id, looks, on, moment)
        metrics.ON.labels(tenant.id).set(len(on))
        metrics.EVALUATIONS.labels(tenant.id).inc(sum(len(look.sightings) for look in looks))

    async def _write(self, tenant: Tenant, steps: Sequence[Step], moment: Moment) -> None:
        there = [webhook.name for webhook in tenant.webhooks]
        told = [tellable(one, there) for one in steps]
        steps = [one for one, _ in told]
        deliveries = {one.event.id: to_send(one, moment) for one in steps}
        await self._book.commit(tenant.id, self._lease.token, steps, deliveries, moment.clock_ms)
        on = self._on[tenant.id]
        for one, gone in told:
            place = (one.event.rule, one.event.product_id)
            if one.after is None:
                on.pop(place, None)
            else:
                on[place] = one.after
            metrics.EVENTS.labels(tenant.id, one.event.event).inc()
            log.info(
                f"alert {one.event.event}", tenant=tenant.id, rule=one.event.rule, product=one.event.product_id,
                severity=one.event.severity, alert=one.event.alert, why=one.event.why,
            )  # fmt: skip
            if gone:
                log.warning(
                    "webhooks are not told that an alert is over", tenant=tenant.id, rule=one.event.rule,
                    product=one.event.product_id, alert=one.event.alert, webhooks=gone,
                    do="close it at the receivers yourself: their webhooks are no more in the tenants file",
                )  # fmt: skip

    def _drop(self, tenant_id: str) -> None:
        self._watchers.pop(tenant_id, None)
        self._on.pop(tenant_id, None)
        for gauge in (metrics.ON, metrics.WAITING, metrics.GIVEN_UP):
            with suppress(KeyError):
                gauge.remove(tenant_id)


def taken(tenant: Tenant, looks: Sequence[Look], on: dict[Place, Alert], moment: Moment) -> list[Step]:
    """What the looks at a tenant's rules do to its alerts."""
    steps = []
    for look in looks:
        for sighting in look.sightings:
            alert = on.get((look.rule.id, sighting.subject.product_id))
            ids = (new_id(), new_id())
            found = step(tenant.id, look.rule, sighting.subject, alert, sighting.finding, moment, ids)
            if found is not None:
                steps.append(found)
    return steps


def to_send(happened: Step, moment: Moment) -> list[Delivery]:
    """A delivery for each webhook that is to be told."""
    return [Delivery(new_id(), webhook, happened.event, moment.clock_ms) for webhook in happened.webhooks]


def new_id() -> str:
    """An id that no other event, alert or delivery has."""
    return secrets.token_hex(12)


def _kept(tenant: Tenant, on: Mapping[Place, Alert]) -> dict[Place, Alert]:
    """Those alerts whose rule is still there and looks at their subject. One that judges by another kind of figures is
    another rule, though its id is the same; one with another threshold or window is not."""
    rules = {rule.id: rule for rule in tenant.alerts}
    return {place: alert for place, alert in on.items() if _raises(rules.get(place[0]), alert)}


def _raises(rule: AlertRule | None, alert: Alert) -> bool:
    if rule is None or rule.kind != alert.raised.kind:
        return False
    product = alert.raised.product_id
    return product is not None if rule.scope == "products" else product == rule.product


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
