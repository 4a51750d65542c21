"""The dashboard of whoever runs Aura: does it keep up, and what is wrong if not."""

from collections.abc import Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard

from infra.grafana.names import uid
from infra.grafana.panels import compared, document, measured, measured_table, number
from infra.grafana.queries import PROMETHEUS, ApiQuery, Column, prom, prom_table

MAX_DRIFTS: Final = 50
"""Tenants whose drift is shown, each by a query of its own: more would keep the API busy for a glance."""


def operations(tenants: Sequence[str] = ()) -> dict[str, Any]:
    """Rate, lag, stage times, dead letters, devices, the API, tenants' alerts, and the drift of each of ``tenants``."""
    board = (
        dashboard.Dashboard("Aura operations")
        .uid(uid("operations"))
        .description("Workers and API, from their metrics. The alert rules behind it are Prometheus' own.")
        .tags(["aura"])
        .refresh("10s")
        .time("now-1h", "now")
        .timezone("browser")
    )
    _now(board)
    _over_time(board)
    _api(board)
    _alerts(board)
    if tenants:
        _drift(board, tenants)
    return document(board)


def _now(board: dashboard.Dashboard) -> None:
    for title, what, expr in (
        ("Reviews a second", "Reviews whose effects were applied to the store.", "sum(rate(aura_reviews_total[1m]))"),
        ("Lag", "Records in the log that are not applied yet.", "sum(max by (topic, partition) (aura_lag_records))"),
        ("Workers", "Workers that Prometheus reaches.", 'sum(up{job="aura-worker"})'),
        (
            "Dead letters, last hour",
            "Records that no event could be made of.",
            "sum(increase(aura_dead_letters_total[1h]))",
        ),
    ):
        board.with_panel(number(title, what, prom(expr), PROMETHEUS, "short", width=6))


def _over_time(board: dashboard.Dashboard) -> None:
    trouble = [
        prom("sum by (field) (rate(aura_dead_letters_total[5m]))", "dead letter: {{field}}", "A"),
        prom("sum by (outcome) (rate(aura_refused_runs_total[5m]))", "refused: {{outcome}}", "B"),
        prom("sum(rate(aura_store_retries_total[5m]))", "Redis retries", "C"),
        prom("sum(rate(aura_missing_records_total[5m])) or vector(0)", "missing records", "D"),
    ]
    sizes = [
        prom(f"histogram_quantile({q}, sum by (le) (rate(aura_batch_reviews_bucket[5m])))", name, ref)
        for q, name, ref in ((0.5, "median", "A"), (0.95, "95th percentile", "B"))
    ]
    stages = "histogram_quantile(0.95, sum by (le, stage) (rate(aura_stage_seconds_bucket[5m])))"
    for title, what, queries, unit in (
        (
            "Reviews a second by tenant",
            "Reviews whose effects were applied to the store.",
            [prom("sum by (tenant) (rate(aura_reviews_total[1m]))", "{{tenant}}")],
            "short",
        ),
        (
            "Lag by partition",
            "Age of the oldest record that is not applied yet.",
            [prom("max by (topic, partition) (aura_lag_seconds)", "{{topic}}-{{partition}}")],
            "s",
        ),
        (
            "Stage times, 95th percentile",
            "Time that a batch spends in each stage.",
            [prom(stages, "{{stage}}")],
            "s",
        ),
        ("Batch size", "Records in a batch.", sizes, "short"),
        (
            "Trouble",
            "Dead letters by field, runs that the fence refused, tries of Redis that were repeated, offsets that the "
            "log skipped; all a second.",
            trouble,
            "short",
        ),
        (
            "Held up",
            "1 while a worker cannot go on for this, by instance; and while it has paused for too many dead letters.",
            [prom("aura_held_up", "{{instance}}: {{by}}"), prom("aura_paused", "{{instance}}: paused", "B")],
            "short",
        ),
    ):
        board.with_panel(measured(title, what, queries, PROMETHEUS, unit, width=12))
    board.with_panel(
        measured_table(
            "Devices",
            "What each worker classifies on, and with which artefacts.",
            prom_table("aura_worker_info"),
            PROMETHEUS,
            {"instance": "Worker", "device": "Device", "models": "Models"},
            width=12,
            height=8,
        )
    )


def _api(board: dashboard.Dashboard) -> None:
    slowest = "histogram_quantile(0.99, sum by (le, route) (rate(aura_api_response_seconds_bucket[5m])))"
    for title, what, query, unit in (
        (
            "API requests a second",
            "Requests answered, by status.",
            prom("sum by (status) (rate(aura_api_requests_total[1m]))", "{{status}}"),
            "reqps",
        ),
        (
            "API response time, 99th percentile",
            "Time from a request to the start of its response.",
            prom(slowest, "{{route}}"),
            "s",
        ),
        ("Live streams", "Open live streams.", prom("sum(aura_api_live_clients)", "open"), "short"),
    ):
        board.with_panel(measured(title, what, [query], PROMETHEUS, unit, width=12))


def _alerts(board: dashboard.Dashboard) -> None:
    # Series of webhooks appear with the first delivery.
    waiting = prom(
        "sum(max by (tenant) (aura_alerts_deliveries_waiting)) or vector(0)", "webhook deliveries that wait", "B"
    )
    given_up = prom(
        "sum(max by (tenant) (aura_alerts_deliveries_given_up)) or vector(0)", "webhook deliveries given up", "C"
    )
    board.with_panel(
        measured(
            "Tenants' alerts",
            "Alerts of the tenants file that are on, and what webhooks were not told yet, or never.",
            [prom("max by (tenant) (aura_alerts_on)", "on: {{tenant}}"), waiting, given_up],
            PROMETHEUS,
            "short",
            width=12,
        )
    )


def _drift(board: dashboard.Dashboard, tenants: Sequence[str]) -> None:
    psi = [Column("scores.psi", "PSI")]
    queries = {tenant: ApiQuery(tenant, "/drift", "", psi, ref=f"T{place}") for place, tenant in enumerate(tenants)}
    board.with_panel(
        compared(
            "Drift by tenant",
            "Population stability index of the scores of 24 hours against the 30 days before: moderate from 0.10, "
            "major from 0.25 on, if the reviews are enough to say so; the tenants' dashboards have the rest.",
            dict(list(queries.items())[:MAX_DRIFTS]),
            width=12,
        )
    )
