"""Reading what rules ask for, and no more: of thousands of products only those that something has happened to.

A window's figures change when a review comes, and when the window moves on by a bucket. So at each look a product is
read when it has more reviews than at the look before, and all of them are when a bucket has ended: each minute for
windows up to an hour, each hour for a day or a week, each day for a month. An alert that is to be told again is read as
well: the figures that it is told with are those of its time.
"""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, cast

from stream.alerts import findings
from stream.alerts.drifting import EVERY_SECONDS, REFERENCE, drift
from stream.alerts.findings import Finding, length_ms
from stream.alerts.stepping import Place, Subject
from stream.drift import examine
from stream.drift_terms import DriftWindow, period
from stream.measures import window_bounds
from stream.store.reader import Store
from stream.store.state import ProductRow, Pulse
from stream.tenant_rules import AlertRule

NEWS_WINDOWS: Final = 3
"""A product that was silent for three windows of its rule is no news. Without this a shop that sold a thousand products
last year would call a thousand times on the day its rule is written."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One subject of a rule, and what was found."""

    subject: Subject
    finding: Finding


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a rule brought."""

    rule: AlertRule
    sightings: list[Sighting]
    watched: int
    """Subjects that the rule looks at; those that nothing happened to were not read."""
    held: str | None = None
    """Why nothing was judged, a sentence; None when it was."""


@dataclass(frozen=True, slots=True)
class _Silence:
    """When a subject fell silent."""

    subject: Subject
    last_ms: int
    """Time of its newest review."""
    since_ms: int
    """When the log took that, if that was later."""
    before: int
    """Reviews in the window that ended with it."""


@dataclass(slots=True)
class _Memory:
    """What the looks before saw of one rule."""

    end: int = -1
    """The end of the window (ms)."""
    total: int = -1
    """Reviews of the tenant."""
    again: float = 0.0
    """When drift is looked at again though no hour has ended; monotonic seconds."""
    drift: Sighting | None = None
    """What was found of drift."""
    counts: dict[str | None, int] = field(default_factory=dict)
    p_values: dict[str | None, float] = field(default_factory=dict)
    silences: "dict[str | None, _Silence]" = field(default_factory=dict)


class Watcher:
    """Looks at the rules of one tenant, again and again."""

    def __init__(self, store: Store, tenant_id: str) -> None:
        self._store = store
        self._tenant = tenant_id
        self._memories: dict[AlertRule, _Memory] = {}

    async def look(
        self,
        rules: Collection[AlertRule],
        pulse: Pulse,
        on: Collection[Place],
        again: Collection[Place] = (),
        *,
        current: bool,
    ) -> list[Look]:
        """Look at each rule.

        Args:
            rules: of the tenant; one that was changed is looked at as if it were new.
            pulse: the tenant's time.
            on: the alerts that are on: what they are about is among what a rule looks at.
            again: those of them that are to be told again: they are read though nothing happened to them.
            current: whether all that is in the log has been counted. Without that, a silence is none.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        self._memories = {rule: self._memories.get(rule, _Memory()) for rule in rules}
        looks = []
        for rule in rules:
            mine = [product for rule_id, product in on if rule_id == rule.id]
            due = {product for rule_id, product in again if rule_id == rule.id}
            if rule.kind == "drift":
                looks.append(await self._drift(rule, pulse, due))
            elif rule.kind == "silence":
                looks.append(await self._silences(rule, pulse, mine, current=current))
            else:
                looks.append(await self._windows(rule, pulse, mine, due))
        return looks

    async def _windows(
        self, rule: AlertRule, pulse: Pulse, on: Collection[str | None], due: Collection[str | None]
    ) -> Look:
        memory = self._memories[rule]
        _, start, end = window_bounds(rule.window, pulse.now_ms)
        if (memory.end, memory.total) == (end, pulse.reviews):
            if not due:
                return Look(rule, [], len(memory.counts))
            ids, counts = list(memory.counts), memory.counts  # no review came: they are as they were
        else:
            ids = await self._subjects(rule, start, on)
            products = [one for one in ids if one is not None]
            counts = {None: pulse.reviews}
            counts |= zip(products, await self._store.review_counts(self._tenant, products), strict=True)
        changed = [one for one in ids if memory.end != end or memory.counts.get(one) != counts[one] or one in due]
        rows = await self._rows(rule, pulse, changed)
        p_values = {one: memory.p_values.get(one, 1.0) for one in ids}
        if rule.kind == "change":
            for one, row in rows.items():
                p_values[one] = findings.change_p(rule, row.current, row.previous)
        q_values = findings.corrected(p_values) if rule.kind == "change" else {}
        sightings = [
            Sighting(
                Subject(one, row.state.profile.name),
                findings.change(rule, row.current, row.previous, q_values[one])
                if rule.kind == "change"
                else findings.low(rule, row.current),
            )
            for one, row in rows.items()
        ]
        # Only now: after an exception everything is looked at again.
        memory.end, memory.total = end, pulse.reviews
        memory.counts, memory.p_values = {one: counts[one] for one in ids}, p_values
        return Look(rule, sightings, len(ids))

    async def _subjects(self, rule: AlertRule, first_ms: int, on: Collection[str | None]) -> list[str | None]:
        """What a rule looks at: products with a review in the window, and what is on."""
        if rule.scope == "tenant":
            return [None]
        if rule.scope == "product":
            return [rule.product]
        newest = await self._store.newest(self._tenant, max(0, first_ms), None, rule.max_products)
        return list(dict.fromkeys([*(product for product, _ in newest), *on]))

    async def _rows(
        self, rule: AlertRule, pulse: Pulse, subjects: Collection[str | None]
    ) -> dict[str | None, ProductRow]:
        """The windows of subjects that have reviews at all."""
        found: dict[str | None, ProductRow] = {}
        if None in subjects and (state := await self._store.entity(self._tenant, None)) is not None:
            current, previous = await self._store.window(self._tenant, None, rule.window, pulse.now_ms)
            found[None] = ProductRow(state, current, previous, [])
        products = [one for one in subjects if one is not None]
        rows = await self._store.rows(self._tenant, products, rule.window, pulse.now_ms) if products else []
        return found | {row.state.product_id: row for row in rows}

    async def _drift(self, rule: AlertRule, pulse: Pulse, due: Collection[str | None]) -> Look:
        memory = self._memories[rule]
        window = cast(DriftWindow, rule.window)  # no other is let into the tenants file
        over = period(window, REFERENCE[window], pulse.now_ms)
        seen: dict[str | None, int] = {None: pulse.reviews}
        if memory.end == over.to_ms and (memory.counts == seen or time.monotonic() < memory.again):
            # It costs half a second to examine: one that is to be told again is told with what was found last.
            return Look(rule, [memory.drift] if due and memory.drift else [], 1)
        found = await self._store.spreads(self._tenant, over.reference_ms, over.to_ms)
        examined = await asyncio.to_thread(examine, found, over)  # alerts of others do not wait for it
        memory.end, memory.counts, memory.again = over.to_ms, seen, time.monotonic() + EVERY_SECONDS
        memory.drift = Sighting(Subject(), drift(rule, examined))
        return Look(rule, [memory.drift], 1)

    async def _silences(self, rule: AlertRule, pulse: Pulse, on: Collection[str | None], *, current: bool) -> Look:
        if not pulse.live:
            return Look(rule, [], 0, "the tenant replays history: its pauses are those of the replay")
        if not current:
            return Look(rule, [], 0, "the workers have not counted all that is in the log, or just have")
        memory, now, length = self._memories[rule], pulse.now_ms, length_ms(rule.window)
        # Subject to the time of its newest review; None where there may be a newer one than was seen.
        subjects: dict[str | None, int | None] = {None if rule.scope == "tenant" else rule.product: None}
        if rule.scope == "products":
            first = max(0, now - NEWS_WINDOWS * length)
            newest = await self._store.newest(self._tenant, first, now - length, rule.max_products)
            subjects = dict.fromkeys(on, None) | dict[str | None, int | None](newest)
        silences = {}
        for subject, last_ms in subjects.items():
            known = memory.silences.get(subject)
            if known is None or known.last_ms != last_ms:
                known = await self._silence(rule, subject, known)
            if known is not None:
                silences[subject] = known
        memory.silences = silences
        sightings = [
            Sighting(one.subject, findings.silence(rule, max(0, now - one.since_ms), one.before))
            for one in silences.values()
        ]
        return Look(rule, sightings, len(subjects))

    async def _silence(self, rule: AlertRule, product: str | None, known: "_Silence | None") -> "_Silence | None":
        """The silence of a live tenant's subject; None before its first review."""
        state = await self._store.entity(self._tenant, product)
        if state is None or (known is not None and known.last_ms == state.last_ms):
            return known if state is not None else None
        before, _ = await self._store.window(self._tenant, product, rule.window, state.last_ms)
        # One that was written yesterday and sent today breaks the silence today.
        since = max(state.last_ms, state.logged_ms)
        return _Silence(Subject(product, state.profile.name), state.last_ms, since, before.reviews)
