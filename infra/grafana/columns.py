"""The columns that a tenant's panels show, and the queries that ask for them."""

from typing import Final

from infra.grafana.names import uid
from infra.grafana.queries import ApiQuery, Column, share, text, time
from stream.measures import WINDOWS
from stream.tenants import Tenant

RANGE: Final = {"step": "${step}", "from": "${__from}", "to": "${__to}"}
"""The time range of the dashboard."""

START: Final = time("start_ms", "Time")
LOW: Final = "mean_p_good_interval.0"
HIGH: Final = "mean_p_good_interval.1"
GOOD_OVER_TIME: Final = [START, share("mean_p_good", "Good"), share(LOW, "at least"), share(HIGH, "at most")]
COUNTS: Final = [START, Column("good", "Good"), Column("bad", "Bad")]
SENTIMENT: Final = [START, Column("sentiment", "Sentiment", decimals=2)]
GOOD_AND_INTERVAL: Final = [*GOOD_OVER_TIME[1:], Column("reviews", "Reviews")]
GOOD_IN_WINDOWS: Final = [share(f"windows.{window}.mean_p_good", window) for window in WINDOWS]

MEASURED: Final = (
    Column("measures.reviews", "Reviews"),
    share("measures.mean_p_good", "Good"),
    share("measures.mean_p_good_interval.0", "at least"),
    share("measures.mean_p_good_interval.1", "at most"),
)
GROUP: Final = [text("id", "Name"), Column("products", "Products"), *MEASURED, share("change", "Change")]

ACCURACY_LOW: Final = "accuracy_interval.0"
ACCURACY_HIGH: Final = "accuracy_interval.1"
_RIGHT: Final = (
    share("accuracy", "Right"),
    share(ACCURACY_LOW, "at least"),
    share(ACCURACY_HIGH, "at most"),
)
ACCURACY: Final = [*_RIGHT, share("card.expected_accuracy", "by its test"), Column("rated", "Reviews with stars")]
ACCURACY_OVER_TIME: Final = [START, *_RIGHT]

DRIVER: Final = [
    text("term", "Word or phrase"),
    share("bad_share", "of bad reviews"),
    share("reference_share", "of good ones"),
    Column("bad_count", "Bad reviews with it"),
    Column("z", "z", decimals=1),
    Column("q_value", "q (corrected)", decimals=4),
    Column("significant", "Significant", "boolean"),
]

DRIFT: Final = [
    text("level", "Drift"),
    text("scores.level", "of scores"),
    Column("scores.psi", "PSI", decimals=3),
    Column("scores.detectable_psi", "would be found from", decimals=3),
    text("words.level", "of words"),
    share("words.unknown_rate", "Unknown words"),
    share("words.reference_unknown_rate", "before"),
    Column("scores.current.reviews", "Reviews"),
    Column("scores.reference.reviews", "before "),
]

ALERT_RULE: Final = [
    text("id", "Rule"),
    text("kind", "Kind"),
    text("state", "State"),
    Column("on", "Alerts on"),
    Column("watched", "Watched"),
    text("window", "Window"),
]
ALERT_EVENT: Final = [
    time("noted_ms", "Time"),
    text("event", "Event"),
    text("severity", "Severity"),
    text("rule", "Rule"),
    text("product_id", "Product"),
    text("why", "Why", wrapped=True),
]

REVIEW: Final = [
    time("occurred_ms", "Time"),
    text("label", "Label", width=80),
    share("p_good", "P(good)"),
    Column("rating", "Stars", width=70),
    text("title", "Title", wrapped=True),
    text("text", "Text", wrapped=True),
]


class Asking:
    """Queries as one tenant, and columns that link to its dashboard and live page."""

    def __init__(self, tenant: Tenant, page_url: str) -> None:
        self.tenant = tenant
        self.uid = uid("dashboard", tenant.id)
        self.page = f"{page_url.rstrip('/')}/#/{tenant.id}"

    def ask(
        self,
        path: str,
        root: str,
        columns: list[Column] | None = None,
        params: dict[str, str] | None = None,
        *,
        series: bool = False,
    ) -> ApiQuery:
        """A query of ``path``, below the tenant's."""
        return ApiQuery(self.tenant.id, path, root, columns or [], params, series)

    def product(self) -> list[Column]:
        """A product's id, which shows it on this dashboard, and its name, which leads to the live page."""
        here = f"/d/{self.uid}?${{__url_time_range}}&${{window:queryparam}}&var-product=${{__value.raw:percentencode}}"
        there = f"{self.page}/product/${{__data.fields.product_id:percentencode}}?window=${{window}}"
        return [text("product_id", "Product", link=here), text("name", "Name (live page)", link=there)]

    def ranked(self) -> list[Column]:
        """Of a product in a ranking."""
        return [*self.product(), *MEASURED, share("change", "Change")]

    def moved(self) -> list[Column]:
        """Of a product that changed."""
        return [
            *self.product(),
            share("change", "Change"),
            share("change_interval.0", "at least"),
            share("change_interval.1", "at most"),
            Column("measures.reviews", "Reviews"),
            Column("previous.reviews", "before"),
            Column("p_value", "p", decimals=4),
            Column("q_value", "q (corrected)", decimals=4),
            Column("significant", "Significant", "boolean"),
        ]
