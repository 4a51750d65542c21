"""The dashboard of a tenant: how it stands, what changed, and one product closely.

What it is cut by depends on the tenant's kind, and stands in events as a brand or a category (``SECTIONS``): a bank's
branches and a theatre's houses are reviewed as products of their own, in a category such as *Branches* or *Houses*.
Whoever calls these otherwise picks another category in the dashboard.
"""

from dataclasses import dataclass
from typing import Any, Final, get_args

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from api.shapes import GroupBy
from infra.grafana.names import uid
from infra.grafana.panels import GRID, band, document, figures, lines, listing, stacked
from infra.grafana.queries import ApiQuery, Column, share, source_of, text, time
from stream.measures import WINDOWS, Step
from stream.tenants import Kind, Tenant

ROWS: Final = 20
"""Products in a ranking: what fits a screen."""

CHOICES: Final = "500"
"""Products to pick from, those with the most reviews first: the most that one answer of the API lists."""

GOOD: Final = "#299c46"
BAD: Final = "#d44a3a"


@dataclass(frozen=True, slots=True)
class Section:
    """One way to cut a tenant's products."""

    title: str
    by: GroupBy
    variable: str
    """Which one of them to show the products of."""
    label: str
    value: str | None = None
    """What it is at first; None: the one with the most reviews."""
    compared: bool = True
    """Whether all of them are shown side by side, too."""


SECTIONS: Final[dict[Kind, tuple[Section, ...]]] = {
    "ecommerce": (
        Section("Brands", "brand", "brand", "Brand"),
        Section("Categories", "category", "category", "Category"),
    ),
    "bank": (
        Section("Branches", "category", "branches", "Branches are in", "Branches", compared=False),
        Section("Products by category", "category", "category", "Category"),
    ),
    "cinema": (
        Section("Films", "category", "films", "Films are in", "Films", compared=False),
        Section("Houses", "category", "houses", "Houses are in", "Houses", compared=False),
        Section("Genres", "category", "category", "Genre"),
    ),
    "clinic": (Section("Treatments", "category", "category", "Category"),),
    "other": (Section("Categories", "category", "category", "Category"),),
}
"""By the kind of tenant."""


def tenant_dashboard(tenant: Tenant, page_url: str) -> dict[str, Any]:
    """Everything of one tenant.

    Args:
        tenant: whose.
        page_url: where the live page is, as a browser reaches it.
    """
    return document(_Dashboard(tenant, page_url.rstrip("/")).built())


class _Dashboard:
    def __init__(self, tenant: Tenant, page_url: str) -> None:
        self._tenant = tenant
        self._uid = uid("dashboard", tenant.id)
        self._page = f"{page_url}/#/{tenant.id}"
        self._board = dashboard.Dashboard(f"{tenant.name}: customers")

    def built(self) -> dashboard.Dashboard:
        """All of it."""
        self._frame()
        self._now()
        self._ranking()
        for section in SECTIONS[self._tenant.kind]:
            self._section(section)
        self._product()
        return self._board

    def _frame(self) -> None:
        board = self._board
        board.uid(self._uid).tags(["aura"]).time("now-24h", "now").refresh("30s").timezone("browser")
        board.description(
            "Shares are means of calibrated probabilities, with 95 % intervals. Tables and rolling windows end now, "
            "lines cover the time range of the dashboard."
        )
        link = dashboard.DashboardLink("Live page").type(DashboardLinkType.LINK).icon("external link")
        board.link(link.url(f"{self._page}?window=${{window}}").target_blank(True))
        board.with_variable(
            self._choice("window", "Window", self._ask("/summary", "windows.@keys"), VariableSort.DISABLED, "24h")
        )
        steps = ",".join(get_args(Step))
        board.with_variable(
            dashboard.CustomVariable("step").label("Step").values(steps).current(VariableOption(True, "1h", "1h"))
        )
        for section in SECTIONS[self._tenant.kind]:
            named = self._ask("/groups", "groups", [text("id", "Name")], {"by": section.by, "window": "all"})
            board.with_variable(
                self._choice(section.variable, section.label, named, VariableSort.DISABLED, section.value)
            )
        products = self._ask(
            "/products",
            "products",
            [text("name", "Name"), text("product_id", "Product")],
            {"window": "all", "limit": CHOICES},
        )
        board.with_variable(self._choice("product", "Product", products, VariableSort.DISABLED))

    def _now(self) -> None:
        self._board.with_row(dashboard.Row("Now"))
        windows = [share(f"windows.{window}.mean_p_good", window) for window in WINDOWS]
        self._board.with_panel(
            figures(
                "Good, in rolling windows", "Mean calibrated P(good).", self._ask("/summary", "", windows), width=12
            )
        )
        totals = self._ask("/timeline", "totals", _INTERVAL, _RANGE)
        self._board.with_panel(
            figures("Good, in this time range", "With its 95 % interval.", totals, width=8)
        ).with_panel(
            figures(
                "Agreement with stars",
                "Share of rated reviews on which the classifier and the customer's stars agree: the live accuracy.",
                self._ask(
                    "/summary", "", [share("totals.agreement", "all time"), share("windows.30d.agreement", "30d")]
                ),
                width=4,
                coloured=False,
            )
        )
        self._over_time("", width=12)

    def _over_time(self, path: str, width: int) -> None:
        asked = f"{path}/timeline"
        share_over_time = self._ask(asked, "buckets", [_START, *_BAND], _RANGE, series=True)
        counts = [_START, Column("good", "Good"), Column("bad", "Bad")]
        self._board.with_panel(
            band(
                "Share of good reviews",
                "Mean calibrated P(good), and its 95 % interval.",
                share_over_time,
                low=_LOW,
                high=_HIGH,
                width=width,
            )
        ).with_panel(
            stacked(
                "Reviews",
                "By label.",
                self._ask(asked, "buckets", counts, _RANGE, series=True),
                {"good": GOOD, "bad": BAD},
                width=width,
            )
        )
        if not path:
            moods = [_START, Column("sentiment", "Sentiment", decimals=2)]
            self._board.with_panel(
                lines(
                    "Sentiment",
                    "From -1 to 1: the mean of 2 P(good) - 1.",
                    self._ask(asked, "buckets", moods, _RANGE, series=True),
                    width=GRID,
                    height=6,
                )
            )

    def _ranking(self) -> None:
        self._board.with_row(dashboard.Row("Products, last ${window}"))
        for title, sort, what in (
            (
                "Surely worst",
                "bad_lower",
                "By the lower end of the interval of the bad share: few reviews do not lead.",
            ),
            ("Surely best", "good_lower", "By the lower end of the interval of the good share."),
        ):
            query = self._ask(
                "/products", "products", self._ranked(), {"window": "${window}", "sort": sort, "limit": str(ROWS)}
            )
            self._board.with_panel(listing(title, what, query, width=12))
        moved = self._ask(
            "/movers",
            "movers",
            self._moved(),
            {"window": "${window}", "only_significant": "false", "limit": str(ROWS)},
        )
        self._board.with_panel(
            listing(
                "Movers",
                "Against the same window before: Fisher's exact test, corrected for the number of products. Of what is "
                "not significant, a change is not shown.",
                moved,
            )
        )

    def _section(self, section: Section) -> None:
        self._board.with_row(dashboard.Row(f"{section.title}, last ${{window}}"))
        width = GRID
        if section.compared:
            width = GRID // 2
            groups = self._ask(
                "/groups", "groups", _GROUP, {"by": section.by, "window": "${window}", "limit": str(ROWS)}
            )
            self._board.with_panel(listing(section.title, "All products of each together.", groups, width=width))
        within = self._ask(
            "/products",
            "products",
            self._ranked(),
            {"window": "${window}", section.by: f"${{{section.variable}}}", "sort": "bad_lower", "limit": str(ROWS)},
        )
        self._board.with_panel(
            listing(
                f"${{{section.variable}}}",
                f"The products there, the surely worst first. Choose another at *{section.label}*.",
                within,
                width=width,
            )
        )

    def _product(self) -> None:
        self._board.with_row(dashboard.Row("One product: ${product:text}"))
        path = "/products/${product:percentencode}"
        windows = [share(f"windows.{window}.mean_p_good", window) for window in WINDOWS]
        self._board.with_panel(
            figures("Good, in rolling windows", "Mean calibrated P(good).", self._ask(path, "", windows), width=12)
        )
        totals = self._ask(f"{path}/timeline", "totals", _INTERVAL, _RANGE)
        self._board.with_panel(figures("Good, in this time range", "With its 95 % interval.", totals, width=8))
        agreement = [share("totals.agreement", "agreement"), Column("totals.rated", "rated reviews")]
        self._board.with_panel(
            figures(
                "Agreement with stars",
                "Live accuracy on this product's rated reviews.",
                self._ask(path, "", agreement),
                width=4,
                coloured=False,
            )
        )
        self._over_time(path, width=12)
        self._board.with_panel(
            listing(
                "Latest reviews",
                "As many as the tenant lets Aura keep, newest first.",
                self._ask(f"{path}/reviews", "reviews", _REVIEW, {"limit": "50"}),
            )
        )

    def _ask(
        self,
        path: str,
        root: str,
        columns: list[Column] | None = None,
        params: dict[str, str] | None = None,
        *,
        series: bool = False,
    ) -> ApiQuery:
        return ApiQuery(self._tenant.id, path, root, columns or [], params, series)

    def _choice(
        self, name: str, label: str, query: ApiQuery, sort: VariableSort, value: str | None = None
    ) -> dashboard.QueryVariable:
        found = (
            dashboard.QueryVariable(name)
            .label(label)
            .datasource(source_of(self._tenant.id))
            .query(query.variable())
            .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
            .sort(sort)
        )
        return found if value is None else found.current(VariableOption(True, value, value))

    def _id(self) -> Column:
        here = f"/d/{self._uid}?${{__url_time_range}}&${{window:queryparam}}&var-product=${{__value.raw:percentencode}}"
        return text("product_id", "Product", link=here)

    def _live(self) -> Column:
        there = f"{self._page}/product/${{__data.fields.product_id:percentencode}}?window=${{window}}"
        return text("name", "Name (live page)", link=there)

    def _ranked(self) -> list[Column]:
        return [self._id(), self._live(), *_MEASURED, share("change", "Change")]

    def _moved(self) -> list[Column]:
        return [
            self._id(),
            self._live(),
            share("change", "Change"),
            share("change_interval.0", "at least"),
            share("change_interval.1", "at most"),
            Column("measures.reviews", "Reviews"),
            Column("previous.reviews", "before"),
            Column("p_value", "p", decimals=4),
            Column("q_value", "q (corrected)", decimals=4),
            Column("significant", "Significant", "boolean"),
        ]


_LOW: Final = "mean_p_good_interval.0"
_HIGH: Final = "mean_p_good_interval.1"
_START: Final = time("start_ms", "Time")
_BAND: Final = (share("mean_p_good", "Good"), share(_LOW, "at least"), share(_HIGH, "at most"))
_INTERVAL: Final = [*_BAND, Column("reviews", "Reviews")]
_RANGE: Final = {"step": "${step}", "from": "${__from}", "to": "${__to}"}
_MEASURED: Final = (
    Column("measures.reviews", "Reviews"),
    share("measures.mean_p_good", "Good"),
    share("measures.mean_p_good_interval.0", "at least"),
    share("measures.mean_p_good_interval.1", "at most"),
)
_GROUP: Final = [text("id", "Name"), Column("products", "Products"), *_MEASURED, share("change", "Change")]
_REVIEW: Final = [
    time("occurred_ms", "Time"),
    text("label", "Label", width=80),
    share("p_good", "P(good)"),
    Column("rating", "Stars", width=70),
    text("title", "Title", wrapped=True),
    text("text", "Text", wrapped=True),
]
