"""What the API answers, as OpenAPI shows it. Times are milliseconds since 1970-01-01 UTC, ratios 0..1."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from stream.event import MAX_TEXT_CHARS
from stream.measures import Step, Window
from stream.tenants import Kind, Role

Ratio = Annotated[float, Field(ge=0, le=1)]
Interval = Annotated[tuple[Ratio, Ratio], Field(description="95 % Wilson score interval.")]
MeanPGood = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description=(
            "Mean calibrated P(good): an estimate of the good share without the bias of counting labels. On reviews "
            "never learned it was off by 0.030 a product, 0.058 a bank and 0.083 a film, its interval holding the "
            "true share of 91, 67 and 53 % of them; `good_ratio` by 0.044, 0.054 and 0.055, and 79, 50 and 73 %. "
            "*Probabilistic classify and count* (Bella et al. 2010), where `good_ratio` is *classify and count* "
            "(Forman 2008)."
        ),
    ),
]
MeanInterval = Annotated[
    tuple[Ratio, Ratio],
    Field(
        description=(
            "95 % score interval with the sum of P(good) in place of a count. It covers the chance of which reviews "
            "happened to be written; not a classifier that is off for this product, nor reviews that depend on each "
            "other."
        )
    ),
]
Sentiment = Annotated[float, Field(ge=-1, le=1, description="Mean of 2 P(good) - 1, calibrated.")]
Millis = Annotated[int, Field(ge=0, examples=[1716212345678])]
Label = Literal["good", "bad"]
Sort = Literal[
    "reviews",
    "good_ratio",
    "bad_ratio",
    "good_lower",
    "bad_lower",
    "mean_p_good_lower",
    "mean_p_bad_lower",
    "change",
]
Order = Literal["asc", "desc"]
Direction = Literal["any", "up", "down"]
CompareBy = Literal["product", "brand", "category"]
GroupBy = Literal["brand", "category"]
ListWindow = Literal["5m", "15m", "1h", "24h", "7d", "30d", "all"]


class Shape(BaseModel):
    """What all answers share."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Measures(Shape):
    """Counts and what follows from them. Without reviews every ratio is null."""

    reviews: int
    good: Annotated[int, Field(description="Reviews labelled good: P(good) of 1/2 or more.")]
    bad: int
    good_ratio: Ratio | None
    bad_ratio: Ratio | None
    good_interval: Interval | None
    bad_interval: Interval | None
    mean_p_good: MeanPGood | None
    mean_p_good_interval: MeanInterval | None
    sentiment: Sentiment | None
    rated: Annotated[int, Field(description="Reviews that carried stars.")]
    rating_mean: Annotated[float | None, Field(ge=1, le=5)]
    rated_bad: Annotated[int, Field(description="Rated reviews below 4 stars.")]
    agreement: Annotated[
        Ratio | None, Field(description="Share of rated reviews on which label and stars agree: the live accuracy.")
    ]


Windows = Annotated[
    dict[Window, Measures],
    Field(description="Every window, ending at `at_ms`; with `at` only those that are kept still."),
]


class Pipeline(Shape):
    """How the whole installation keeps up; not this tenant alone."""

    workers: Annotated[int, Field(description="Workers that gave a sign of life within ten seconds.")]
    reviews_per_second: float
    lag_records: Annotated[int, Field(description="Records in the log that are not counted yet.")]
    lag_seconds: Annotated[float, Field(description="Age of the oldest of them.")]
    dead_letters: int


class Summary(Shape):
    """A tenant at a glance."""

    tenant: Annotated[str, Field(examples=["shop"])]
    name: Annotated[str, Field(examples=["Corner Shop"])]
    kind: Kind
    model: str
    at_ms: Annotated[Millis, Field(description="The end of every window: the clock, or the newest event of a replay.")]
    products: int
    first_review_ms: Millis | None
    last_review_ms: Millis | None
    late: Annotated[int, Field(description="Reviews that came 48 hours or more after they were written.")]
    totals: Measures
    windows: Windows
    pipeline: Pipeline


class Trend(Shape):
    """The window cut into at most 30 parts, oldest first, as columns of equal length."""

    reviews: list[int]
    good_ratio: list[Ratio | None]
    sentiment: list[Sentiment | None]


class ProductRow(Shape):
    """A product in a listing."""

    product_id: Annotated[str, Field(examples=["LAMP-7"])]
    name: Annotated[str | None, Field(examples=["Desk lamp"])]
    brand: str | None
    categories: list[str]
    reviews_total: int
    first_review_ms: Millis
    last_review_ms: Millis
    measures: Measures
    previous: Annotated[Measures | None, Field(description="The same window right before; null for all time.")]
    change: Annotated[float | None, Field(ge=-1, le=1, description="Good ratio against that of `previous`.")]
    trend: Trend


class Products(Shape):
    """One page of a tenant's products."""

    window: ListWindow
    at_ms: Millis
    sort: Sort
    order: Order
    matching: Annotated[int, Field(description="Products with reviews in the window.")]
    products: list[ProductRow]
    next_cursor: Annotated[str | None, Field(description="Ask with it for the next page; null on the last one.")]


class Product(Shape):
    """One product."""

    product_id: Annotated[str, Field(examples=["LAMP-7"])]
    name: Annotated[str | None, Field(examples=["Desk lamp"])]
    brand: str | None
    categories: list[str]
    at_ms: Millis
    first_review_ms: Millis
    last_review_ms: Millis
    late: int
    totals: Measures
    windows: Windows


class Bucket(Shape):
    """One minute, hour or day (UTC)."""

    start_ms: Millis
    reviews: int
    good: int
    bad: int
    good_ratio: Ratio | None
    good_interval: Interval | None
    mean_p_good: MeanPGood | None
    mean_p_good_interval: MeanInterval | None
    sentiment: Sentiment | None


class Timeline(Shape):
    """Buckets from `from_ms` up to, but without, `to_ms`."""

    step: Step
    from_ms: Millis
    to_ms: Millis
    filled: Annotated[bool, Field(description="Whether buckets without reviews are listed too.")]
    totals: Annotated[Measures, Field(description="All listed buckets together.")]
    buckets: list[Bucket]


class Review(Shape):
    """A scored review."""

    event_id: str
    product_id: str
    product_name: str | None
    title: str | None
    text: Annotated[str, Field(examples=["Stopped working after a week."])]
    truncated: Annotated[bool, Field(description="Whether `text` is only the beginning.")]
    rating: Annotated[int | None, Field(ge=1, le=5)]
    language: str | None
    source: str | None
    occurred_ms: Millis
    p_good: Ratio
    label: Label


class Reviews(Shape):
    """The reviews of a product that arrived last, newest first."""

    product_id: str
    reviews: list[Review]


class LiveSummary(Shape):
    """Event `summary` of the live stream."""

    at_ms: Millis
    reviews_per_second: Annotated[float, Field(description="This tenant's own, over the last 10 s.")]
    products: int
    totals: Measures
    windows: Annotated[dict[Window, Measures], Field(description="5m and 1h.")]
    pipeline: Pipeline


class LiveReviews(Shape):
    """Event `reviews` of the live stream: what was counted since the one before."""

    reviews: int
    good: int
    bad: int
    sample: Annotated[list[Review], Field(max_length=20, description="The newest of them, newest last.")]


class Accepted(Shape):
    """Reviews that are in the log now and will be counted."""

    accepted: int
    event_ids: Annotated[list[str], Field(description="In the order of the request; made here where it gave none.")]


class ModelName(Shape):
    """A classifier."""

    name: Annotated[str, Field(examples=["reference"])]
    version: str


class Classified(Shape):
    """What the tenant's model makes of one review."""

    p_good: Ratio
    p_bad: Ratio
    label: Label
    stars: Annotated[
        int | None, Field(ge=1, le=5, description="The likeliest number; null from a model that tells good from bad.")
    ] = None
    p_stars: Annotated[
        tuple[Ratio, Ratio, Ratio, Ratio, Ratio] | None,
        Field(description="Probability of one to five stars; `p_bad` is that of one to three."),
    ] = None


class Classification(Shape):
    """What the tenant's model makes of the reviews, in the order of the request."""

    model: ModelName
    reviews: list[Classified]


class Me(Shape):
    """What a key opens."""

    tenant: Annotated[str, Field(examples=["shop"])]
    name: Annotated[str, Field(examples=["Corner Shop"])]
    kind: Kind
    model: str
    role: Role
    key_id: Annotated[str, Field(examples=["3f9c0a1b2c4d"])]


class Status(Shape):
    """A service that works."""

    status: Literal["alive", "ready"]


class FieldError(BaseModel):
    """One thing wrong with a request."""

    model_config = ConfigDict(frozen=True)

    field: Annotated[str, Field(examples=["rating"])]
    reason: Annotated[str, Field(examples=["Expected `int` <= 5"])]
    index: Annotated[int | None, Field(description="Which review of the request, from 0.")] = None


class Missing(BaseModel):
    """A part that is not there."""

    part: Literal["redis", "kafka", "worker", "tenants file"]
    reason: str


class ProblemBody(BaseModel):
    """An error, as RFC 9457 has it."""

    model_config = ConfigDict(frozen=True, extra="allow", title="Problem")

    type: Annotated[str, Field(examples=["urn:aura:problem:not-found"])]
    title: str
    status: int
    detail: str
    instance: Annotated[str, Field(description="The path asked for.")]
    errors: Annotated[list[FieldError] | None, Field(description="What is wrong with the request.")] = None
    missing: Annotated[list[Missing] | None, Field(description="What `/readyz` misses.")] = None
    event_ids: Annotated[
        list[str] | None,
        Field(description="Of reviews not acknowledged, in the order posted: send them again with these."),
    ] = None


class ToClassify(BaseModel):
    """A review to be judged."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS, examples=["Stopped working after a week."])]
    title: Annotated[str | None, Field(max_length=1_000)] = None


class ClassifyRequest(BaseModel):
    """Reviews to be judged by the tenant's model."""

    reviews: Annotated[list[ToClassify], Field(min_length=1, max_length=256)]
