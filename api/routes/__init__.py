"""The endpoints, one file for each thing that they are about.

Routes say their whole path: it is what metrics call them by.
"""

from fastapi import APIRouter

from api.deps import problems
from api.http.problems import FORBIDDEN, TOO_MANY_REQUESTS, UNAUTHORIZED, UNAVAILABLE, VALIDATION
from api.routes import (
    alerts,
    classify,
    drift,
    drivers,
    explain,
    export,
    groups,
    insight,
    live,
    models,
    operations,
    page,
    products,
    publish,
    tenant,
    timeline,
)

v1 = APIRouter(responses=problems(UNAUTHORIZED, FORBIDDEN, VALIDATION, TOO_MANY_REQUESTS, UNAVAILABLE))
for _module in (
    tenant, products, groups, timeline, insight, drivers, drift, alerts, export, models, live, publish, classify,
    explain,
):  # fmt: skip
    v1.include_router(_module.router)

open_routes = APIRouter()
for _module in (operations, page):
    open_routes.include_router(_module.router)
