"""For whoever runs Aura: is it alive, is it ready, what does it do. No key is asked, and no tenant is named."""

import asyncio
from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api import shapes
from api.deps import Shared, problems
from api.examples import METRICS
from api.http.openapi import answer
from api.http.problems import UNAVAILABLE, Problem
from api.services import Services
from stream.store.state import StoreUnavailable

router = APIRouter(tags=["operations"])

_OLD_TENANTS: Final = "not valid as it is now, the last valid one is in force; the log and aura tenants check say why"
"""The reason itself names tenants, and anybody may ask."""


def _not_ready(missing: list[dict[str, str]]) -> Problem:
    parts = ", ".join(one["part"] for one in missing)
    return Problem(UNAVAILABLE, f"Not ready, missing: {parts}.", headers={"Retry-After": "5"}, missing=missing)


_READINESS = problems(_not_ready([{"part": "redis", "reason": "does not answer"}])) | answer({"status": "ready"})


@router.get("/healthz", summary="Is it alive?", responses=answer({"status": "alive"}))
async def healthz() -> shapes.Status:
    """The process answers. It says nothing of what it needs: a restart would not bring that back."""
    return shapes.Status(status="alive")


@router.get("/readyz", summary="Is all there that it needs?", responses=_READINESS)
async def readyz(services: Shared) -> shapes.Status:
    """Redis and Kafka answer, a worker lives and none is held up, and the tenants file is valid; otherwise `missing`
    says what is not."""
    missing = [
        shapes.Missing(part=part, reason=reason).model_dump()
        for part, reason in await _faults(services)
        if reason is not None
    ]
    if missing:
        raise _not_ready(missing)
    return shapes.Status(status="ready")


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": METRICS}}}},
)
async def metrics(services: Shared) -> Response:
    """Requests, latencies, live streams and reviews published by this process."""
    content = await asyncio.to_thread(generate_latest, services.metrics.registry)
    return Response(content, media_type=CONTENT_TYPE_LATEST)


async def _faults(services: Services) -> list[tuple[str, str | None]]:
    (redis, worker), kafka = await asyncio.gather(_store_faults(services), services.kafka.fault())
    services.registry.current()
    tenants = None if services.registry.fault is None else _OLD_TENANTS
    return [("redis", redis), ("kafka", kafka), ("worker", worker), ("tenants file", tenants)]


async def _store_faults(services: Services) -> tuple[str | None, str | None]:
    """What is wrong with Redis, and with the workers, who are known by it."""
    try:
        workers = await services.store.workers()
    except StoreUnavailable:
        return "does not answer", "unknown without Redis"
    if not workers:
        return None, "none has given a sign of life for ten seconds"
    held_up = {worker.worker: worker.held_up for worker in workers if worker.held_up}
    if not held_up:
        return None, None
    reasons = "; ".join(f"{name}: {reason}" for name, reason in sorted(held_up.items()))
    return None, f"{len(held_up)} of {len(workers)} held up. {reasons}"
