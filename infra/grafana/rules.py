"""Alert rules in Grafana, and whom they tell.

Each rule names its contact point itself, so that the notification policies, of which a Grafana has one tree for
everybody, stay untouched. What to alert of in operations is said once, in ``infra/prometheus/alerts.yml``: one rule
here passes on whatever fires there. Tenants' alerts that need no Grafana are those of the tenants file.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from grafana_foundation_sdk.builders import alerting
from grafana_foundation_sdk.builders import expr as expressions
from grafana_foundation_sdk.models.alerting import RelativeTimeRange
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from infra.errors import CommandError
from infra.grafana.names import uid
from infra.grafana.panels import plain
from infra.grafana.queries import PROMETHEUS, ApiQuery, Column, prom_now, text
from infra.grafana.things import Place, Thing
from stream.tenants import Tenant

BAD_SHARE: Final = 0.3
"""A product whose bad share is surely above this is told of: by the lower end of its interval, so that a few reviews
wake nobody. Of the ten products in the README's table of bad shares one is above it."""

TURNED_BY: Final = 0.1
"""A product that surely turned by this much is told of."""

_EXPRESSION: Final = DataSourceRef("__expr__", "__expr__")
_FIRING: Final = (
    "max by (prometheus_alert, severity, tenant, topic, partition, instance, field, by) ("
    'label_replace(ALERTS{alertname=~"Aura.*", alertstate="firing"}, "prometheus_alert", "$1", "alertname", "(.*)"))'
)
"""Under another name than ``alertname``, which is Grafana's own for its rules."""


def firing_rule(contact: str | None) -> Thing:
    """Whatever of Aura fires in Prometheus."""
    return _rule(
        "firing",
        None,
        "An alert of Prometheus fires",
        prom_now(_FIRING),
        PROMETHEUS.uid,
        0,
        wait="0s",
        says={
            "summary": "{{ $labels.prometheus_alert }} fires in Prometheus.",
            "do": "Its own annotations, on the alerts page of Prometheus, say what happened and what to do.",
        },
        contact=contact,
    )


def tenant_rules(tenant: Tenant, contact: str | None) -> list[Thing]:
    """What a tenant is told: a product is bad, a product turned, nothing comes any more."""
    window = {"window": "24h", "limit": "100"}
    product = text("product_id", "Product")
    bad = ApiQuery(
        tenant.id,
        "/products",
        "products",
        [product, Column("measures.bad_interval.0", "Surely bad")],
        {**window, "sort": "bad_lower"},
    )
    turned = ApiQuery(
        tenant.id,
        "/movers",
        "movers",
        [product, Column("changed_at_least", "Changed by at least")],
        {**window, "direction": "down"},
    )
    silent = ApiQuery(tenant.id, "/summary", "", [Column("windows.24h.reviews", "Reviews of a day")])
    source = uid("api", tenant.id)
    return [
        _rule(
            "bad", tenant, f"A product has more than {BAD_SHARE:.0%} bad reviews", bad, source, BAD_SHARE, wait="5m",
            says={
                "summary": "{{ $labels.product_id }}: of its reviews of the last 24 hours, at least "
                '{{ humanizePercentage (index $values "A").Value }} are bad (lower end of the 95 % interval).',
                "do": "Its latest reviews, on the dashboard or the live page, say why.",
            },
            contact=contact,
        ),
        _rule(
            "turned", tenant, f"A product turned by more than {TURNED_BY:.0%}", turned, source, TURNED_BY, wait="5m",
            says={
                "summary": "{{ $labels.product_id }}: its share of good reviews of the last 24 hours is at least "
                '{{ humanizePercentage (index $values "A").Value }} below that of the day before.',
                "do": "Look for what changed: a batch, a version, a price; movers on the dashboard name the others.",
            },
            contact=contact,
        ),
        _rule(
            "silent", tenant, "No reviews for a day", silent, source, 1, below=True, wait="15m",
            says={
                "summary": f"No review of {tenant.id} was written in the last 24 hours.",
                "do": "Ask whoever publishes them; if others' reviews are missing too, see the operations dashboard.",
            },
            contact=contact,
        ),
    ]  # fmt: skip


def contact_point(contact: str, tenant: Tenant | None) -> Thing:
    """Whom alerts go to.

    Args:
        contact: ``mailto:ann@example.com,bob@example.com``, or the http(s) URL of a webhook.
        tenant: whose alerts; None: those of operations.

    Raises:
        CommandError: it is neither.
    """
    parts = urlsplit(contact)
    if parts.scheme == "mailto" and "@" in parts.path:
        kind, settings = "email", {"addresses": parts.path.replace(",", ";"), "singleEmail": False}
    elif parts.scheme in ("http", "https") and parts.hostname:
        kind, settings = "webhook", {"url": contact, "httpMethod": "POST"}
    else:
        raise CommandError(f"a contact: expected mailto:ADDRESS or the URL of a webhook, got {contact!r}")
    found = _contact_uid(tenant)
    name = _receiver(tenant)
    point = alerting.ContactPoint().uid(found).name(name).type(kind).settings(settings).disable_resolve_message(False)
    body: dict[str, Any] = plain(point.build())
    return Thing(Place("contact point", found), name, body)


def _contact_uid(tenant: Tenant | None) -> str:
    return uid("contact", tenant.id if tenant else None)


def _receiver(tenant: Tenant | None) -> str:
    return f"Aura: {tenant.id}" if tenant else "Aura operations"


def _rule(
    what: str,
    tenant: Tenant | None,
    title: str,
    query: Any,
    source: str | None,
    threshold: float,
    *,
    wait: str,
    says: dict[str, str],
    contact: str | None,
    below: bool = False,
) -> Thing:
    tenant_id = tenant.id if tenant else None
    found = uid(what, tenant_id)
    evaluator = expressions.ExprTypeThresholdConditionsEvaluator().type("lt" if below else "gt").params([threshold])
    asked = alerting.Query("A").datasource_uid(source).model(query)
    judged = expressions.TypeThreshold().ref_id("B").datasource(_EXPRESSION).expression("A")
    judged.conditions([expressions.ExprTypeThresholdConditions().evaluator(evaluator)])
    rule = (
        alerting.Rule(title)
        .uid(found)
        .folder_uid(uid("folder", tenant_id))
        .rule_group("aura")
        .condition("B")
        .with_query(asked.relative_time_range(RelativeTimeRange(600, 0)))
        .with_query(alerting.Query("B").datasource_uid("__expr__").model(judged))
        .for_val(wait)
        # Nothing listed is nothing to tell of; an API or a Prometheus that does not answer is.
        .no_data_state("OK")
        .exec_err_state("Error")
        .annotations(says)
        .labels({"aura": tenant_id or "operations"})
        .is_paused(False)
    )
    if contact is not None:
        rule.notification_settings(alerting.NotificationSettings().receiver(_receiver(tenant)))
    body: dict[str, Any] = plain(rule.build())
    body.pop("orgID")  # that of whoever applies it
    body.setdefault("notification_settings", None)  # or a contact that is taken away would stay
    return Thing(Place("alert rule", found), title if tenant is None else f"{tenant.id}: {title}", body)
