"""A tenant's brands or categories, ranked as its products are."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import shapes
from api.access import costs
from api.deps import At, CursorText, Reader, Shared, problems
from api.http.openapi import answer
from api.http.problems import BAD_CURSOR, NO_LONGER_KEPT, VALIDATION
from api.insight import examples as insight_examples
from api.insight import shapes as insight_shapes
from api.insight import views as insight_views
from api.insight.grouping import gather
from api.insight.listing import Cursor, Listing, decode_cursor, pinned, scope_of
from api.routes.products import Limit

router = APIRouter(tags=["insight"])


@router.get(
    "/v1/tenants/{tenant}/groups",
    summary="Brands or categories, ranked",
    responses=problems(VALIDATION, BAD_CURSOR, NO_LONGER_KEPT) | answer(insight_examples.groups()),
)
async def groups(
    access: Reader,
    services: Shared,
    at: At,
    by: Annotated[shapes.GroupBy, Query(description="What products are gathered by.")] = "category",
    window: shapes.ListWindow = "24h",
    sort: shapes.Sort = "reviews",
    order: shapes.Order = "desc",
    limit: Limit = 50,
    cursor: CursorText = None,
) -> insight_shapes.Groups:
    """Brands or categories with reviews in the window (all of them for `window=all`).

    A product counts where its newest event puts it, with all its reviews; in several categories, in each of them. One
    whose events name none is in no group. Of what a group's products differ in among themselves the intervals know
    nothing. `sort` means what it means for products; the list is as old as theirs.
    """
    tenant = access.tenant
    scope = scope_of(by=by)
    after = decode_cursor(cursor, window, sort, order, scope) if cursor is not None else None
    at_ms = await services.reads.window_at(tenant, window, after.at_ms if after else at)
    all_time = window == "all"
    products = (await services.reads.listing(tenant, window, at_ms)).rows
    gathered = gather(products, by)
    listing = Listing(gathered.rows, keep_empty=all_time)
    rows, last = listing.page(sort, order, after.place if after else None, limit)
    access.charge(len(products) * costs.GATHERED + len(rows) * costs.LISTED)
    return insight_shapes.Groups(
        by=by,
        window=window,
        at_ms=at_ms,
        sort=sort,
        order=order,
        matching=len(listing.rows),
        groups=[
            insight_views.group(row, gathered.products[row.state.product_id or ""], all_time=all_time) for row in rows
        ],
        next_cursor=Cursor(window, sort, order, pinned(at_ms), last, scope).encode() if last else None,
    )
