"""The tenant as a whole, and what its key opens."""

from api.client.call import Call, Instant, instant
from api.client.session import ME
from api.shapes import Me, Summary, Timeline
from stream.measures import Step


def me() -> Call[Me]:
    """The tenant and role of the key."""
    return ME


def summary(at: Instant | None = None) -> Call[Summary]:
    """Totals, every window, and how the pipeline keeps up.

    Args:
        at: the end of the windows; None is now.
    """
    return Call("GET", "/v1/tenants/{tenant}/summary", Summary, query={"at": instant(at)})


def timeline(
    step: Step = "1h", start: Instant | None = None, end: Instant | None = None, *, fill: bool = True
) -> Call[Timeline]:
    """Sentiment over time, of all products together.

    Args:
        step: width of a bucket.
        start: of the range; None is an hour of minutes, two days of hours, or all days.
        end: of the range, not included; None is now.
        fill: list buckets without reviews too.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/timeline",
        Timeline,
        query={"step": step, "from": instant(start), "to": instant(end), "fill": fill},
    )
