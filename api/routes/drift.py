"""Whether a tenant's classifier still fits: drift of scores and words, and accuracy where reviews carry stars."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import At, ProductId, Reader, Shared, problems
from api.drift import examples as drift_examples
from api.drift import shapes as drift_shapes
from api.drift import views as drift_views
from api.http.openapi import answer
from api.http.problems import NO_LONGER_KEPT, NOT_FOUND
from api.routes.products import find
from api.services import Services
from api.shapes import ListWindow
from stream.drift import DriftWindow, Reference, period
from stream.measures import window_bounds
from stream.store.state import EntityState
from stream.tenants import Tenant

router = APIRouter(tags=["trust"])

AccuracyWindow = Annotated[ListWindow, Query(description="`all` has no buckets.")]


@router.get(
    "/v1/tenants/{tenant}/drift",
    summary="Whether scores and words are still what they were",
    responses=answer(drift_examples.drift()),
)
async def drift(
    access: Reader,
    services: Shared,
    at: At,
    window: Annotated[DriftWindow, Query(description="Whole hours, up to that of `at`.")] = "24h",
    reference: Annotated[Reference, Query(description="Right before the window, and compared with it.")] = "30d",
) -> drift_shapes.Drift:
    """The reviews of the window beside those of the reference, as the tenant's model sees them.

    *Scores*: the population stability index (PSI) over ten bins of P(good), sum of (a - e) ln(a / e) over the shares a
    and e of both periods; each period takes part with one more review, spread as both together are, so that an empty
    bin has a share too (`shares` are without it). Drift is `moderate` from 0.10 and `major` from 0.25 on (Lewis 1994,
    Siddiqi 2006), if Pearson's chi-squared test says p <= 0.01 as well: 50 reviews have a PSI of 0.2 by chance, and of
    a million any difference is significant. `detectable_psi` is what the reviews are enough for; where that is above
    0.25 and nothing was found, the level is `too_few`. *Words*: the share that the model's vocabulary has not,
    `moderate` from a rise of 0.03 and `major` from 0.10 on, if its interval is above 0 (variance between hours; Cochran
    1977). *When*: `changed_ms`, by ADWIN (Bifet and Gavalda 2007) and least squares, also where the index is small.

    Scores of two models do not compare. Only reviews of the model that scored most of the window are judged;
    `model_changed` and `other_models` say what was left out. Reviews that depend on each other (a campaign) make the
    test's p too small, not the index. Drift says that reviews look otherwise, not that the model is wrong: see
    `accuracy`. Hours are kept for 90 days, since a version of Aura counts that has this.
    """
    tenant = access.tenant
    at_ms = await services.reads.at(tenant, at)
    over = period(window, reference, at_ms)
    found = await services.reads.drift(tenant, over)
    return drift_views.drift(found, over, window=window, reference=reference, at_ms=at_ms)


_HOW = """A rating below 4 stars is a bad review, any other a good one; `accuracy` is the share of rated reviews on
which the model's label says the same, with Wilson's 95 % interval.

`card` compares it with the test on the model's card: `expected_accuracy` is what the card's recalls of good and of bad
reviews give for as many good and bad ones as there are here, and `lower` says whether the model is right less often, by
a score test at p <= 0.01 in which both samples have their chance. Reviews that carry stars may differ from those that
do not: it is the accuracy of the former. In a window in which the tenant's model changed, both are counted;
`GET /v1/tenants/{tenant}/models` has each one's own."""


@router.get(
    "/v1/tenants/{tenant}/accuracy",
    summary="How often the model is right, where reviews carry stars",
    description=_HOW,
    responses=problems(NO_LONGER_KEPT) | answer(drift_examples.accuracy()),
)
async def tenant_accuracy(
    access: Reader, services: Shared, at: At, window: AccuracyWindow = "7d"
) -> drift_shapes.Accuracy:
    """All products together."""
    state = await services.store.entity(access.tenant.id, None)
    return await _accuracy(services, access.tenant, state, None, window, at)


@router.get(
    "/v1/tenants/{tenant}/products/{product_id}/accuracy",
    summary="The same of a product",
    description=_HOW,
    responses=problems(NOT_FOUND, NO_LONGER_KEPT) | answer(drift_examples.accuracy()),
)
async def product_accuracy(
    access: Reader, services: Shared, product_id: ProductId, at: At, window: AccuracyWindow = "7d"
) -> drift_shapes.Accuracy:
    """One product."""
    state = await find(services, access.tenant, product_id)
    return await _accuracy(services, access.tenant, state, product_id, window, at)


async def _accuracy(
    services: Services,
    tenant: Tenant,
    state: EntityState | None,
    product_id: str | None,
    window: ListWindow,
    at: int | None,
) -> drift_shapes.Accuracy:
    at_ms = await services.reads.window_at(tenant, window, at)
    if window == "all":
        buckets = []
    else:
        buckets = await services.store.timeline(tenant.id, product_id, *window_bounds(window, at_ms))
    return drift_views.accuracy(
        state.totals if state is not None and window == "all" else drift_views.summed(buckets),
        buckets,
        window=window,
        at_ms=at_ms,
        model=tenant.model,
        card=await services.cards.of(tenant.model),
    )
