"""From findings to alerts that are raised and cleared. Pure.

An alert is one subject of one rule: raised once, told again only where the rule asks for it, and cleared once. Between
two findings anything may have happened, so an alert remembers nothing but that it is on, and who was told of that: they
are told of its end, whatever became of the rule meanwhile.
"""

from collections.abc import Collection
from typing import Literal

import msgspec
from msgspec import Struct

from stream.alerts.findings import Finding
from stream.measures import MINUTE_MS
from stream.tenant_rules import AlertKind, AlertRule, Severity

Happening = Literal["raised", "repeated", "cleared", "test"]

Place = tuple[str, str | None]
"""Rule and product of an alert; None for the tenant as a whole."""

REMOVED = "the rule is gone from the tenants file, or is another one by now"


class AlertEvent(Struct, frozen=True):
    """Something that happened to an alert: an entry of the history, and what webhooks are sent."""

    id: str
    """Of this event; a receiver that has seen it may leave it out."""
    event: Happening
    alert: str
    """Of the alert, the same from raised to cleared."""
    tenant: str
    rule: str
    kind: AlertKind
    severity: Severity
    product_id: str | None
    """None of the tenant as a whole."""
    product_name: str | None
    window: str
    at_ms: int
    """The end of the windows judged: the tenant's now."""
    raised_ms: int
    noted_ms: int
    """The clock, when it was found."""
    value: float | None
    interval: tuple[float, float] | None
    reviews: int | None
    p_value: float | None
    threshold: float
    clear: float
    why: str
    note: str


class Alert(Struct, frozen=True):
    """An alert that is on."""

    raised: AlertEvent
    """How it began; what it says of the rule outlives the rule."""
    told_ms: int
    """When it was told last, by the clock."""
    told: tuple[str, ...] | None = None
    """Names of the webhooks that were told that it is on. Names alone: addresses and secrets stay in their files. None
    of one that was raised before this was kept."""

    @property
    def place(self) -> Place:
        """Rule and product (None: the whole tenant): no two alerts of a tenant that are on share theirs."""
        return self.raised.rule, self.raised.product_id


class Subject(Struct, frozen=True):
    """What a finding is about."""

    product_id: str | None = None
    product_name: str | None = None


class Moment(Struct, frozen=True):
    """When a finding was made."""

    at_ms: int
    """The tenant's now, at which its windows end."""
    clock_ms: int


class Step(Struct, frozen=True):
    """What becomes of an alert: ``after`` is None when it is over."""

    before: Alert | None
    after: Alert | None
    event: AlertEvent
    webhooks: tuple[str, ...] = ()
    """Who is to be told of it, by name."""


def step(
    tenant: str,
    rule: AlertRule,
    subject: Subject,
    alert: Alert | None,
    finding: Finding,
    moment: Moment,
    ids: tuple[str, str],
) -> Step | None:
    """What a finding does to the alert of its subject, if that is on; None when nothing happens.

    Args:
        tenant: whose.
        rule: the rule.
        subject: what was looked at.
        alert: its alert; None when there is none.
        finding: what was found.
        moment: when.
        ids: new ones, for an event and for an alert.
    """
    event_id, alert_id = ids
    named = _each_once(rule.webhooks)
    if alert is None:
        if finding.verdict != "raise":
            return None
        event = event_of("raised", tenant, rule, subject, finding, moment, (event_id, alert_id, moment.at_ms))
        return Step(None, Alert(event, moment.clock_ms, named), event, named)
    known = (event_id, alert.raised.alert, alert.raised.raised_ms)
    told = named if alert.told is None else alert.told
    if finding.verdict == "clear":
        return Step(alert, None, event_of("cleared", tenant, rule, subject, finding, moment, known), told)
    if due(rule, alert, moment.clock_ms):
        event = event_of("repeated", tenant, rule, subject, finding, moment, known)
        return Step(alert, Alert(alert.raised, moment.clock_ms, _each_once(told, named)), event, named)
    return None


def due(rule: AlertRule, alert: Alert, clock_ms: int) -> bool:
    """Whether an alert that lasts is to be told again.

    Also when it was told in a future that is as far away: a clock that was ahead has been put right since, and would
    keep the alert silent until it gets there again.
    """
    return bool(rule.repeat_minutes) and abs(clock_ms - alert.told_ms) >= rule.repeat_minutes * MINUTE_MS


def removed(alert: Alert, moment: Moment, event_id: str) -> Step:
    """The end of an alert that no rule looks at any more."""
    event = msgspec.structs.replace(
        alert.raised, id=event_id, event="cleared", at_ms=moment.at_ms, noted_ms=moment.clock_ms,
        value=None, interval=None, reviews=None, p_value=None, why=REMOVED,
    )  # fmt: skip
    return Step(alert, None, event, alert.told or ())


def tellable(happened: Step, there: Collection[str]) -> tuple[Step, tuple[str, ...]]:
    """A step that is told to webhooks of the tenants file alone, and the names of those that cannot be told.

    These were told that the alert was on, and have left the file since, with their address and their secret. The event
    says so, for whoever reads the history wonders.
    """
    gone = tuple(name for name in happened.webhooks if name not in there)
    if not gone:
        return happened, ()
    why = f"{happened.event.why}; not told to {', '.join(gone)}: no webhook of the tenants file is called so any more"
    event = msgspec.structs.replace(happened.event, why=why)
    left = tuple(name for name in happened.webhooks if name in there)
    return msgspec.structs.replace(happened, event=event, webhooks=left), gone


def _each_once(*names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))


def event_of(
    happening: Happening,
    tenant: str,
    rule: AlertRule,
    subject: Subject,
    finding: Finding,
    moment: Moment,
    known: tuple[str, str, int],
) -> AlertEvent:
    """What happened, with the figures that say why; ``known``: ids of event and alert, and when that was raised."""
    event_id, alert_id, raised_ms = known
    return AlertEvent(
        id=event_id,
        event=happening,
        alert=alert_id,
        tenant=tenant,
        rule=rule.id,
        kind=rule.kind,
        severity=rule.severity,
        product_id=subject.product_id,
        product_name=subject.product_name,
        window=rule.window,
        at_ms=moment.at_ms,
        raised_ms=raised_ms,
        noted_ms=moment.clock_ms,
        value=finding.value,
        interval=finding.interval,
        reviews=finding.reviews,
        p_value=finding.p_value,
        threshold=rule.raise_at,
        clear=rule.clear_at,
        why=finding.why,
        note=rule.note,
    )
