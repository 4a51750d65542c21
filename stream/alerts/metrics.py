"""Metrics of the process that evaluates alerts, one catalogue. Units are in the names."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry()
"""Of its own: the evaluator has none of a worker's metrics."""

LEADING: Final = Gauge(
    "aura_alerts_leading", "1 while this process evaluates the rules, else 0: another one does.", registry=REGISTRY
)
ROUND_SECONDS: Final = Histogram(
    "aura_alerts_round_seconds",
    "Time that looking at all rules of all tenants took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
EVALUATIONS: Final = Counter(
    "aura_alerts_evaluations_total", "Subjects that were judged by a rule.", ["tenant"], registry=REGISTRY
)
EVENTS: Final = Counter(
    "aura_alerts_events_total", "What happened to alerts: raised, repeated, cleared.", ["tenant", "event"],
    registry=REGISTRY,
)  # fmt: skip
ON: Final = Gauge("aura_alerts_on", "Alerts that are on.", ["tenant"], registry=REGISTRY)
FAILURES: Final = Counter(
    "aura_alerts_failed_rounds_total", "Rounds that were not finished, by why: redis, deposed, error.", ["why"],
    registry=REGISTRY,
)  # fmt: skip
DELIVERIES: Final = Counter(
    "aura_alerts_deliveries_total",
    "Attempts to deliver to a webhook, by what became of them: delivered, retried, given_up.",
    ["tenant", "outcome"],
    registry=REGISTRY,
)
DELIVERY_SECONDS: Final = Histogram(
    "aura_alerts_delivery_seconds", "Time that an attempt took.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15), registry=REGISTRY,
)  # fmt: skip
WAITING: Final = Gauge(
    "aura_alerts_deliveries_waiting", "Deliveries that did not arrive yet.", ["tenant"], registry=REGISTRY
)
GIVEN_UP: Final = Gauge(
    "aura_alerts_deliveries_given_up", "Deliveries kept that were given up.", ["tenant"], registry=REGISTRY
)
