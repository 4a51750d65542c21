"""Which words and phrases set bad reviews apart."""

from typing import Literal

from api.client.call import Call, Instant, instant
from api.drivers.shapes import Against, Drivers
from stream.measures import Window

Leans = Literal["any", "bad", "reference"]


def drivers(
    window: Window = "7d",
    leans: Leans = "any",
    min_reviews: int = 10,
    min_count: int = 5,
    fdr: float = 0.05,
    *,
    only_significant: bool = True,
    limit: int = 20,
    at: Instant | None = None,
) -> Call[Drivers]:
    """Words and phrases that set the tenant's bad reviews apart from its good ones, the surest first.

    Args:
        window: no longer than the tenant keeps texts.
        leans: ``bad`` for what bad reviews have more often, ``reference`` for what the others have.
        min_reviews: sampled on each side, or nothing is tested.
        min_count: reviews of both sides together that have a term, or it is not tested.
        fdr: share of significant terms that may be there by chance.
        only_significant: leave out terms of which a difference is not shown.
        limit: terms at most, 1 to 100.
        at: the end of the window; None is now.
    """
    query = {
        "window": window, "leans": leans, "min_reviews": min_reviews, "min_count": min_count, "fdr": fdr,
        "only_significant": only_significant, "limit": limit, "at": instant(at),
    }  # fmt: skip
    return Call("GET", "/v1/tenants/{tenant}/drivers", Drivers, query=query)


def product_drivers(
    product_id: str,
    against: Against = "good",
    window: Window = "7d",
    leans: Leans = "any",
    min_reviews: int = 10,
    min_count: int = 5,
    fdr: float = 0.05,
    *,
    only_significant: bool = True,
    limit: int = 20,
    at: Instant | None = None,
) -> Call[Drivers]:
    """Words and phrases that set a product's bad reviews apart, the surest first.

    Args:
        product_id: of the product.
        against: its ``good`` reviews, or the bad ones of all ``others``.
        window: as in ``drivers``, and so are those that follow.
        leans: which side has a term more often.
        min_reviews: sampled on each side.
        min_count: reviews that have a term.
        fdr: share of significant terms that may be there by chance.
        only_significant: leave out terms of which a difference is not shown.
        limit: terms at most, 1 to 100.
        at: the end of the window; None is now.
    """
    query = {
        "against": against, "window": window, "leans": leans, "min_reviews": min_reviews, "min_count": min_count,
        "fdr": fdr, "only_significant": only_significant, "limit": limit, "at": instant(at),
    }  # fmt: skip
    return Call("GET", "/v1/tenants/{tenant}/products/{product_id}/drivers", Drivers, {"product_id": product_id}, query)
