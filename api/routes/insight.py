"""What changed, and how products stand against each other; each with the test that says whether it may be chance."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from api import shapes
from api.access import costs
from api.deps import At, CursorText, Reader, Shared, problems
from api.http.openapi import answer
from api.http.problems import BAD_CURSOR, NO_LONGER_KEPT, NOT_FOUND, VALIDATION, Problem, invalid
from api.insight import examples as insight_examples
from api.insight import shapes as insight_shapes
from api.insight import views as insight_views
from api.insight.comparing import Group, grouped
from api.insight.listing import scope_of
from api.insight.movers import decode_cursor
from api.services import Services
from stream.event import MAX_LABEL_CHARS
from stream.measures import Window
from stream.tenants import Tenant

router = APIRouter(tags=["insight"])

MAX_ITEMS: Final = 10
"""45 pairs. More are a ranking, which the products' list gives."""

_Items = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_CHARS)]],
    Query(
        min_length=2,
        max_length=MAX_ITEMS,
        description=f"Product ids, brands or categories, 2 to {MAX_ITEMS}: `item=LAMP-7&item=KETTLE`.",
        examples=[["LAMP-7", "KETTLE"]],
        json_schema_extra={"uniqueItems": True},
    ),
]


@router.get(
    "/v1/tenants/{tenant}/movers",
    summary="Products that changed",
    responses=problems(VALIDATION, BAD_CURSOR, NO_LONGER_KEPT) | answer(insight_examples.movers()),
)
async def movers(
    access: Reader,
    services: Shared,
    at: At,
    window: Annotated[Window, Query(description="Compared with the same window right before.")] = "24h",
    direction: Annotated[shapes.Direction, Query(description="`up`: for the better.")] = "any",
    min_reviews: Annotated[
        int, Query(ge=1, le=100_000, description="In each of the two windows, or a product is not tested.")
    ] = 5,
    fdr: Annotated[
        float,
        Query(ge=0.0001, le=0.5, description="Share of products listed as changed that may have done so by chance."),
    ] = 0.05,
    only_significant: Annotated[
        bool, Query(description="Without it, products follow of which a change is not shown.")
    ] = True,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: CursorText = None,
) -> insight_shapes.Movers:
    """Products whose share of good reviews changed between the window and the same window right before it.

    *Test*: for each product with `min_reviews` in both windows, Fisher's exact test that the counted good share is the
    same in both (two-sided, twice the smaller tail: Fay 2010). It holds for any number of reviews; 2 of 2 after 0 of 2
    has p = 0.33. *Many products*: the p-values are corrected by Benjamini and Hochberg (1995), so that of the products
    listed as `significant`, `fdr` at most changed by chance, on average. *Change*: `good_ratio` less that of
    `previous`, with the 95 % interval of Newcombe (1998, method 10). *Order*: significant ones first, by
    `changed_at_least`, the interval's end nearer to 0.

    A classifier's mistakes make changes look smaller, not appear, unless the tenant's model itself was changed between
    the windows. The test takes reviews to be independent of each other: a campaign is not. A window of `24h` or more
    compares like hours of the day, one of `7d` like days of the week.

    A cursor keeps the windows of the first page, not their numbers: reviews that come in between two pages may list a
    product twice or not at all. With `at=` in the past the list stands still.
    """
    scope = scope_of(
        window=window,
        direction=direction,
        min_reviews=str(min_reviews),
        fdr=repr(fdr),
        only_significant=str(only_significant),
    )
    after = decode_cursor(cursor, scope) if cursor is not None else None
    at_ms = await services.reads.window_at(access.tenant, window, after.at_ms if after else at)
    found = await services.reads.movers(access.tenant, window, at_ms, min_reviews)
    answered = insight_views.moved(
        found,
        window=window,
        at_ms=at_ms,
        min_reviews=min_reviews,
        fdr=fdr,
        direction=direction,
        only_significant=only_significant,
        limit=limit,
        scope=scope,
        after=after.place if after else None,
    )
    access.charge(len(found) * costs.TESTED + len(answered.movers) * costs.LISTED)
    return answered


@router.get(
    "/v1/tenants/{tenant}/compare",
    summary="Products, brands or categories side by side",
    responses=problems(NOT_FOUND, NO_LONGER_KEPT) | answer(insight_examples.comparison()),
)
async def compare(
    access: Reader,
    services: Shared,
    at: At,
    item: _Items,
    by: Annotated[shapes.CompareBy, Query(description="What `item` names.")] = "product",
    window: shapes.ListWindow = "24h",
) -> insight_shapes.Comparison:
    """The measures of each over the same window, and of every pair the difference of `good_ratio`.

    Each difference comes with its 95 % interval (Newcombe 1998, method 10), the p-value of Fisher's exact test that
    there is none, and that corrected for all pairs of the answer (Holm 1979): with a probability of 95 %, no pair whose
    `p_holm` is at most 0.05 differs by chance alone.

    A brand or category is all products that their newest event puts there, up to a second old; one that no product has
    counts no reviews. Two categories that share a product with reviews have no difference: the same reviews on both
    sides are no two samples. Of what a group's products differ in among themselves the test knows nothing: it is about
    these products' reviews, not about further products of the brand.
    """
    if len(set(item)) < len(item):
        raise invalid("item", "expected each one once")
    tenant = access.tenant
    at_ms = await services.reads.window_at(tenant, window, at)
    if by == "product":
        groups = list(await asyncio.gather(*(_product(services, tenant, one, window, at_ms) for one in item)))
    else:
        products = (await services.reads.listing(tenant, window, at_ms)).rows
        groups = grouped(products, by, item)
        access.charge(len(products) * costs.GATHERED)
    return insight_views.comparison(groups, by=by, window=window, at_ms=at_ms)


async def _product(services: Services, tenant: Tenant, product_id: str, window: shapes.ListWindow, at_ms: int) -> Group:
    state = await services.store.entity(tenant.id, product_id)
    if state is None:
        raise Problem(NOT_FOUND, f"This tenant has no review of a product {product_id!r}.")
    counts = state.totals
    if window != "all":
        counts, _ = await services.store.window(tenant.id, product_id, window, at_ms)
    products = frozenset({product_id} if counts.reviews else ())
    return Group(product_id, state.profile.name, products, counts)
