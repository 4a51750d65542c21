"""Reviews as clients post them: what they may leave out, and what is said about those that are not valid. Pure."""

from typing import Any, Final
from uuid import uuid4

from api.http.problems import VALIDATION, Problem, invalid
from stream.event import InvalidEvent, ReviewEvent, check_not_future, from_fields

MAX_REVIEWS: Final = 1_000
"""Reviews a request: enough that a request's own cost is small beside them."""

MAX_ERRORS: Final = 100
"""Errors listed: a file in the wrong layout would otherwise be answered with its own length again."""


def events(body: Any, tenant_id: str, now_ms: int) -> list[ReviewEvent]:
    """The events that a request's body holds: one object, or a list of up to :data:`MAX_REVIEWS`.

    ``tenant`` may be left out, ``event_id`` is made up then, and ``occurred_at`` is ``now_ms``.

    Raises:
        Problem: naming every review that is not valid (the first :data:`MAX_ERRORS`); all or none are published.
    """
    bodies = body if isinstance(body, list) else [body]
    if not 1 <= len(bodies) <= MAX_REVIEWS:
        raise invalid("body", f"expected 1 to {MAX_REVIEWS:,} reviews, got {len(bodies):,}")
    result: list[ReviewEvent] = []
    errors: list[dict[str, object]] = []
    for index, fields in enumerate(bodies):
        try:
            result.append(_event(fields, tenant_id, now_ms))
        except InvalidEvent as error:
            errors.append({"index": index, "field": error.field, "reason": error.reason})
    if errors:
        raise Problem(
            VALIDATION,
            f"{len(errors):,} of {len(bodies):,} reviews are not valid; none was published.",
            errors=errors[:MAX_ERRORS],
            invalid=len(errors),
        )
    return result


def _event(fields: Any, tenant_id: str, now_ms: int) -> ReviewEvent:
    if not isinstance(fields, dict):
        raise InvalidEvent("", "expected an object")
    if fields.get("tenant", tenant_id) != tenant_id:
        raise InvalidEvent("tenant", "expected the tenant of the path, or none")
    defaults = {"event_id": str(uuid4()), "occurred_at": now_ms}
    event = from_fields({**defaults, **fields, "tenant": tenant_id})
    check_not_future(event, now_ms)
    return event
