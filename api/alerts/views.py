"""From alerts and rules to what the API answers. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from api.alerts import shapes as alert_shapes
from stream.alerts.seen import SHOWN, Figure, Seen
from stream.alerts.stepping import Alert, AlertEvent, Place
from stream.tenant_rules import AlertRule, described


def event(happened: AlertEvent) -> alert_shapes.AlertEvent:
    """What happened."""
    return alert_shapes.AlertEvent.model_validate(msgspec.to_builtins(happened))


def rules(
    of: Sequence[AlertRule], on: Mapping[Place, Alert], seen: Mapping[str, Seen], *, evaluating: bool
) -> alert_shapes.Rules:
    """Rules with how they stand."""
    return alert_shapes.Rules(evaluating=evaluating, rules=[_rule(rule, on, seen.get(rule.id)) for rule in of])


def _rule(rule: AlertRule, on: Mapping[Place, Alert], seen: Seen | None) -> alert_shapes.Rule:
    mine = {place[1]: alert for place, alert in on.items() if place[0] == rule.id}
    raised = {product: alert.raised.raised_ms for product, alert in mine.items()}
    shown = {
        figure.product_id: _figure(figure, raised.get(figure.product_id)) for figure in (seen.figures if seen else [])
    }
    # One that is on, and was not looked at since another process took over, is shown as it was raised.
    shown |= {
        product: _figure(alert.raised, raised[product]) for product, alert in mine.items() if product not in shown
    }
    fields = described(rule)
    return alert_shapes.Rule(
        id=rule.id,
        kind=rule.kind,
        scope=rule.scope,
        product=rule.product,
        window=rule.window,
        threshold=fields.get("threshold"),
        clear=fields.get("clear"),
        direction=fields.get("direction"),
        min_reviews=rule.min_reviews,
        severity=rule.severity,
        note=rule.note,
        webhooks=list(rule.webhooks),
        repeat_minutes=rule.repeat_minutes,
        state="on" if mine else "ok" if seen else "waiting",
        held=seen.held if seen else None,
        evaluated_ms=seen.evaluated_ms if seen else None,
        watched=seen.watched if seen else 0,
        on=len(mine),
        figures=list(shown.values())[:SHOWN],
    )


def _figure(shown: Figure | AlertEvent, raised_ms: int | None) -> alert_shapes.Figure:
    return alert_shapes.Figure(
        product_id=shown.product_id,
        product_name=shown.product_name,
        raised_ms=raised_ms,
        at_ms=shown.at_ms,
        value=shown.value,
        interval=shown.interval,
        reviews=shown.reviews,
        p_value=shown.p_value,
        why=shown.why,
    )
