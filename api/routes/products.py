"""The tenant's products: the ranked list, one of them, and its latest reviews."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import examples, shapes, views
from api.access import costs
from api.deps import At, CursorText, ProductId, Reader, Shared, problems
from api.http.openapi import answer
from api.http.problems import BAD_CURSOR, NO_LONGER_KEPT, NOT_FOUND, VALIDATION, Problem
from api.insight.grouping import belongs
from api.insight.listing import Cursor, Listing, decode_cursor, pinned, scope_of
from api.services import Services
from stream.event import MAX_LABEL_CHARS
from stream.store.state import EntityState
from stream.tenants import MAX_RECENT_REVIEWS, Tenant

router = APIRouter(tags=["products"])

Label = Annotated[
    str | None, Query(max_length=MAX_LABEL_CHARS, description="Only products that their newest event puts there.")
]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get(
    "/v1/tenants/{tenant}/products",
    summary="Products, ranked",
    responses=problems(VALIDATION, BAD_CURSOR, NO_LONGER_KEPT) | answer(examples.products()),
)
async def products(
    access: Reader,
    services: Shared,
    at: At,
    window: shapes.ListWindow = "24h",
    sort: shapes.Sort = "reviews",
    order: shapes.Order = "desc",
    limit: Limit = 50,
    cursor: CursorText = None,
    brand: Label = None,
    category: Label = None,
) -> shapes.Products:
    """Products with reviews in the window (all of them for `window=all`).

    The list is up to a second old, for a tenant with 10,000 products up to some seconds.

    `sort=good_lower` leads with the surely best products: it ranks by the lower bound of `good_interval`, so that one
    good review (1 of 1: bound 0.21) stands behind 95 of 100 (0.89), where `good_ratio` has it in front.
    `sort=bad_lower` leads with the surely worst: the lower bound of `bad_interval` is 1 less the upper one of
    `good_interval`. `mean_p_good_lower` and `mean_p_bad_lower` do the same with `mean_p_good_interval`. Source: E.
    Miller, "How not to sort by average rating" (2009), with the interval of Wilson (1927).

    `change` is the good ratio of the window less that of the same window right before it; products for which it is
    not defined come last in either order. A cursor keeps the window of the first page;
    a product whose place changes between two pages, because reviews of that window still come in, may be listed twice
    or not at all. With `at=` in the past the list stands still, and an export has each product once.
    """
    tenant = access.tenant
    scope = scope_of(brand=brand, category=category)
    after = decode_cursor(cursor, window, sort, order, scope) if cursor is not None else None
    at_ms = await services.reads.window_at(tenant, window, after.at_ms if after else at)
    listing = await services.reads.listing(tenant, window, at_ms)
    if scope:
        access.charge(len(listing.rows) * costs.GATHERED)
        chosen = [row for row in listing.rows if belongs(row, brand, category)]
        listing = Listing(chosen, keep_empty=True)
    rows, last = listing.page(sort, order, after.place if after else None, limit)
    access.charge(len(rows) * costs.LISTED)
    all_time = window == "all"
    return shapes.Products(
        window=window,
        at_ms=at_ms,
        sort=sort,
        order=order,
        matching=len(listing.rows),
        products=[views.product_row(row, all_time=all_time) for row in rows],
        next_cursor=Cursor(window, sort, order, pinned(at_ms), last, scope).encode() if last else None,
    )


@router.get(
    "/v1/tenants/{tenant}/products/{product_id}",
    summary="One product",
    responses=problems(NOT_FOUND) | answer(examples.product()),
)
async def product(access: Reader, services: Shared, product_id: ProductId, at: At) -> shapes.Product:
    """Totals and every window, each with its 95 % intervals."""
    read = await services.store.product(access.tenant.id, product_id, at)
    if read is None:
        raise _unknown()
    state, at_ms, found = read
    return views.product(state, at_ms, await services.reads.kept(access.tenant, found, at))


@router.get(
    "/v1/tenants/{tenant}/products/{product_id}/reviews",
    summary="Its latest reviews",
    responses=problems(NOT_FOUND) | answer(examples.reviews()),
)
async def product_reviews(
    access: Reader,
    services: Shared,
    product_id: ProductId,
    limit: Annotated[int, Query(ge=1, le=MAX_RECENT_REVIEWS)] = 20,
) -> shapes.Reviews:
    """As many as the tenant lets Aura keep, newest first; their texts may be cut."""
    kept = await services.store.recent(access.tenant.id, product_id, limit)
    if not kept:
        await find(services, access.tenant, product_id)
    return shapes.Reviews(product_id=product_id, reviews=[views.review(one) for one in kept])


async def find(services: Services, tenant: Tenant, product_id: str) -> EntityState:
    """The product's state.

    Raises:
        Problem: the tenant has no such product.
    """
    state = await services.store.entity(tenant.id, product_id)
    if state is None:
        raise _unknown()
    return state


def _unknown() -> Problem:
    return Problem(NOT_FOUND, "This tenant has no review of such a product.")
