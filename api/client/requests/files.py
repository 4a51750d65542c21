"""Files, and the live stream: answers that are read bit by bit."""

from api.client.call import Call, Instant, instant
from api.client.live import Watch
from api.shapes import ListWindow
from stream.measures import Step


def export_products(window: ListWindow = "24h", at: Instant | None = None, *, bom: bool = False) -> Call[bytes]:
    """Every product with reviews in the window as a file: ``save`` it, or read it into a ``frame``.

    Args:
        window: of the measures; ``all`` has every product.
        at: the end of the window; None is now.
        bom: begin CSV with a byte order mark, for Excel.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/export/products",
        bytes,
        query={"window": window, "at": instant(at), "bom": bom or None},
        accept="*/*",
    )


def export_timeline(
    product_id: str,
    step: Step = "1h",
    start: Instant | None = None,
    end: Instant | None = None,
    *,
    fill: bool = True,
    bom: bool = False,
) -> Call[bytes]:
    """A product over time as a file: ``save`` it, or read it into a ``frame``.

    Args:
        product_id: of the product.
        step: width of a bucket.
        start: of the range; None is an hour of minutes, two days of hours, or all days.
        end: of the range, not included; None is now.
        fill: list buckets without reviews too.
        bom: begin CSV with a byte order mark, for Excel.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/export/products/{product_id}/timeline",
        bytes,
        {"product_id": product_id},
        {"step": step, "from": instant(start), "to": instant(end), "fill": fill, "bom": bom or None},
        accept="*/*",
    )


def live(last_event_id: str | None = None) -> Watch:
    """Reviews as they are scored, and the summary each second, without an end.

    Args:
        last_event_id: go on behind this event; None begins with the newest reviews.
    """
    return Watch(Call("GET", "/v1/tenants/{tenant}/live", bytes, accept="text/event-stream"), last_event_id)
