"""A tenant at a glance, and what a key opens."""

from fastapi import APIRouter

from api import examples, shapes
from api.deps import AnyKey, At, Reader, Shared
from api.http.openapi import answer

router = APIRouter(tags=["tenant"])


@router.get("/v1/me", summary="What this key opens", responses=answer(examples.me()))
async def me(access: AnyKey) -> shapes.Me:
    """The tenant and role of the key that the request carries."""
    tenant = access.tenant
    return shapes.Me(
        tenant=tenant.id,
        name=tenant.name,
        kind=tenant.kind,
        model=tenant.model,
        role=access.key.role,
        key_id=access.key.id,
    )


@router.get("/v1/tenants/{tenant}/summary", summary="The tenant at a glance", responses=answer(examples.summary()))
async def summary(access: Reader, services: Shared, at: At) -> shapes.Summary:
    """Totals, every window, and how the pipeline keeps up."""
    return await services.reads.summary(access.tenant, at)
