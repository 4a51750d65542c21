"""Answers of the insight endpoints for the OpenAPI document: made-up counts, put through the code that answers."""

from typing import Any, Final

from api.insight import views as insight_views
from api.insight.comparing import Group
from api.insight.grouping import gather
from api.insight.listing import Cursor, scope_of
from api.insight.movers import examine
from stream.measures import Measures
from stream.store.state import EntityState, ProductRow, Profile

NOON: Final = 1_716_206_400_000  # 2024-05-20T12:00:00Z

_LAMP: Final = Measures(60, 31, 32_400_000, 40, 128, 19, 37)
_LAMP_BEFORE: Final = Measures(80, 68, 65_900_000, 52, 226, 7, 49)
LAMP_ROW: Final = ProductRow(
    EntityState("shop", "LAMP-7", Profile("Desk lamp", "Nordhavn", ("Lighting",)), _LAMP, 0, NOON, NOON),
    _LAMP,
    _LAMP_BEFORE,
    [],
)
_KETTLE: Final = Measures(45, 41, 39_100_000, 30, 134, 3, 28)


def movers() -> dict[str, Any]:
    """A lamp that turned bad."""
    return insight_views.moved(
        examine([LAMP_ROW], 5),
        window="24h",
        at_ms=NOON,
        min_reviews=5,
        fdr=0.05,
        direction="any",
        only_significant=True,
        limit=20,
    ).model_dump(mode="json")


def comparison() -> dict[str, Any]:
    """A lamp beside a kettle."""
    groups = [
        Group("LAMP-7", "Desk lamp", frozenset({"LAMP-7"}), _LAMP),
        Group("KETTLE", "Kettle", frozenset({"KETTLE"}), _KETTLE),
    ]
    return insight_views.comparison(groups, by="product", window="24h", at_ms=NOON).model_dump(mode="json")


def groups() -> dict[str, Any]:
    """The first of a dozen categories: that of the lamp."""
    gathered = gather([LAMP_ROW], "category")
    return {
        "by": "category",
        "window": "24h",
        "at_ms": NOON,
        "sort": "reviews",
        "order": "desc",
        "matching": 12,
        "groups": [insight_views.group(gathered.rows[0], 1, all_time=False).model_dump(mode="json")],
        "next_cursor": Cursor(
            "24h", "reviews", "desc", NOON, (False, -60.0, "Lighting"), scope_of(by="category")
        ).encode(),
    }
