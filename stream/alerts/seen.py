"""What the evaluation saw last of each rule, kept for showing: nothing is decided by it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from stream.alerts.findings import Finding, Verdict
from stream.alerts.stepping import Alert, Moment, Place
from stream.alerts.watching import Look
from stream.measures import DAY_MS
from stream.store.connection import Client, unavailable
from stream.store.keys import alerts_key

SHOWN: Final = 100
"""Subjects kept a rule; whoever has more alerts on of one rule reads them in the history."""

KEPT_MS: Final = 7 * DAY_MS


class Figure(Struct, frozen=True):
    """What was found of a subject."""

    product_id: str | None
    product_name: str | None
    verdict: Verdict
    value: float | None
    interval: tuple[float, float] | None
    reviews: int
    p_value: float | None
    why: str
    at_ms: int


class Seen(Struct, frozen=True):
    """What was seen of a rule."""

    evaluated_ms: int
    """By the clock."""
    at_ms: int
    """The tenant's now, at which the windows ended."""
    watched: int
    """Subjects that the rule looks at."""
    held: str | None
    """Why nothing was judged; None when it was."""
    figures: list[Figure]
    """Of a rule with one subject that; of one for every product those that are on."""


_seen = msgspec.json.Decoder(Seen)


async def write(client: Client, tenant: str, looks: Sequence[Look], on: Mapping[Place, Alert], moment: Moment) -> None:
    """Keep what was seen. What a look did not read again, because nothing happened to it, stays as it was.

    Raises:
        StoreUnavailable: Redis did not answer.
    """
    key = alerts_key(tenant, "seen")
    before = await read(client, tenant)
    fields = {look.rule.id: msgspec.json.encode(_merged(look, before.get(look.rule.id), on, moment)) for look in looks}
    async with unavailable(), client.pipeline(transaction=True) as pipe:
        pipe.delete(key)
        if fields:
            pipe.hset(key, mapping=cast(Any, fields))
            pipe.pexpire(key, KEPT_MS)
        await pipe.execute()


async def read(client: Client, tenant: str) -> dict[str, Seen]:
    """Rule to what was seen of it.

    Raises:
        StoreUnavailable: Redis did not answer.
    """
    async with unavailable():
        fields = await cast(Any, client.hgetall(alerts_key(tenant, "seen")))
    return {rule.decode(): _seen.decode(packed) for rule, packed in fields.items()}


def _merged(look: Look, before: Seen | None, on: Mapping[Place, Alert], moment: Moment) -> Seen:
    figures = {figure.product_id: figure for figure in before.figures} if before else {}
    figures |= {
        one.subject.product_id: _figure(one.subject.product_id, one.subject.product_name, one.finding, moment)
        for one in look.sightings
    }
    one_subject = look.rule.scope != "products"
    shown = [
        figure
        for product, figure in figures.items()
        if (product == look.rule.product if one_subject else (look.rule.id, product) in on)
    ]
    return Seen(moment.clock_ms, moment.at_ms, look.watched, look.held, shown[:SHOWN])


def _figure(product_id: str | None, name: str | None, found: Finding, moment: Moment) -> Figure:
    return Figure(
        product_id, name, found.verdict, found.value, found.interval, found.reviews, found.p_value, found.why,
        moment.at_ms,
    )  # fmt: skip
