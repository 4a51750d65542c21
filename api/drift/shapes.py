"""What the API answers of whether a tenant's classifier still fits: drift, and live accuracy."""

from typing import Annotated

from pydantic import Field

from api.insight.shapes import Difference
from api.shapes import Interval, ListWindow, Millis, Ratio, Shape
from stream.drift_terms import DriftWindow, Level, Reference

Model = Annotated[str, Field(description="The artefact and its digest.", examples=["products@4f2e9c01ab37"])]
DriftLevel = Annotated[
    Level,
    Field(description="`too_few`: reviews to find even major drift, and none was found."),
]
PUnknown = Annotated[Ratio | None, Field(description="Share of the words that the model's vocabulary has not.")]


class Scores(Shape):
    """How the scores of one of the two periods are spread."""

    reviews: int
    mean_p_good: Ratio | None
    shares: Annotated[
        list[Ratio],
        Field(description="Of the reviews by P(good), ten bins from 0 to 1; none without reviews.", max_length=10),
    ]


class ScoreDrift(Shape):
    """Whether scores are spread as before."""

    level: DriftLevel
    psi: Annotated[
        float | None,
        Field(ge=0, description="Population stability index of the ten bins: moderate from 0.10, major from 0.25 on."),
    ]
    p_value: Annotated[Ratio | None, Field(description="Pearson's chi-squared test that both are spread alike.")]
    detectable_psi: Annotated[
        float | None, Field(ge=0, description="An index of this size would be found with a probability of 80 %.")
    ]
    changed_ms: Annotated[
        Millis | None,
        Field(description="Start of the hour in which scores last changed, within both periods, as ADWIN finds it."),
    ]
    current: Scores
    reference: Scores


class WordDrift(Shape):
    """Whether the model knows the words as before."""

    level: DriftLevel
    words: int
    reference_words: int
    unknown_rate: PUnknown
    reference_unknown_rate: PUnknown
    change: Annotated[Difference | None, Field(description="`unknown_rate` less that of the reference.")]
    change_interval: Annotated[
        tuple[Difference, Difference] | None,
        Field(description="95 % interval of `change`, from how hours differ; null with fewer than two on a side."),
    ]


class OtherModel(Shape):
    """Reviews that another model scored, and that are left out."""

    model: Model
    reviews: Annotated[int, Field(description="Of the window.")]
    reference_reviews: int


class Drift(Shape):
    """Whether the reviews of a window look to the tenant's model as those before did."""

    window: DriftWindow
    reference: Reference
    at_ms: Millis
    reference_from_ms: Annotated[Millis, Field(description="Where the reference begins; it ends at `from_ms`.")]
    from_ms: Millis
    to_ms: Annotated[Millis, Field(description="Not included: the end of the hour of `at_ms`.")]
    model: Annotated[str | None, Field(description="Whose scores are judged.", examples=["products@4f2e9c01ab37"])]
    model_changed: Annotated[bool, Field(description="Whether other models scored some of the reviews.")]
    other_models: list[OtherModel]
    level: Annotated[DriftLevel, Field(description="Of the scores, or of the words where they have drifted further.")]
    scores: ScoreDrift
    words: WordDrift


class AccuracyBucket(Shape):
    """One minute, hour or day (UTC) with rated reviews."""

    start_ms: Millis
    reviews: int
    rated: int
    agree: int
    accuracy: Ratio
    accuracy_interval: Interval


class CardAccuracy(Shape):
    """The live accuracy beside the test on the model's card."""

    test_accuracy: Annotated[Ratio, Field(description="On the card.")]
    test_reviews: int
    expected_accuracy: Annotated[
        Ratio | None,
        Field(description="The card's recalls of good and bad, weighed as good and bad are among the rated reviews."),
    ]
    p_value: Annotated[
        Ratio | None, Field(description="Of being right so seldom, or less, if the card held; null under 30 rated.")
    ]
    lower: Annotated[bool | None, Field(description="`p_value` is at most 0.01; null under 30 rated reviews.")]


class Accuracy(Shape):
    """How often the model's label agrees with the stars."""

    window: ListWindow
    at_ms: Millis
    model: Annotated[str, Field(description="The tenant's, as its file names it now.", examples=["products"])]
    reviews: int
    rated: Annotated[int, Field(description="Reviews that carried stars.")]
    rated_share: Ratio | None
    rated_bad: Annotated[int, Field(description="Rated reviews below 4 stars.")]
    agree: Annotated[int, Field(description="Rated reviews on which label and stars agree.")]
    accuracy: Annotated[Ratio | None, Field(description="`agree` of `rated`.")]
    accuracy_interval: Interval | None
    majority: Annotated[Ratio | None, Field(description="What calling all of them the commoner of the two would get.")]
    card: Annotated[CardAccuracy | None, Field(description="Null where the model's artefact cannot be read here.")]
    buckets: Annotated[
        list[AccuracyBucket], Field(description="Those of the window with rated reviews, oldest first; none of `all`.")
    ]
