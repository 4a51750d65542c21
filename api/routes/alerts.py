"""What happened to a tenant's alerts, and how its rules stand."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from api.alerts import examples as alert_examples
from api.alerts import shapes as alert_shapes
from api.alerts import views as alert_views
from api.alerts.history import Cursor, Filters, decode_cursor, page
from api.deps import CursorText, Reader, Shared, problems
from api.http.openapi import answer
from api.http.problems import BAD_CURSOR, VALIDATION
from stream.alerts import seen
from stream.tenant_rules import Severity

router = APIRouter(tags=["alerts"])


@router.get(
    "/v1/tenants/{tenant}/alerts",
    summary="What happened to alerts",
    responses=problems(VALIDATION, BAD_CURSOR) | answer(alert_examples.alerts()),
)
async def alerts(
    access: Reader,
    services: Shared,
    rule: Annotated[
        str | None, Query(max_length=63, description="Only of this rule, by its id in the tenants file.")
    ] = None,
    product_id: Annotated[str | None, Query(max_length=128, description="Only of this product.")] = None,
    event: Annotated[alert_shapes.EventFilter | None, Query(description="Only events of this kind.")] = None,
    severity: Annotated[Severity | None, Query(description="Only of this severity.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: CursorText = None,
) -> alert_shapes.Alerts:
    """Alerts that were raised, repeated and cleared, newest first: the last 10,000 of a year.

    *Low*: raised when the whole 95 % interval of the window's sentiment (of the mean of calibrated probabilities) is
    under the threshold, so that a few bad reviews raise nothing; cleared when the sentiment is at `clear` or above.
    *Change*: raised when the good share moved by the threshold or more between the window and the one right before, and
    Fisher's exact test, corrected for all products that the rule looks at (Benjamini and Hochberg 1995), has a p-value
    of 0.001 at most; cleared at `clear` or less. *Drift*: what `/drift` says of the window beside the 7, 30 or 60 days
    before it; raised when the index is at the threshold and the test says so, or when clearly more words are unknown.
    *Silence*: raised when no review came for as long as the window is,
    after a window with `min_reviews`. Between threshold and `clear` an alert stays as it is. All are judged on events'
    time; a tenant that replays history has no silences.
    """
    filters = Filters(rule, product_id, event, severity)
    before = decode_cursor(cursor, filters) if cursor is not None else None
    events, place = await page(services.book, access.tenant.id, filters, before, limit)
    return alert_shapes.Alerts(
        events=[alert_views.event(one) for one in events],
        next_cursor=Cursor(filters, place).encode() if place else None,
    )


@router.get("/v1/tenants/{tenant}/alerts/rules", summary="Alert rules", responses=answer(alert_examples.rules()))
async def alert_rules(access: Reader, services: Shared) -> alert_shapes.Rules:
    """The rules of the tenants file, each with its state and the figures that it was judged by last.

    They are evaluated by `aura alerts run`; while no such process runs, `evaluating` is false and states grow old.
    """
    tenant = access.tenant
    on, known, evaluating = await asyncio.gather(
        services.book.on(tenant.id), seen.read(services.client, tenant.id), services.book.evaluated()
    )
    return alert_views.rules(tenant.alerts, on, known, evaluating=evaluating)
