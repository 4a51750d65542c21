"""What the drivers' endpoints answer."""

from typing import Annotated, Literal

from pydantic import Field

from api.shapes import Millis, Ratio, Shape
from stream.measures import Window

Against = Literal["good", "others"]
Leaning = Literal["bad", "reference"]

Count = Annotated[int, Field(ge=0)]


class Side(Shape):
    """The reviews of one side."""

    reviews: Annotated[Count, Field(description="That there are in the window.")]
    sampled: Annotated[Count, Field(description="Of them, those that counts and shares below rest on.")]


class Driver(Shape):
    """A word or phrase that one side has more often than the other."""

    term: Annotated[str, Field(examples=["stopped working"], description="One word, or two side by side; lower case.")]
    leans: Annotated[
        Leaning, Field(description="Where it stands more often: `bad`, the bad reviews asked about, or `reference`.")
    ]
    bad_count: Annotated[Count, Field(description="Sampled bad reviews that have it.")]
    reference_count: Annotated[Count, Field(description="Sampled reviews of the other side that have it.")]
    bad_share: Ratio
    reference_share: Ratio
    log_odds: Annotated[
        float, Field(description="Log-odds ratio with an informative prior; above 0 where `leans` is `bad`.")
    ]
    z: Annotated[float, Field(description="`log_odds` by its standard error: the order of the list.")]
    p_value: Annotated[
        Ratio, Field(description="Fisher's exact test of equal shares, two-sided (twice the smaller tail).")
    ]
    q_value: Annotated[
        Ratio, Field(description="`p_value` corrected for all terms tested (Benjamini and Hochberg 1995).")
    ]
    significant: Annotated[bool, Field(description="`q_value` is at most `fdr`.")]


class Drivers(Shape):
    """Words and phrases that set bad reviews apart, the surest first."""

    product_id: Annotated[str | None, Field(examples=["LAMP-7"], description="null for the tenant as a whole.")]
    against: Against
    window: Window
    at_ms: Millis
    from_ms: Annotated[Millis, Field(description="Where the window begins.")]
    to_ms: Annotated[Millis, Field(description="Where it ends, not included: the end of the bucket of `at_ms`.")]
    bad: Annotated[Side, Field(description="Bad reviews of the product, or of the tenant.")]
    reference: Annotated[
        Side, Field(description="Good reviews of the same (`against=good`), or other products' bad ones (`others`).")
    ]
    min_reviews: int
    min_count: int
    fdr: Ratio
    enough: Annotated[
        bool, Field(description="Both sides have `min_reviews` sampled reviews or more; else nothing is tested.")
    ]
    tested: Annotated[int, Field(description="Terms in `min_count` reviews or more of both sides together.")]
    significant: Annotated[int, Field(description="Those of them that differ, either way.")]
    terms: list[Driver]
