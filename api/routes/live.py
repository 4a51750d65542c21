"""Numbers and reviews as they come."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from api.deps import Reader, Shared, problems
from api.http.bounded import BoundedResponse
from api.http.problems import TOO_MANY_REQUESTS, too_many_streams
from stream.store.places import is_place

router = APIRouter(tags=["live"])

_DESCRIPTION = """Server-sent events. An `EventSource` cannot send a key: read the stream with `fetch`.

- `summary`, every second: a `LiveSummary`
- `reviews`, at most four a second, with an id: a `LiveReviews`
- `alert`: an `AlertEvent`, as it happens; after a reconnect one may come again, with the same `id` in its data
- `problem`: a `Problem`; the store cannot be read just now, the stream goes on by itself

Come back with the last id as `Last-Event-ID` to get what was missed. A comment comes every 15 s when nothing else does.
A client that does not read is closed. Over the tenant's limit of open streams there is a 429."""

_EXAMPLE = """event: reviews
data: {"reviews":1,"good":0,"bad":1,"sample":[]}
id: 1716212345678-0

"""


def _event(name: str, shape: str) -> dict[str, Any]:
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": f"#/components/schemas/{shape}"},
    }
    return {
        "type": "object",
        "properties": {"event": {"const": name}, "data": data, "id": {"type": "string"}},
        "required": ["event", "data"],
        "additionalProperties": False,
    }


_EVENTS: Final = {
    "oneOf": [
        _event("summary", "LiveSummary"),
        _event("reviews", "LiveReviews"),
        _event("alert", "AlertEvent"),
        _event("problem", "Problem"),
    ]
}


@router.get(
    "/v1/tenants/{tenant}/live",
    summary="The live stream",
    description=_DESCRIPTION,
    response_class=StreamingResponse,
    responses=problems(TOO_MANY_REQUESTS, too_many_streams(1_000))
    | {
        200: {
            "description": "Events, until either side closes.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "itemSchema": _EVENTS,  # of one event; a keyword of OpenAPI 3.2
                    "example": _EXAMPLE,
                }
            },
        }
    },
)
async def live(
    access: Reader,
    services: Shared,
    last_event_id: Annotated[str | None, Header(max_length=64, examples=["1716212345678-0"])] = None,
) -> BoundedResponse:
    """Open the stream. An id that cannot be one of ours counts as none, as browsers keep ids of other streams."""
    tenant, key = access.tenant, access.key
    if services.hub.open_streams(tenant.id) >= tenant.live_streams:
        raise too_many_streams(tenant.live_streams)
    known = last_event_id if last_event_id is not None and is_place(last_event_id) else None

    def allowed() -> bool:
        return services.registry.opens(key, tenant.id)

    leave = services.hub.count(tenant.id)
    return BoundedResponse(services.hub.stream(tenant.id, known, allowed), "text/event-stream", {}, leave)
