"""Server-sent events on the wire, encoded once for all who watch."""

from collections.abc import Sequence
from typing import Final

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from api import shapes, views
from api.alerts import views as alert_views
from api.http.problems import store_unavailable
from stream.alerts.stepping import AlertEvent
from stream.store.state import LiveUpdate, RecentReview

SAMPLE: Final = 20
"""Reviews an event carries at most, as :class:`stream.store.state.LiveUpdate` does: merged updates keep the newest."""

RETRY_MS: Final = 2_000
"""After how long a browser comes back: a restart of the API takes about that."""

HEARTBEAT: Final = KEEPALIVE_COMMENT
OPENING: Final = format_sse_event(retry=RETRY_MS)


def summary(value: shapes.LiveSummary) -> bytes:
    """Event ``summary``. Without an id: it repeats itself, so there is nothing of it to catch up on."""
    return format_sse_event(event="summary", data_str=value.model_dump_json())


def reviews(updates: Sequence[LiveUpdate]) -> bytes:
    """Event ``reviews``: updates merged into one, with the id of the last."""
    total = sum(update.reviews for update in updates)
    good = sum(update.good for update in updates)
    sample = [review for update in updates for review in update.sample][-SAMPLE:]
    return _reviews(updates[-1].id, total, good, sample)


def recent(last_id: str, sample: Sequence[RecentReview]) -> bytes:
    """Event ``reviews`` that counts nothing and shows what came before its reader did."""
    return _reviews(last_id, 0, 0, sample)


def alert(happened: AlertEvent) -> bytes:
    """Event ``alert``. Without an id, which is a place among reviews: a client that comes back may get it again."""
    return format_sse_event(event="alert", data_str=alert_views.event(happened).model_dump_json())


def unavailable(instance: str) -> bytes:
    """Event ``problem``: the store does not answer just now."""
    body = shapes.ProblemBody.model_validate(store_unavailable().body(instance))
    return format_sse_event(event="problem", data_str=body.model_dump_json(exclude_none=True))


def _reviews(last_id: str, total: int, good: int, sample: Sequence[RecentReview]) -> bytes:
    value = shapes.LiveReviews(
        reviews=total, good=good, bad=total - good, sample=[views.review(kept) for kept in sample]
    )
    return format_sse_event(event="reviews", data_str=value.model_dump_json(), id=last_id)
