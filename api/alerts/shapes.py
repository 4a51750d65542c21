"""What the alert endpoints answer, and the live stream's event `alert`."""

from typing import Annotated, Literal

from pydantic import Field

from api.shapes import Millis, Shape
from stream.alerts.stepping import Happening
from stream.measures import Window
from stream.tenant_rules import AlertKind, Scope, Severity, Turn

EventFilter = Literal["raised", "repeated", "cleared"]
RuleId = Annotated[str, Field(examples=["lamp-turns"])]
ProductOrAll = Annotated[
    str | None, Field(examples=["LAMP-7"], description="Null: all of the tenant's reviews together.")
]
Value = Annotated[
    float | None,
    Field(
        description=(
            "`low`: sentiment. `change`: difference of the good share. `drift`: population stability index. `silence`: "
            "seconds without a review."
        )
    ),
]
ValueInterval = Annotated[
    tuple[float, float] | None, Field(description="95 % interval of `value`; null of a drift or a silence.")
]
Judged = Annotated[
    int | None, Field(ge=0, description="Reviews in the window; of a silence, in the one that ended with the last.")
]
ChangeP = Annotated[
    float | None,
    Field(
        ge=0,
        le=1,
        description="`change`: Fisher's exact test, corrected for all products looked at. `drift`: chi-squared test.",
    ),
]


class AlertEvent(Shape):
    """Something that happened to an alert. Webhooks are sent the same object."""

    id: Annotated[str, Field(description="Of this event; who has seen it may leave it out.")]
    event: Annotated[Happening, Field(description="`repeated`: it goes on. `test`: nothing happened.")]
    alert: Annotated[str, Field(description="The same from raised to cleared.")]
    tenant: Annotated[str, Field(examples=["shop"])]
    rule: RuleId
    kind: AlertKind
    severity: Severity
    product_id: ProductOrAll
    product_name: Annotated[str | None, Field(examples=["Desk lamp"])]
    window: Window
    at_ms: Annotated[Millis, Field(description="The end of the window: the clock, or the newest event of a replay.")]
    raised_ms: Annotated[Millis, Field(description="The same when the alert was raised.")]
    noted_ms: Annotated[Millis, Field(description="The clock when this was found.")]
    value: Value
    interval: ValueInterval
    reviews: Judged
    p_value: ChangeP
    threshold: float
    clear: Annotated[float, Field(description="Where the alert ends.")]
    why: Annotated[str, Field(description="The figures in a sentence.")]
    note: Annotated[str, Field(description="What the rule says to whoever is told.")]


class Alerts(Shape):
    """One page of what happened to a tenant's alerts, newest first."""

    events: list[AlertEvent]
    next_cursor: Annotated[str | None, Field(description="Ask with it for the next page; null on the last one.")]


class Figure(Shape):
    """What the evaluation saw last of one subject of a rule."""

    product_id: ProductOrAll
    product_name: Annotated[str | None, Field(examples=["Desk lamp"])]
    raised_ms: Annotated[Millis | None, Field(description="Since when its alert is on; null when none is.")]
    at_ms: Annotated[Millis | None, Field(description="The end of the window that was judged; null before the first.")]
    value: Value
    interval: ValueInterval
    reviews: Judged
    p_value: ChangeP
    why: str | None


class Rule(Shape):
    """A rule as the tenants file has it, and how it stands."""

    id: RuleId
    kind: AlertKind
    scope: Annotated[Scope, Field(description="`products`: each product by itself.")]
    product: str | None
    window: Window
    threshold: Annotated[float | None, Field(description="In force; null of a silence.")]
    clear: Annotated[float | None, Field(description="Where an alert ends; null of a silence.")]
    direction: Annotated[Turn | None, Field(description="Of a change.")]
    min_reviews: int
    severity: Severity
    note: str
    webhooks: Annotated[list[str], Field(description="Names of those that are told.")]
    repeat_minutes: Annotated[int, Field(description="How often it is told again while it lasts; 0 never.")]
    state: Annotated[Literal["ok", "on", "waiting"], Field(description="`waiting`: it was not evaluated yet.")]
    held: Annotated[str | None, Field(description="Why nothing could be judged last, a sentence.")]
    evaluated_ms: Annotated[Millis | None, Field(description="When it was evaluated last, by the clock.")]
    watched: Annotated[int, Field(description="Products that it looks at; 1 of a single one or the whole tenant.")]
    on: Annotated[int, Field(description="Alerts that are on.")]
    figures: Annotated[
        list[Figure],
        Field(max_length=100, description="Of the one subject; of a rule for every product, of those that are on."),
    ]


class Rules(Shape):
    """A tenant's alert rules."""

    evaluating: Annotated[bool, Field(description="Whether a process (`aura alerts run`) evaluates rules just now.")]
    rules: Annotated[list[Rule], Field(description="In the order of the tenants file.")]
