"""What changed, and how products stand against each other."""

from collections.abc import Sequence

from api.client.call import Call, Instant, instant
from api.insight.shapes import Comparison, Movers
from api.shapes import CompareBy, Direction, ListWindow
from stream.measures import Window


def movers(
    window: Window = "24h",
    direction: Direction = "any",
    min_reviews: int = 5,
    fdr: float = 0.05,
    *,
    only_significant: bool = True,
    limit: int = 20,
    cursor: str | None = None,
    at: Instant | None = None,
) -> Call[Movers]:
    """Products whose share of good reviews changed, the surest and largest changes first.

    Args:
        window: compared with the same window right before.
        direction: ``up`` is for the better.
        min_reviews: in each of the two windows, or a product is not tested.
        fdr: share of those listed as changed that may have done so by chance.
        only_significant: leave out products of which a change is not shown.
        limit: products at most, 1 to 100.
        cursor: ``next_cursor`` of the page before.
        at: the end of the window; None is now.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/movers",
        Movers,
        query={
            "window": window,
            "direction": direction,
            "min_reviews": min_reviews,
            "fdr": fdr,
            "only_significant": only_significant,
            "limit": limit,
            "cursor": cursor,
            "at": instant(at),
        },
    )


def compare(
    items: Sequence[str], by: CompareBy = "product", window: ListWindow = "24h", at: Instant | None = None
) -> Call[Comparison]:
    """Products, brands or categories side by side, and the difference of every pair.

    Args:
        items: 2 to 10 product ids, brands or categories.
        by: what they are.
        window: of the measures.
        at: the end of the window; None is now.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/compare",
        Comparison,
        query={"item": items, "by": by, "window": window, "at": instant(at)},
    )
