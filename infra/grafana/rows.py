"""The rows of a tenant's dashboard, from how it stands to one product closely."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard

from infra.grafana import columns
from infra.grafana.columns import RANGE, Asking
from infra.grafana.panels import GRID, band, figures, lines, linked, listing, stacked
from infra.grafana.sections import Section

LISTED: Final = "20"
"""Products in a ranking: what fits a screen."""

_GREEN: Final = "#299c46"
_RED: Final = "#d44a3a"
_WINDOW: Final = {"window": "${window}"}


def now(board: dashboard.Dashboard, asking: Asking) -> None:
    """How the tenant stands."""
    board.with_row(dashboard.Row("Now"))
    _standing(board, asking, "", "/summary")
    moods = asking.ask("/timeline", "buckets", columns.SENTIMENT, RANGE, series=True)
    board.with_panel(
        lines("Sentiment", "From -1 to 1: the mean of 2 P(good) - 1.", moods, width=GRID, height=6)
    )  # fmt: skip


def ranking(board: dashboard.Dashboard, asking: Asking) -> None:
    """Best, worst, and what changed."""
    board.with_row(dashboard.Row("Products, last ${window}"))
    for title, sort, what in (
        ("Surely worst", "bad_lower", "By the lower end of the interval of the bad share: few reviews do not lead."),
        ("Surely best", "good_lower", "By the lower end of the interval of the good share."),
    ):
        params = {**_WINDOW, "sort": sort, "limit": LISTED}
        board.with_panel(listing(title, what, asking.ask("/products", "products", asking.ranked(), params), width=12))
    params = {**_WINDOW, "only_significant": "false", "limit": LISTED}
    board.with_panel(
        listing(
            "Movers",
            "Against the same window before: Fisher's exact test, corrected for the number of products. Of what is not "
            "significant, a change is not shown.",
            asking.ask("/movers", "movers", asking.moved(), params),
        )
    )
    _drivers(board, asking, "")


def section(board: dashboard.Dashboard, asking: Asking, cut: Section) -> None:
    """One way to cut the products."""
    board.with_row(dashboard.Row(f"{cut.title}, last ${{window}}"))
    width = GRID
    if cut.compared:
        width = GRID // 2
        params = {"by": cut.by, **_WINDOW, "limit": LISTED}
        groups = asking.ask("/groups", "groups", columns.GROUP, params)
        board.with_panel(listing(cut.title, "All products of each together.", groups, width=width))
    params = {**_WINDOW, cut.by: f"${{{cut.variable}}}", "sort": "bad_lower", "limit": LISTED}
    board.with_panel(
        listing(
            f"${{{cut.variable}}}",
            f"The products there, the surely worst first. Choose another at *{cut.label}*.",
            asking.ask("/products", "products", asking.ranked(), params),
            width=width,
        )
    )


def trust(board: dashboard.Dashboard, asking: Asking) -> None:
    """How far the classifier can be believed."""
    board.with_row(dashboard.Row("Can it be trusted?"))
    _accuracy(board, asking, "")
    board.with_panel(
        listing(
            "Drift",
            "The last 24 hours beside the 30 days before: are scores and words still what they were? PSI: moderate "
            "from 0.10, major from 0.25 on; too_few: a major one could have been missed.",
            asking.ask("/drift", "", columns.DRIFT),
            height=4,
        )
    )


def alerts(board: dashboard.Dashboard, asking: Asking) -> None:
    """The tenant's own alert rules, which need no Grafana."""
    board.with_row(dashboard.Row("Alerts of the tenants file"))
    rules = asking.ask("/alerts/rules", "rules", columns.ALERT_RULE)
    events = asking.ask("/alerts", "events", columns.ALERT_EVENT, {"limit": LISTED})
    board.with_panel(listing("Rules", "As `aura alerts run` evaluates them.", rules, width=10)).with_panel(
        linked(listing("What happened", "Newest first.", events, width=14), "Live page", f"{asking.page}/alerts")
    )


def product(board: dashboard.Dashboard, asking: Asking) -> None:
    """One product closely."""
    board.with_row(dashboard.Row("One product: ${product:text}"))
    path = "/products/${product:percentencode}"
    _standing(board, asking, path, path)
    _drivers(board, asking, path)
    _accuracy(board, asking, path)
    reviews = listing(
        "Latest reviews",
        "As many as the tenant lets Aura keep, newest first.",
        asking.ask(f"{path}/reviews", "reviews", columns.REVIEW, {"limit": "50"}),
    )
    there = f"{asking.page}/product/${{product:percentencode}}?window=${{window}}"
    board.with_panel(linked(reviews, "Live page", there))


def _standing(board: dashboard.Dashboard, asking: Asking, path: str, windows: str) -> None:
    over_time = f"{path}/timeline"
    rolling = asking.ask(windows, "", columns.GOOD_IN_WINDOWS)
    totals = asking.ask(over_time, "totals", columns.GOOD_AND_INTERVAL, RANGE)
    shares = asking.ask(over_time, "buckets", columns.GOOD_OVER_TIME, RANGE, series=True)
    counts = asking.ask(over_time, "buckets", columns.COUNTS, RANGE, series=True)
    board.with_panel(
        figures("Good, in rolling windows", "Mean calibrated P(good).", rolling, width=14)
    ).with_panel(
        figures("Good, in this time range", "With its 95 % interval.", totals, width=10)
    ).with_panel(
        band(
            "Share of good reviews",
            "Mean calibrated P(good), and its 95 % interval.",
            shares,
            low=columns.LOW,
            high=columns.HIGH,
            width=12,
        )
    ).with_panel(
        stacked("Reviews", "By label.", counts, {"good": _GREEN, "bad": _RED}, width=12)
    )  # fmt: skip


def _drivers(board: dashboard.Dashboard, asking: Asking, path: str) -> None:
    tenant = asking.tenant
    if not tenant.recent_reviews:
        return  # a tenant that keeps no texts has none
    # Of a longer window than texts are kept for, the API does not answer.
    window = "7d" if tenant.recent_days >= 7 else "24h"
    params = {"window": window, "leans": "bad", "only_significant": "false", "limit": LISTED}
    board.with_panel(
        listing(
            f"What bad reviews talk about, last {window}",
            "Words and phrases that they have more often than good ones: log-odds with a prior (Monroe et al. 2008), "
            "Fisher's exact test, corrected for the number of terms.",
            asking.ask(f"{path}/drivers", "terms", columns.DRIVER, params),
        )
    )


def _accuracy(board: dashboard.Dashboard, asking: Asking, path: str) -> None:
    now_, over_time = (
        asking.ask(f"{path}/accuracy", root, shown, _WINDOW, series=bool(root))
        for root, shown in (("", columns.ACCURACY), ("buckets", columns.ACCURACY_OVER_TIME))
    )
    board.with_panel(
        figures(
            "Live accuracy, last ${window}",
            "Share of reviews with stars on which the classifier agrees with them, and what its test promised for as "
            "many good and bad ones (from 30 reviews on).",
            now_,
            width=12,
            height=6,
            coloured=False,
        )
    ).with_panel(
        band(
            "Live accuracy over time",
            "With its 95 % interval.",
            over_time,
            low=columns.ACCURACY_LOW,
            high=columns.ACCURACY_HIGH,
            width=12,
            height=6,
        )
    )
