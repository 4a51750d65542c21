"""Products: the list, gathered by brand or category, one of them, over time, and its latest reviews."""

from api.client.call import Call, Instant, instant
from api.insight.shapes import Groups
from api.shapes import GroupBy, ListWindow, Order, Product, Products, Reviews, Sort, Timeline
from stream.measures import Step


def products(
    window: ListWindow = "24h",
    sort: Sort = "reviews",
    order: Order = "desc",
    at: Instant | None = None,
    page_size: int = 200,
    *,
    brand: str | None = None,
    category: str | None = None,
) -> Call[Products]:
    """All products with reviews in the window, ranked; page after page is asked for while they are read.

    Args:
        window: of the measures; ``all`` lists every product.
        sort: ``good_lower`` leads with the surely best, ``bad_lower`` with the surely worst.
        order: of ``sort``.
        at: the end of the window; None is now.
        page_size: products a request, 1 to 500.
        brand: only products that their newest event puts there.
        category: the same.
    """
    return products_page(window, sort, order, at, page_size, brand=brand, category=category)


def products_page(
    window: ListWindow = "24h",
    sort: Sort = "reviews",
    order: Order = "desc",
    at: Instant | None = None,
    limit: int = 50,
    cursor: str | None = None,
    *,
    brand: str | None = None,
    category: str | None = None,
) -> Call[Products]:
    """One page of products.

    Args:
        window: of the measures; ``all`` lists every product.
        sort: ``good_lower`` leads with the surely best, ``bad_lower`` with the surely worst.
        order: of ``sort``.
        at: the end of the window; None is now.
        limit: products on the page, 1 to 500.
        cursor: ``next_cursor`` of the page before.
        brand: only products that their newest event puts there.
        category: the same.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/products",
        Products,
        query={
            "window": window,
            "sort": sort,
            "order": order,
            "at": instant(at),
            "limit": limit,
            "cursor": cursor,
            "brand": brand,
            "category": category,
        },
    )


def groups(
    by: GroupBy = "category",
    window: ListWindow = "24h",
    sort: Sort = "reviews",
    order: Order = "desc",
    at: Instant | None = None,
    page_size: int = 200,
) -> Call[Groups]:
    """All brands or categories with reviews in the window, ranked; page after page is asked for while they are read.

    Args:
        by: what products are gathered by.
        window: of the measures; ``all`` lists every one.
        sort: as of products.
        order: of ``sort``.
        at: the end of the window; None is now.
        page_size: brands or categories a request, 1 to 500.
    """
    return groups_page(by, window, sort, order, at, page_size)


def groups_page(
    by: GroupBy = "category",
    window: ListWindow = "24h",
    sort: Sort = "reviews",
    order: Order = "desc",
    at: Instant | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Call[Groups]:
    """One page of brands or categories.

    Args:
        by: what products are gathered by.
        window: of the measures; ``all`` lists every one.
        sort: as of products.
        order: of ``sort``.
        at: the end of the window; None is now.
        limit: brands or categories on the page, 1 to 500.
        cursor: ``next_cursor`` of the page before.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/groups",
        Groups,
        query={
            "by": by,
            "window": window,
            "sort": sort,
            "order": order,
            "at": instant(at),
            "limit": limit,
            "cursor": cursor,
        },
    )


def product(product_id: str, at: Instant | None = None) -> Call[Product]:
    """Totals and every window of one product.

    Args:
        product_id: of the product.
        at: the end of the windows; None is now.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/products/{product_id}",
        Product,
        {"product_id": product_id},
        {"at": instant(at)},
    )


def product_timeline(
    product_id: str,
    step: Step = "1h",
    start: Instant | None = None,
    end: Instant | None = None,
    *,
    fill: bool = True,
) -> Call[Timeline]:
    """Sentiment over time of one product.

    Args:
        product_id: of the product.
        step: width of a bucket.
        start: of the range; None is an hour of minutes, two days of hours, or all days.
        end: of the range, not included; None is now.
        fill: list buckets without reviews too.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/products/{product_id}/timeline",
        Timeline,
        {"product_id": product_id},
        {"step": step, "from": instant(start), "to": instant(end), "fill": fill},
    )


def reviews(product_id: str, limit: int = 20) -> Call[Reviews]:
    """The reviews of a product that came last, newest first.

    Args:
        product_id: of the product.
        limit: how many at most; there are as many as the tenant lets Aura keep.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/products/{product_id}/reviews",
        Reviews,
        {"product_id": product_id},
        {"limit": limit},
    )
