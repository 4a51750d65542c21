"""Sentiment over time: minutes, hours or days of a product, or of the tenant as a whole."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api import shapes, views
from api.deps import ProductId, Reader, Shared, problems
from api.problems import NOT_FOUND
from api.routes.products import find
from api.services import Services
from api.times import instant, span
from stream.measures import Step
from stream.store.state import EntityState
from stream.tenants import Tenant

router = APIRouter(tags=["timeline"])

_INSTANT = "RFC 3339, or milliseconds since 1970-01-01 UTC."


@dataclass(frozen=True, slots=True)
class Asked:
    """The range that a request asks for; None where it leaves the choice to us."""

    step: Step
    start: int | None
    end: int | None
    fill: bool


async def _asked(
    step: Annotated[Step, Query(description="Width of a bucket.")] = "1h",
    start: Annotated[
        str | None,
        Query(
            alias="from",
            max_length=64,
            description=f"{_INSTANT} Without it: an hour of minutes, two days of hours, or all days (30 or more).",
        ),
    ] = None,
    end: Annotated[
        str | None, Query(alias="to", max_length=64, description=f"{_INSTANT} Not included. Without it: now.")
    ] = None,
    fill: Annotated[bool, Query(description="List buckets without reviews too, if 2,000 buckets or fewer.")] = True,
) -> Asked:
    return Asked(
        step,
        None if start is None else instant("from", start),
        None if end is None else instant("to", end),
        fill,
    )


_Range = Annotated[Asked, Depends(_asked)]

_LIMITS = """The range is widened to whole buckets (UTC). At most 2,000 minutes or hours, or 7,305 days, a request.

Minutes are kept for 48 hours after they were counted, hours for 90 days, days for two years."""


@router.get("/v1/tenants/{tenant}/timeline", summary="The tenant over time", description=_LIMITS)
async def tenant_timeline(access: Reader, services: Shared, asked: _Range) -> shapes.Timeline:
    """All products together."""
    state = await services.store.entity(access.tenant.id, None)
    return await _timeline(services, access.tenant, None, state, asked)


@router.get(
    "/v1/tenants/{tenant}/products/{product_id}/timeline",
    summary="A product over time",
    description=_LIMITS,
    responses=problems(NOT_FOUND),
)
async def product_timeline(access: Reader, services: Shared, product_id: ProductId, asked: _Range) -> shapes.Timeline:
    """One product."""
    state = await find(services, access.tenant, product_id)
    return await _timeline(services, access.tenant, product_id, state, asked)


async def _timeline(
    services: Services, tenant: Tenant, product_id: str | None, state: EntityState | None, asked: Asked
) -> shapes.Timeline:
    now = await services.reads.at(tenant, asked.end)
    wanted = span(asked.step, asked.start, asked.end, now, state.first_ms if state else None)
    found = await services.store.timeline(tenant.id, product_id, wanted.step, wanted.start, wanted.end)
    return views.timeline(wanted, found, fill=asked.fill)
