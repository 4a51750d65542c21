"""The dashboard of a tenant: how it stands, what changed, how far to trust it, and one product closely."""

from typing import Any, Final, get_args

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from infra.grafana import rows
from infra.grafana.columns import Asking
from infra.grafana.panels import document
from infra.grafana.queries import ApiQuery, source_of, text
from infra.grafana.sections import SECTIONS
from stream.measures import Step
from stream.tenants import Tenant

CHOICES: Final = "500"
"""Products to pick from, those with the most reviews first: the most that one answer of the API lists."""


def tenant_dashboard(tenant: Tenant, page_url: str) -> dict[str, Any]:
    """Everything of one tenant.

    Args:
        tenant: whose.
        page_url: where the live page is, as a browser reaches it.
    """
    asking = Asking(tenant, page_url)
    board = _frame(asking)
    _variables(board, asking)
    rows.now(board, asking)
    rows.ranking(board, asking)
    for cut in SECTIONS[tenant.kind]:
        rows.section(board, asking, cut)
    rows.trust(board, asking)
    rows.alerts(board, asking)
    rows.product(board, asking)
    return document(board)


def _frame(asking: Asking) -> dashboard.Dashboard:
    link = dashboard.DashboardLink("Live page").type(DashboardLinkType.LINK).icon("external link").target_blank(True)
    return (
        dashboard.Dashboard(f"{asking.tenant.name}: customers")
        .uid(asking.uid)
        .description(
            "Shares are means of calibrated probabilities, with 95 % intervals. Tables and rolling windows end now, "
            "lines cover the time range of the dashboard."
        )
        .tags(["aura"])
        .time("now-24h", "now")
        .refresh("30s")
        .timezone("browser")
        .link(link.url(f"{asking.page}?window=${{window}}"))
    )


def _variables(board: dashboard.Dashboard, asking: Asking) -> None:
    board.with_variable(_choice(asking, "window", "Window", asking.ask("/summary", "windows.@keys"), "24h"))
    steps = dashboard.CustomVariable("step").label("Step").values(",".join(get_args(Step)))
    board.with_variable(steps.current(VariableOption(True, "1h", "1h")))
    for cut in SECTIONS[asking.tenant.kind]:
        named = asking.ask("/groups", "groups", [text("id", "Name")], {"by": cut.by, "window": "all"})
        board.with_variable(_choice(asking, cut.variable, cut.label, named, cut.value))
    # In the order of the alphabet, as Infinity gives fields: of two, the first is shown, the second is the value.
    shown = [text("name", "Name"), text("product_id", "Product")]
    products = asking.ask("/products", "products", shown, {"window": "all", "limit": CHOICES})
    board.with_variable(_choice(asking, "product", "Product", products))


def _choice(
    asking: Asking, name: str, label: str, query: ApiQuery, value: str | None = None
) -> dashboard.QueryVariable:
    found = (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(source_of(asking.tenant.id))
        .query(query.variable())
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.DISABLED)
    )
    return found if value is None else found.current(VariableOption(True, value, value))
