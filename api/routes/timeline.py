"""Sentiment over time: minutes, hours or days of a product, or of the tenant as a whole."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api import examples, shapes, views
from api.access import costs
from api.deps import INSTANT, Access, InstantText, ProductId, Reader, Shared, problems
from api.http.openapi import answer
from api.http.problems import NOT_FOUND, RANGE_TOO_LONG, VALIDATION
from api.routes.products import find
from api.services import Services
from api.times import Range, instant, span
from stream.measures import Measures, Step
from stream.store.state import EntityState
from stream.tenants import Tenant

router = APIRouter(tags=["timeline"])


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
        InstantText,
        Query(
            alias="from",
            max_length=64,
            description=f"{INSTANT} Without it: an hour of minutes, two days of hours, or all days (30 or more).",
        ),
    ] = None,
    end: Annotated[
        InstantText,
        Query(alias="to", max_length=64, description=f"After `from`: {INSTANT} Not included. Without it: now."),
    ] = None,
    fill: Annotated[bool, Query(description="List buckets without reviews too, if 2,000 buckets or fewer.")] = True,
) -> Asked:
    return Asked(
        step,
        None if start is None else instant("from", start),
        None if end is None else instant("to", end),
        fill,
    )


AskedRange = Annotated[Asked, Depends(_asked)]

LIMITS = """The range is widened to whole buckets (UTC). At most 2,000 minutes or hours, or 7,305 days, a request.

Minutes are kept for 48 hours after they were counted, hours for 90 days, days for two years."""


_ANSWERS = problems(VALIDATION, RANGE_TOO_LONG) | answer(examples.timeline())


@router.get("/v1/tenants/{tenant}/timeline", summary="The tenant over time", description=LIMITS, responses=_ANSWERS)
async def tenant_timeline(access: Reader, services: Shared, asked: AskedRange) -> shapes.Timeline:
    """All products together."""
    state = await services.store.entity(access.tenant.id, None)
    return await _timeline(services, access, None, state, asked)


@router.get(
    "/v1/tenants/{tenant}/products/{product_id}/timeline",
    summary="A product over time",
    description=LIMITS,
    responses=_ANSWERS | problems(NOT_FOUND),
)
async def product_timeline(
    access: Reader, services: Shared, product_id: ProductId, asked: AskedRange
) -> shapes.Timeline:
    """One product."""
    state = await find(services, access.tenant, product_id)
    return await _timeline(services, access, product_id, state, asked)


async def _timeline(
    services: Services, access: Access, product_id: str | None, state: EntityState | None, asked: Asked
) -> shapes.Timeline:
    wanted, found = await read(services, access.tenant, product_id, state, asked)
    answered = views.timeline(wanted, found, fill=asked.fill)
    access.charge(len(answered.buckets) * costs.BUCKET)
    return answered


async def read(
    services: Services, tenant: Tenant, product_id: str | None, state: EntityState | None, asked: Asked
) -> tuple[Range, list[tuple[int, Measures]]]:
    """The range that is meant, and its buckets that hold reviews, as (start in ms, measures).

    Raises:
        Problem: the range is empty, or too long.
    """
    now = await services.reads.at(tenant, asked.end)
    wanted = span(asked.step, asked.start, asked.end, now, state.first_ms if state else None)
    return wanted, await services.store.timeline(tenant.id, product_id, wanted.step, wanted.start, wanted.end)
