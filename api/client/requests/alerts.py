"""What happened to alerts, and how the rules stand."""

from api.alerts.shapes import Alerts, EventFilter, Rules
from api.client.call import Call
from stream.tenant_rules import Severity


def alerts(
    rule: str | None = None,
    product_id: str | None = None,
    event: EventFilter | None = None,
    severity: Severity | None = None,
    page_size: int = 200,
) -> Call[Alerts]:
    """Alerts that were raised, repeated and cleared, newest first; page after page is asked for while they are read.

    Args:
        rule: of this rule alone.
        product_id: of this product alone.
        event: only what happened so.
        severity: of this severity alone.
        page_size: events a request, 1 to 500.
    """
    return alerts_page(rule, product_id, event, severity, page_size)


def alerts_page(
    rule: str | None = None,
    product_id: str | None = None,
    event: EventFilter | None = None,
    severity: Severity | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Call[Alerts]:
    """One page of the alert history.

    Args:
        rule: of this rule alone.
        product_id: of this product alone.
        event: only what happened so.
        severity: of this severity alone.
        limit: events on the page, 1 to 500.
        cursor: ``next_cursor`` of the page before.
    """
    query = {
        "rule": rule, "product_id": product_id, "event": event, "severity": severity, "limit": limit, "cursor": cursor
    }  # fmt: skip
    return Call("GET", "/v1/tenants/{tenant}/alerts", Alerts, query=query)


def alert_rules() -> Call[Rules]:
    """The rules of the tenants file, each with its state and the figures that it was judged by last."""
    return Call("GET", "/v1/tenants/{tenant}/alerts/rules", Rules)
