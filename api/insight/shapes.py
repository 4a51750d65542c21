"""What the insight endpoints answer: what moved, and how products stand against each other."""

from typing import Annotated

from pydantic import Field

from api.shapes import (
    CompareBy,
    Direction,
    GroupBy,
    ListWindow,
    Measures,
    Millis,
    Order,
    Ratio,
    Shape,
    Sort,
    Trend,
)
from stream.measures import Window

Difference = Annotated[float, Field(ge=-1, le=1)]
DifferenceInterval = Annotated[
    tuple[Difference, Difference], Field(description="95 % interval of the difference (Newcombe 1998, method 10).")
]
PValue = Annotated[
    Ratio, Field(description="Fisher's exact test of no difference, two-sided (twice the smaller tail).")
]


class Mover(Shape):
    """A product in two windows, and whether it changed."""

    product_id: Annotated[str, Field(examples=["LAMP-7"])]
    name: Annotated[str | None, Field(examples=["Desk lamp"])]
    brand: str | None
    categories: list[str]
    measures: Annotated[Measures, Field(description="Of the window.")]
    previous: Annotated[Measures, Field(description="Of the same window right before.")]
    change: Annotated[Difference, Field(description="`good_ratio` of the window less that of `previous`.")]
    change_interval: DifferenceInterval
    changed_at_least: Annotated[
        Ratio, Field(description="The end of `change_interval` nearer to 0, without its sign; 0 if that is inside.")
    ]
    p_value: PValue
    q_value: Annotated[
        Ratio, Field(description="`p_value` corrected for all products tested (Benjamini and Hochberg 1995).")
    ]
    significant: Annotated[bool, Field(description="`q_value` is at most `fdr`.")]


class Movers(Shape):
    """Products whose good share changed, the surest and largest changes first."""

    window: Window
    at_ms: Millis
    from_ms: Annotated[Millis, Field(description="Where the window begins; the one before ends there.")]
    to_ms: Annotated[Millis, Field(description="Where it ends, not included: the end of the bucket of `at_ms`.")]
    min_reviews: int
    fdr: Ratio
    direction: Direction
    tested: Annotated[int, Field(description="Products with `min_reviews` or more in both windows.")]
    significant: Annotated[int, Field(description="Those of them that changed, either way.")]
    movers: list[Mover]
    next_cursor: Annotated[str | None, Field(description="Ask with it for the next page; null on the last one.")]


class Compared(Shape):
    """One side of a comparison."""

    id: Annotated[str, Field(examples=["LAMP-7"], description="Product id, brand or category, as asked.")]
    name: Annotated[str | None, Field(examples=["Desk lamp"], description="Of a product.")]
    products: Annotated[int, Field(description="Products with reviews in the window that it counts.")]
    measures: Measures


class ComparedPair(Shape):
    """One side less another."""

    id: Annotated[str, Field(examples=["LAMP-7"])]
    against: Annotated[str, Field(examples=["LAMP-8"])]
    difference: Annotated[Difference, Field(description="`good_ratio` of `id` less that of `against`.")]
    difference_interval: DifferenceInterval
    p_value: PValue
    p_holm: Annotated[Ratio, Field(description="`p_value` corrected for all pairs of this answer (Holm 1979).")]


class Comparison(Shape):
    """Products, brands or categories over the same window."""

    by: CompareBy
    window: ListWindow
    at_ms: Millis
    items: Annotated[list[Compared], Field(description="In the order asked.")]
    differences: Annotated[
        list[ComparedPair],
        Field(description="Every pair, but those of which a side has no reviews or that have a product in common."),
    ]


class Group(Shape):
    """A brand or category: all of its products together."""

    id: Annotated[str, Field(examples=["Lighting"], description="The brand or category, as events name it.")]
    products: Annotated[int, Field(description="Products with reviews in the window.")]
    reviews_total: int
    first_review_ms: Millis
    last_review_ms: Millis
    measures: Measures
    previous: Annotated[Measures | None, Field(description="The same window right before; null for all time.")]
    change: Annotated[float | None, Field(ge=-1, le=1, description="Good ratio against that of `previous`.")]
    trend: Trend


class Groups(Shape):
    """One page of a tenant's brands or categories."""

    by: GroupBy
    window: ListWindow
    at_ms: Millis
    sort: Sort
    order: Order
    matching: Annotated[int, Field(description="Brands or categories with reviews in the window.")]
    groups: list[Group]
    next_cursor: Annotated[str | None, Field(description="Ask with it for the next page; null on the last one.")]
