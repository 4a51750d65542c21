"""Answers for the OpenAPI document: made-up reviews and counts, put through the code that answers."""

from typing import Any, Final

from api import shapes, views
from api.classifiers import views as model_views
from api.insight.examples import LAMP_ROW, NOON
from api.insight.listing import Cursor, scope_of
from api.times import Range
from stream.comparison import Disagreement, Tally
from stream.measures import DAY_MS, HOUR_MS, WINDOWS, Measures
from stream.store.comparisons import Comparison
from stream.store.state import PartitionStatus, RecentReview, WorkerStatus
from stream.store.tenures import Tenure
from stream.tenants import Tenant

_SHOP: Final = Tenant("shop", "Corner Shop", "ecommerce", "products", shadow_model="reference")
_ALL: Final = LAMP_ROW.state.totals
_WINDOWS: Final = {window: LAMP_ROW.current if count >= 24 else Measures() for window, (_, count) in WINDOWS.items()}
_KEPT: Final = RecentReview(
    event_id="shop-web-000184467",
    product_id="LAMP-7",
    text="Stopped working after a week.",
    occurred_ms=NOON,
    p_good=0.031,
    title="Broken",
    rating=2,
    product_name="Desk lamp",
    language="en",
    source="web",
)


def me() -> dict[str, Any]:
    """A key that reads."""
    return _json(
        shapes.Me(
            tenant="shop", name="Corner Shop", kind="ecommerce", model="products", role="read", key_id="3f9c0a1b2c4d"
        )
    )


def summary() -> dict[str, Any]:
    """A tenant with one product, and a worker that is one review behind."""
    part = PartitionStatus("aura.reviews", 0, 59, 61, 0.2)
    worker = WorkerStatus("w1", "CPU", {"shop": "products"}, 12.5, 0, [part], NOON)
    return _json(views.summary(_SHOP, NOON, LAMP_ROW.state, dict(_WINDOWS), 1, [worker]))


def products() -> dict[str, Any]:
    """The first page of many, with one product on it."""
    after = Cursor("24h", "reviews", "desc", NOON, (False, -60.0, "LAMP-7"), scope_of())
    return _json(
        shapes.Products(
            window="24h",
            at_ms=NOON,
            sort="reviews",
            order="desc",
            matching=12,
            products=[views.product_row(LAMP_ROW, all_time=False)],
            next_cursor=after.encode(),
        )
    )


def product() -> dict[str, Any]:
    """A lamp."""
    return _json(views.product(LAMP_ROW.state, NOON, dict(_WINDOWS)))


def reviews() -> dict[str, Any]:
    """A bad one."""
    return _json(shapes.Reviews(product_id="LAMP-7", reviews=[views.review(_KEPT)]))


def timeline() -> dict[str, Any]:
    """Two hours, one of them without reviews."""
    return _json(
        views.timeline(Range("1h", NOON - HOUR_MS, NOON + HOUR_MS), [(NOON, LAMP_ROW.current)], fill=True),
    )


def models() -> dict[str, Any]:
    """A model that counts, and a shadow."""
    counting, shadow = "products@4f2e9c01ab37", "reference@93d1b5a6fe02"
    tally = Tally(40, 24, 3, 1, 12, -600_000, 2_400_000, 30, 4, 2, 4)
    return _json(
        model_views.models(
            _SHOP,
            [Tenure("aura.reviews", 0, 0, counting, NOON - DAY_MS, NOON, _ALL)],
            [Comparison("0f3a9c1b2d4e", counting, shadow, NOON - HOUR_MS, NOON, tally)],
        )
    )


def disagreements() -> dict[str, Any]:
    """A review that only the shadow calls good."""
    one = Disagreement("shop-web-000184467", "LAMP-7", "Not bad at all.", NOON, 0.44, 0.71)
    return {"reviews": [_json(model_views.disagreement(one))]}


def accepted() -> dict[str, Any]:
    """One review."""
    return _json(shapes.Accepted(accepted=1, event_ids=["shop-web-000184467"]))


def classified() -> dict[str, Any]:
    """A bad review, by a model that tells good from bad."""
    return _json(
        shapes.Classification(
            model=shapes.ModelName(name="products", version="1.0.0"),
            reviews=[shapes.Classified(p_good=0.031, p_bad=0.969, label="bad")],
        )
    )


METRICS: Final = """# HELP aura_api_requests_total Requests answered.
# TYPE aura_api_requests_total counter
aura_api_requests_total{method="GET",route="/v1/tenants/{tenant}/summary",status="200"} 41.0
"""


def _json(shape: shapes.Shape) -> dict[str, Any]:
    return shape.model_dump(mode="json")
