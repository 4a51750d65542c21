"""A tenant's models: which has counted what, and how a shadow compares."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api import examples
from api.classifiers import shapes as model_shapes
from api.classifiers import views as model_views
from api.clock import now_ms
from api.deps import Reader, Shared
from api.http.openapi import answer
from stream.comparison import SHOWN
from stream.measures import DAY_MS

router = APIRouter(tags=["models"])


@router.get(
    "/v1/tenants/{tenant}/models",
    summary="The tenant's models, and how a shadow compares",
    responses=answer(examples.models()),
)
async def models(access: Reader, services: Shared) -> model_shapes.Models:
    """Which models have counted the tenant's reviews, and what a shadow says beside the one that counts."""
    tenant, store = access.tenant, services.store
    tenures, comparisons = await asyncio.gather(store.tenures(tenant.id), store.comparisons(tenant.id))
    return model_views.models(tenant, tenures, comparisons)


@router.get(
    "/v1/tenants/{tenant}/models/comparisons/{comparison}/disagreements",
    summary="Reviews that a shadow calls otherwise",
    responses=answer(examples.disagreements()),
)
async def disagreements(
    access: Reader,
    services: Shared,
    comparison: Annotated[
        str, Path(pattern=r"^[0-9a-f]{12}$", description="`id` of a comparison.", examples=["0f3a9c1b2d4e"])
    ],
    limit: Annotated[int, Query(ge=1, le=SHOWN)] = SHOWN,
) -> model_shapes.Disagreements:
    """The latest, newest first; for as long as the tenant keeps the texts of recent reviews, and none where it keeps
    none."""
    tenant = access.tenant
    since_ms = now_ms() - tenant.recent_days * DAY_MS
    found = await services.store.disagreements(tenant.id, comparison, since_ms, min(limit, tenant.recent_reviews))
    return model_shapes.Disagreements(reviews=[model_views.disagreement(one) for one in found])
