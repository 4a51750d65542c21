"""What routes depend on, in one place: the shared parts, and who asks with which right.

All are coroutines, even where nothing is awaited: FastAPI runs plain functions on a pool of threads, and a hop there
and back costs more than they do.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import WithJsonSchema

from api.access.keys import allows, recognise
from api.access.rates import RateLimits
from api.http.bodies import Room
from api.http.cursors import MAX_CURSOR_CHARS
from api.http.problem_examples import EXAMPLES
from api.http.problems import (
    FORBIDDEN,
    MEDIA_TYPE,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNAVAILABLE,
    Problem,
    ProblemType,
    too_many_requests,
)
from api.kept import LIMITS
from api.services import Services
from api.times import MAX_INSTANT, instant
from stream.tenants import Role, Tenant, TenantKey

_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key made by `aura keys create`.")
_bearer = HTTPBearer(auto_error=False, description="The same key as a bearer token.")

_INVALID: Final = ', error="invalid_token"'
"""RFC 6750, 3.1: of a token that is "expired, revoked, malformed, or invalid for other reasons"."""

Given = Annotated[str | None, Depends(_header)]
GivenBearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def get_services(request: Request) -> Services:
    """The parts that the server opened at start."""
    services: Services = request.app.state.services
    return services


Shared = Annotated[Services, Depends(get_services)]


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks: a key that was found right, and its tenant."""

    tenant: Tenant
    key: TenantKey
    rates: RateLimits

    def charge(self, requests: float) -> None:
        """Let the answer count as so many requests more (:mod:`api.access.costs`), rounded down."""
        tenant = self.tenant
        self.rates.charge(self.key.id, tenant.requests_per_second, tenant.request_burst, int(requests))


async def authenticate(request: Request, services: Shared, header: Given, bearer: GivenBearer) -> Access:
    """The key of a request.

    Raises:
        Problem: 401 when it has none, one that nobody was given, or one that expired; 429 when the key asks too often.
    """
    key = header if header is not None else bearer.credentials if bearer is not None else None
    if key is None:
        raise _unauthorized("Send a key as X-API-Key or as a bearer token.", "")
    found = recognise(services.registry.current(), key)
    if found is None:
        raise _unauthorized("The key is not known here.", _INVALID)
    request.state.key_id = found[1].id
    if (expires := found[1].expires) is not None and found[1].expired(datetime.now(UTC)):
        raise _unauthorized(f"The key expired at {expires.isoformat()}; a new one is needed.", _INVALID)
    tenant = found[0]
    wait = services.rates.take(found[1].id, tenant.requests_per_second, tenant.request_burst)
    if wait:
        raise too_many_requests(tenant.requests_per_second, tenant.request_burst, wait)
    return Access(*found, services.rates)


AnyKey = Annotated[Access, Depends(authenticate)]


def _needs(role: Role) -> Callable[..., Awaitable[Access]]:
    async def authorise(
        access: AnyKey, tenant: Annotated[str, Path(description="The key's tenant.", examples=["shop"])]
    ) -> Access:
        # One answer for other tenants and for none: who else is a customer here is nobody's business.
        if access.tenant.id != tenant:
            raise Problem(FORBIDDEN, "This key opens another tenant than the path names.")
        if not allows(access.key.role, role):
            raise Problem(FORBIDDEN, f"This needs a {role} key; the key given is a {access.key.role} key.")
        return access

    return authorise


Reader = Annotated[Access, Depends(_needs("read"))]
Writer = Annotated[Access, Depends(_needs("write"))]


INSTANT: Final = "RFC 3339 with a zone, or milliseconds since 1970-01-01 UTC; from 1970 to 9999."

InstantText = Annotated[
    str | None,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time", "examples": ["2024-05-20T12:00:00Z"]},
                {"type": "integer", "minimum": 0, "maximum": MAX_INSTANT},
            ]
        }
    ),
]
"""A time in a query, as :func:`api.times.instant` reads it."""


async def _room(access: AnyKey, services: Shared) -> AsyncGenerator[Room, None]:
    room = Room(services.bodies, access.tenant.id)
    try:
        yield room
    finally:
        room.close()


BodyRoom = Annotated[Room, Depends(_room)]
"""Room for the request's body; held until the request is over."""


async def _at(
    at: Annotated[
        InstantText,
        Query(
            max_length=64,
            description=f"End of the windows: {INSTANT} Without it: now. {LIMITS}",
        ),
    ] = None,
) -> int | None:
    return None if at is None else instant("at", at)


At = Annotated[int | None, Depends(_at)]

CursorText = Annotated[str | None, Query(max_length=MAX_CURSOR_CHARS, description="`next_cursor` of the page before.")]

ProductId = Annotated[str, Path(max_length=128, description="Percent-encoded.", examples=["LAMP-7"])]


def _unauthorized(detail: str, challenge: str) -> Problem:
    return Problem(UNAUTHORIZED, detail, headers={"WWW-Authenticate": f'Bearer realm="aura"{challenge}'})


_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}

_RETRY_AFTER: Final[dict[str, Any]] = {
    "description": "Seconds until it is worth asking again.",
    "schema": {"type": "integer", "minimum": 1},
}


def problems(*kinds: ProblemType | Problem) -> dict[int | str, dict[str, Any]]:
    """The problems that a route answers with, for its OpenAPI entry.

    Args:
        kinds: of the catalogue, or an example where the route's own says more. What a route says of a status takes the
            place of what is said of it for all routes.
    """
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        problem = kind if isinstance(kind, Problem) else EXAMPLES.get(kind, Problem(kind, f"{kind.title}."))
        status, title = problem.kind.status, problem.kind.title
        response = found.setdefault(
            status, {"description": title, "content": {MEDIA_TYPE: {"schema": _PROBLEM, "examples": {}}}}
        )
        if title not in response["description"]:
            response["description"] += f"; or: {title}"
        if problem.kind in (TOO_MANY_REQUESTS, UNAVAILABLE):
            response["headers"] = {"Retry-After": _RETRY_AFTER}
        examples = response["content"][MEDIA_TYPE]["examples"]
        name = problem.kind.name + (f"-{len(examples) + 1}" if problem.kind.name in examples else "")
        examples[name] = {"summary": problem.detail, "value": problem.body("")}
    return found
