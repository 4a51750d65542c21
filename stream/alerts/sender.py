"""Delivering what is due to webhooks. Any number of processes may do so side by side."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from stream.alerts import advice, metrics
from stream.alerts.backoff import ATTEMPTS, pause
from stream.alerts.deliveries import Deliveries, Delivery
from stream.alerts.secrets import SecretUnusable, read_secrets
from stream.alerts.webhook import NO_WEBHOOK, UNSIGNABLE, Answer, http_client, post
from stream.store.connection import Client
from stream.store.state import StoreUnavailable
from stream.tenants import Tenants

AT_ONCE: Final = 4
"""Deliveries to a webhook on their way at a time: a receiver that does not answer holds up only its own."""

log = structlog.get_logger("aura.alerts")


class Sender:
    """Takes what is due and tries it.

    Args:
        client: Redis.
        tenants: gives those in force.
        folder: of the tenants file, where the secrets are.
        clock: milliseconds since 1970.
    """

    def __init__(
        self, client: Client, tenants: Callable[[], Tenants], folder: Path, *, clock: Callable[[], int] | None = None
    ) -> None:
        self._deliveries = Deliveries(client)
        self._tenants = tenants
        self._folder = folder
        self._clock = clock or (lambda: time.time_ns() // 1_000_000)
        self._http = http_client()
        self._under_way: dict[str, Counter[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def round(self) -> int:
        """Begin to send what is due; how many are on their way.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        tenants = list(self._tenants())
        under_way = {tenant: self._under_way.get(tenant, Counter()) for tenant in tenants}
        for tenant, deliveries in (await self._deliveries.take(under_way, self._clock(), AT_ONCE)).items():
            for delivery in deliveries:
                self._under_way.setdefault(tenant, Counter())[delivery.webhook] += 1
                task = asyncio.create_task(self._send(tenant, delivery))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        for tenant, (waiting, dead) in (await self._deliveries.counts(tenants)).items():
            metrics.WAITING.labels(tenant).set(waiting)
            metrics.GIVEN_UP.labels(tenant).set(dead)
        return len(self._tasks)

    async def settled(self) -> None:
        """Return when nothing is on its way."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Stop at once. What was on its way comes up again, here or elsewhere."""
        for task in self._tasks:
            task.cancel()
        await self.settled()
        await self._http.aclose()

    async def _send(self, tenant_id: str, delivery: Delivery) -> None:
        try:
            begun = time.monotonic()
            answer = await self._attempt(tenant_id, delivery)
            metrics.DELIVERY_SECONDS.observe(time.monotonic() - begun)
            await self._note(tenant_id, delivery, answer)
        except StoreUnavailable as error:
            log.warning(
                "what became of a delivery could not be noted; it is sent again", tenant=tenant_id,
                delivery=delivery.id, error=str(error), do="bring Redis back; receivers know copies by their event id",
            )  # fmt: skip
        except Exception:
            log.exception("a delivery failed by our fault; it is sent again", tenant=tenant_id, delivery=delivery.id)
        finally:
            self._under_way[tenant_id][delivery.webhook] -= 1

    async def _attempt(self, tenant_id: str, delivery: Delivery) -> Answer:
        tenant = self._tenants().get(tenant_id)
        named = [webhook for webhook in tenant.webhooks if webhook.name == delivery.webhook] if tenant else []
        if not named:
            return Answer("given_up", NO_WEBHOOK)
        try:
            signing = read_secrets(named[0], self._folder)
        except SecretUnusable as error:
            log.error(
                "a webhook has no secret, and is sent nothing", tenant=tenant_id, webhook=delivery.webhook,
                error=str(error), do="mend it; aura tenants check says whether all is well",
            )  # fmt: skip
            return Answer("retried", UNSIGNABLE)
        return await post(self._http, named[0], signing, delivery, self._clock())

    async def _note(self, tenant_id: str, delivery: Delivery, answer: Answer) -> None:
        tried = msgspec.structs.replace(delivery, attempts=delivery.attempts + 1, last=answer.what)
        outcome = answer.outcome
        if outcome == "retried" and tried.attempts >= ATTEMPTS:
            outcome = "given_up"
        told = {
            "tenant": tenant_id, "webhook": delivery.webhook, "delivery": delivery.id, "event_id": delivery.event.id,
            "answer": answer.what, "attempts": tried.attempts,
        }  # fmt: skip
        if outcome == "delivered":
            await self._deliveries.arrived(tenant_id, tried)
            log.info("delivered", **told)
        elif outcome == "given_up":
            await self._deliveries.bury(tenant_id, tried, self._clock())
            log.error(
                "a delivery was given up", **told,
                do=advice.to_have_it_after_all(tenant_id, delivery.webhook, answer, delivery.id),
            )  # fmt: skip
        else:
            seconds = pause(tried.attempts, random.random(), answer.retry_after)
            await self._deliveries.again(tenant_id, tried, self._clock() + round(seconds * 1000))
            log.warning(
                "a delivery failed, and is tried again", **told, seconds=round(seconds, 1),
                do=advice.to_have_it_taken(tenant_id, delivery.webhook, answer),
            )  # fmt: skip
        metrics.DELIVERIES.labels(tenant_id, outcome).inc()
