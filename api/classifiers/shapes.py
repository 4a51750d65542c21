"""What the API answers of a tenant's models. Times are milliseconds since 1970-01-01 UTC, ratios 0..1."""

from typing import Annotated

from pydantic import Field

from api.shapes import Measures, Millis, Ratio, Shape

Reference = Annotated[
    str, Field(description="Name or folder, @, and the digest of the artefact.", examples=["films@4f2e9c01ab37"])
]


class ModelCount(Shape):
    """What one model has counted."""

    model: Reference
    since_ms: Annotated[Millis, Field(description="When the log took the reviews of its first batch.")]
    until_ms: Annotated[Millis, Field(description="When the log took the newest review that it counted.")]
    measures: Measures


class Answers(Shape):
    """Reviews by what the two models called them."""

    both_good: int
    only_active_good: int
    only_shadow_good: int
    both_bad: int


class Rights(Shape):
    """Rated reviews by which model's label agrees with the stars."""

    both: int
    only_active: int
    only_shadow: int
    neither: int


class Comparison(Shape):
    """A shadow beside the model that counted. Of heavy traffic it is a sample of whole batches."""

    id: Annotated[str, Field(examples=["0f3a9c1b2d4e"])]
    active: Reference
    shadow: Reference
    since_ms: Millis
    until_ms: Millis
    reviews: Annotated[int, Field(description="Reviews that both have scored.")]
    passed_over: Annotated[int, Field(description="Reviews that the shadow had no time for.")]
    agreement: Annotated[Ratio | None, Field(description="Share of reviews that both call the same.")]
    mean_difference: Annotated[
        float | None, Field(ge=-1, le=1, description="Mean of the shadow's P(good) less the active model's.")
    ]
    mean_distance: Annotated[Ratio | None, Field(description="The same of absolute values.")]
    labels: Answers
    rated: Rights


class Models(Shape):
    """A tenant's models."""

    tenant: Annotated[str, Field(examples=["shop"])]
    model: Annotated[str, Field(description="What counts, as the tenants file names it.")]
    previous_model: Annotated[str | None, Field(description="What a rollback goes back to.")]
    shadow_model: Annotated[str | None, Field(description="What only scores beside it.")]
    counted: Annotated[list[ModelCount], Field(description="Every model that has counted, the latest first.")]
    comparisons: Annotated[list[Comparison], Field(description="The latest first, of 90 days.")]


class Disagreement(Shape):
    """A review that the two models call differently."""

    event_id: str
    product_id: str
    title: str | None
    text: str
    truncated: Annotated[bool, Field(description="Whether `text` is only the beginning.")]
    rating: Annotated[int | None, Field(ge=1, le=5)]
    occurred_ms: Millis
    p_good: Annotated[Ratio, Field(description="The active model's.")]
    shadow_p_good: Ratio


class Disagreements(Shape):
    """The latest reviews of a comparison that the models call differently, newest first."""

    reviews: list[Disagreement]
