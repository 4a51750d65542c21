"""Reviews in."""

from fastapi import APIRouter, Request

from api import examples, incoming, shapes
from api.clock import now_ms
from api.deps import BodyRoom, Shared, Writer, problems
from api.http.bodies import read_json
from api.http.openapi import answer, reviews_body
from api.http.problems import TIMEOUT, TOO_LARGE, UNAVAILABLE, Problem, unavailable
from stream.publish import BrokerUnavailable

router = APIRouter(tags=["reviews"])


def _unacknowledged(event_ids: list[str], retry_after: float) -> Problem:
    return unavailable(
        "Kafka has not acknowledged the reviews; some may yet arrive. Send them again with these event_ids.",
        retry_after,
        event_ids=event_ids,
    )


@router.post(
    "/v1/tenants/{tenant}/reviews",
    summary="Publish reviews",
    status_code=202,
    responses=problems(TIMEOUT, TOO_LARGE, UNAVAILABLE, _unacknowledged(["shop-web-000184467"], 1.0))
    | answer(examples.accepted(), 202),
    openapi_extra={"requestBody": reviews_body()},
)
async def publish(request: Request, access: Writer, services: Shared, room: BodyRoom) -> shapes.Accepted:
    """One review, or up to 1,000. All or none: if one is not valid, each that is not is named and none is published.

    A body has at most 75,000 commas and opening brackets outside texts. 1,000 reviews with all that an event knows have
    fewer.

    The answer comes once Kafka has acknowledged all. A review without `event_id` is given one, without `occurred_at` it
    is of now.

    After a 503 some may have arrived nevertheless. Its `event_ids` are those of all the reviews, in the order posted:
    send the reviews again with these, until a 202, and each counts once (within the tenant's horizon, an hour unless it
    says otherwise). Only who gives reviews an `event_id` from the start can do so too after no answer at all.
    """
    config = services.config
    events = incoming.events(await read_json(request, room, config.body_timeout_seconds), access.tenant.id, now_ms())
    event_ids = [event.event_id for event in events]
    try:
        await services.publisher.publish_acked(events, config.publish_timeout_seconds)
    except BrokerUnavailable as error:
        raise _unacknowledged(event_ids, error.retry_after_seconds) from error
    services.metrics.published.inc(len(events))
    return shapes.Accepted(accepted=len(events), event_ids=event_ids)
