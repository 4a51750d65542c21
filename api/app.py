"""The API as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.access.registry import TenantRegistry
from api.config import ApiConfig
from api.http.conditional import Conditional
from api.http.guard import Guard
from api.http.head import Head
from api.http.observe import Observe
from api.http.openapi import describe, operation_id
from api.http.problems import add_handlers
from api.metrics import ApiMetrics
from api.routes import open_routes, v1
from api.routes.page import FOLDER, PageFiles
from api.services import open_services

_DESCRIPTION = """What customers feel about each product, as their reviews come in.

Every path under `/v1` needs a key, which opens one tenant: `X-API-Key: aura_...` or `Authorization: Bearer aura_...`.
A `read` key reads, a `write` key also publishes and classifies, an `admin` key may all.
A key that asks more often than its tenant's limit gets a 429, and `Retry-After` says when to ask again. A long answer
counts as several requests: one more for 20 rows of a list, 250 buckets of a timeline, 150 products that are gathered by
brand or category, 750 that are tested for a change, 6 products or 90 buckets of a file; five more for drivers.
JSON answers to a GET carry an `ETag`: sent back as `If-None-Match`, it saves the body where nothing has changed (304).
HEAD answers as GET does, without a body, but for files and the live stream.
Errors are problem details (RFC 9457). Times are milliseconds since 1970-01-01 UTC; ratios are from 0 to 1."""


def create_app(config: ApiConfig) -> FastAPI:
    """The application. Redis and Kafka are connected when they are first needed; neither has to answer yet.

    Raises:
        TenantsFileError: the tenants file is missing or not valid.
    """
    metrics = ApiMetrics()
    registry = TenantRegistry(config.tenants_file)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(config, registry, metrics) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Aura",
        version="1",
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        # Swagger's and ReDoc's pages load their scripts from elsewhere, which the content security policy forbids.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    app.include_router(v1)
    app.include_router(open_routes)
    app.mount("/static", PageFiles(directory=FOLDER, check_dir=False), name="static")
    add_handlers(app)
    describe(app)
    # The last one added is the outermost.
    app.add_middleware(Conditional)
    app.add_middleware(Guard, max_body_bytes=config.max_body_bytes)
    app.add_middleware(Observe, metrics=metrics)
    app.add_middleware(Head)
    return app
