"""What a tenant wants to be told of: alert rules, and the webhooks that are told. Part of the tenants file::

    [[tenants.webhooks]]
    name = "ops"
    url = "https://hooks.example.org/aura"
    secret_file = "ops.secret"  # beside the tenants file; a line each: the first signs, as do all others

    [[tenants.alerts]]
    id = "lamp-turns"
    kind = "low"                # low, change, drift or silence
    scope = "products"          # tenant (all reviews together), product, or products (each by itself)
    product = "LAMP-7"          # of the scope product alone
    window = "1h"
    threshold = 0.0             # low: sentiment, -1 to 1; change: a difference of the good share; drift: of the PSI
    clear = 0.2                 # where it ends; without it, a little on the safe side of the threshold
    direction = "down"          # of a change: down, up or any
    min_reviews = 20            # in the window; of a silence: in the one before
    max_products = 1000         # of the scope products: those with the newest reviews
    severity = "warning"        # info, warning or critical
    note = "Call the warehouse."
    webhooks = ["ops"]
    repeat_minutes = 0          # told again while it lasts, 0 never

A webhook's secret is in a file of its own: whoever reads the tenants file gets hashes of keys, which open nothing, and
should get no secret that signs either. Files are what Docker's and Kubernetes' secrets are.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from stream.drift_terms import DriftWindow
from stream.event import PRODUCT_ID_EXPECTED, PRODUCT_ID_PATTERN
from stream.measures import WINDOWS, Window

AlertKind = Literal["low", "change", "drift", "silence"]
Scope = Literal["tenant", "product", "products"]
Severity = Literal["info", "warning", "critical"]
Turn = Literal["down", "up", "any"]

MAX_RULES: Final = 100
"""A tenant's: each costs a read of all its products now and then."""

MAX_WEBHOOKS: Final = 20
MAX_URL_CHARS: Final = 2_000
MAX_MIN_REVIEWS: Final = 1_000_000
MAX_PRODUCTS: Final = 10_000
MAX_REPEAT_MINUTES: Final = 10_080
"""A week."""

DEFAULT_CHANGE: Final = 0.1
"""Ten points of the good share: less is rarely worth a call."""

MODERATE: Final = 0.1
"""Population stability index from which scores have drifted; :mod:`stream.drift` calls nothing below it drift."""

CLEAR_SENTIMENT: Final = 0.1
"""How far above the threshold the sentiment must come before a low one is over."""

_NAME_PATTERN: Final = r"\A[a-z0-9][a-z0-9_-]{0,62}\Z"


class Webhook(Struct, frozen=True):
    """An address that is told of alerts. Its operator writes the file, so private addresses are allowed."""

    name: Annotated[str, Meta(pattern=_NAME_PATTERN)]
    url: Annotated[str, Meta(min_length=1, max_length=MAX_URL_CHARS)]
    secret_file: Annotated[str, Meta(min_length=1, max_length=1_000)]
    """A path; one that is not absolute begins at the tenants file's folder."""


class AlertRule(Struct, frozen=True):
    """When somebody is to be told, of what, and who."""

    id: Annotated[str, Meta(pattern=_NAME_PATTERN)]
    kind: AlertKind
    window: Window
    scope: Scope = "tenant"
    product: Annotated[str, Meta(pattern=PRODUCT_ID_PATTERN)] | None = None
    threshold: Annotated[float, Meta(ge=-1, le=1)] | None = None
    clear: Annotated[float, Meta(ge=-1, le=1)] | None = None
    direction: Turn = "down"
    min_reviews: Annotated[int, Meta(ge=1, le=MAX_MIN_REVIEWS)] = 20
    max_products: Annotated[int, Meta(ge=1, le=MAX_PRODUCTS)] = 1_000
    severity: Severity = "warning"
    note: Annotated[str, Meta(max_length=500)] = ""
    webhooks: tuple[str, ...] = ()
    repeat_minutes: Annotated[int, Meta(ge=0, le=MAX_REPEAT_MINUTES)] = 0

    @property
    def raise_at(self) -> float:
        """The threshold that is in force; 0 for kinds without one."""
        if self.threshold is not None:
            return self.threshold
        return {"change": DEFAULT_CHANGE, "drift": MODERATE}.get(self.kind, 0.0)

    @property
    def clear_at(self) -> float:
        """Where an alert ends."""
        if self.clear is not None:
            return self.clear
        if self.kind in ("change", "drift"):
            return self.raise_at / 2
        return min(1.0, self.raise_at + CLEAR_SENTIMENT)


EXPECTED: Final[dict[tuple[type[Struct], str], str]] = {
    (Webhook, "name"): "1 to 63 lower-case letters, digits, dashes and underscores",
    (Webhook, "url"): f"an address of up to {MAX_URL_CHARS} characters that begins with https:// or http://",
    (Webhook, "secret_file"): "the path of a file with a secret a line",
    (AlertRule, "id"): "1 to 63 lower-case letters, digits, dashes and underscores",
    (AlertRule, "kind"): "low, change, drift or silence",
    (AlertRule, "window"): ", ".join(WINDOWS),
    (AlertRule, "scope"): "tenant, product or products",
    (AlertRule, "product"): f"a product's id: {PRODUCT_ID_EXPECTED}",
    (AlertRule, "threshold"): "a number from -1 to 1",
    (AlertRule, "clear"): "a number from -1 to 1",
    (AlertRule, "direction"): "down, up or any",
    (AlertRule, "min_reviews"): f"a whole number from 1 to {MAX_MIN_REVIEWS}",
    (AlertRule, "max_products"): f"a whole number from 1 to {MAX_PRODUCTS}",
    (AlertRule, "severity"): "info, warning or critical",
    (AlertRule, "note"): "at most 500 characters",
    (AlertRule, "webhooks"): "a list of names of webhooks",
    (AlertRule, "repeat_minutes"): f"a whole number from 0 to {MAX_REPEAT_MINUTES}",
}
"""What each field takes, for the sentence on one that is wrong."""

_FIELDS_OF: Final[dict[str, tuple[AlertKind, ...]]] = {
    "threshold": ("low", "change", "drift"),
    "clear": ("low", "change", "drift"),
    "direction": ("change",),
}


def rule_faults(rule: AlertRule, given: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What does not fit together in a rule of which each field is right by itself: field and sentence.

    Args:
        rule: the rule.
        given: the fields that the file names.
    """
    for field in sorted(set(given) & set(_FIELDS_OF)):
        if rule.kind not in _FIELDS_OF[field]:
            yield field, f"means nothing for an alert of kind {rule.kind}; leave it out"
    if (rule.scope == "product") != (rule.product is not None):
        yield "product", 'expected with scope = "product", and with that alone'
    if rule.kind == "drift":
        if rule.scope != "tenant":
            yield "scope", f"expected tenant for an alert of kind drift, got {rule.scope}"
        if rule.window not in get_args(DriftWindow):
            yield "window", f"expected {', '.join(get_args(DriftWindow))} for an alert of kind drift, got {rule.window}"
    if rule.kind == "silence":
        return
    if rule.kind == "low" and rule.threshold is None:
        yield "threshold", "missing; expected the sentiment, -1 to 1, under which the alert is raised"
        return
    for field, value in (("threshold", rule.raise_at), ("clear", rule.clear_at)):
        if not math.isfinite(value):
            yield field, f"expected {EXPECTED[AlertRule, field]}, got {value}"
            return
    if rule.kind == "low" and rule.clear_at < rule.raise_at:
        yield "clear", f"expected at least the threshold, {rule.raise_at:g}, got {rule.clear_at:g}"
    if rule.kind == "drift" and not rule.raise_at >= MODERATE:
        yield "threshold", f"expected a population stability index of {MODERATE:g} to 1, got {rule.raise_at:g}"
    elif rule.kind in ("change", "drift"):
        if not rule.raise_at > 0:
            yield "threshold", f"expected a difference of the good share, above 0 to 1, got {rule.raise_at:g}"
        elif not 0 <= rule.clear_at <= rule.raise_at:
            yield "clear", f"expected 0 to the threshold, {rule.raise_at:g}, got {rule.clear_at:g}"


def webhook_faults(webhook: Webhook) -> Iterator[tuple[str, str]]:
    """What is wrong with an address: field and sentence, which does not repeat it, for some hold a token."""
    try:
        parts = urlsplit(webhook.url)
        ok = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        ok = False
    if not ok or any(letter.isspace() or not letter.isprintable() for letter in webhook.url):
        yield "url", f"expected {EXPECTED[Webhook, 'url']} and has a host"
    elif parts.username is not None or parts.password is not None:
        yield "url", "expected no user or password in it; deliveries are signed instead"


def joint_faults(rules: list[AlertRule], webhooks: list[Webhook]) -> Iterator[tuple[str, str]]:
    """What does not fit together in a tenant's rules and webhooks: place in the tenant and sentence."""
    for field, many, most in (("alerts", rules, MAX_RULES), ("webhooks", webhooks, MAX_WEBHOOKS)):
        if len(many) > most:
            yield field, f"expected at most {most}, got {len(many)}"
    for field, what, names in (
        ("alerts", "alerts have the id", [rule.id for rule in rules]),
        ("webhooks", "webhooks have the name", [webhook.name for webhook in webhooks]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield field, f"two {what} {name!r}; each needs its own"
    known = [webhook.name for webhook in webhooks]
    for rule in rules:
        for name in dict.fromkeys(rule.webhooks):
            if name not in known:
                yield "alerts", f"{rule.id} names the webhook {name!r}; there are {', '.join(known) or 'none'}"


def described(rule: AlertRule) -> dict[str, Any]:
    """A rule as people read it: with the thresholds that are in force, without what means nothing for its kind."""
    found: dict[str, Any] = msgspec.to_builtins(rule)
    found |= {"threshold": rule.raise_at, "clear": rule.clear_at}
    return {name: value for name, value in found.items() if rule.kind in _FIELDS_OF.get(name, (rule.kind,))}
