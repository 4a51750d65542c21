"""Answers of the alert endpoints for the OpenAPI document: made-up counts, put through the code that answers."""

from typing import Any, Final

from api.alerts import shapes as alert_shapes
from api.alerts import views as alert_views
from api.insight.examples import NOON
from stream.alerts import findings
from stream.alerts.seen import Figure, Seen
from stream.alerts.stepping import Alert, AlertEvent, Moment, Place, Subject, event_of
from stream.measures import MINUTE_MS, Measures
from stream.tenant_rules import AlertRule

_RULE: Final = AlertRule(
    "lamp-turns", "low", "1h", "products", threshold=0.0, note="Call the warehouse.", webhooks=("ops",)
)
_FOUND: Final = findings.low(_RULE, Measures(60, 11, 12_400_000, 40, 68, 33, 37))
_LAMP: Final = Subject("LAMP-7", "Desk lamp")


def _event() -> AlertEvent:
    moment = Moment(NOON, NOON + 1_234)
    known = ("9f1c2ab84be0d7653c1f90aa", "51d0c7be94f2a86e0b3d47c1", NOON)
    return event_of("raised", "shop", _RULE, _LAMP, _FOUND, moment, known)


def alerts() -> dict[str, Any]:
    """A lamp that turned bad."""
    page = alert_shapes.Alerts(events=[alert_views.event(_event())], next_cursor=None)
    return page.model_dump(mode="json")


def rules() -> dict[str, Any]:
    """The rule that said so."""
    figure = Figure(
        "LAMP-7", "Desk lamp", "raise", _FOUND.value, _FOUND.interval, _FOUND.reviews, None, _FOUND.why, NOON
    )
    seen = {"lamp-turns": Seen(NOON + MINUTE_MS, NOON + MINUTE_MS, 42, None, [figure])}
    on: dict[Place, Alert] = {("lamp-turns", "LAMP-7"): Alert(_event(), NOON)}
    return alert_views.rules([_RULE], on, seen, evaluating=True).model_dump(mode="json")
