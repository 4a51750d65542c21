"""What an audit found, for a person and as one JSON object."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from infra.letters.shown import printable, when
from stream.audit import Auditor
from stream.border import P_TOLERANCE
from stream.ledger import ALL_MODELS, Difference
from stream.measures import P_SCALE
from stream.proof import Verdict
from stream.store.lost import Lost

SHOWN: Final = 50
"""Differences printed one by one; beyond that their number says enough."""

_STEPS: Final = {"1m": "minute", "1h": "hour", "1d": "day"}


@dataclass(frozen=True, slots=True)
class Report:
    """All that is to be said."""

    verdict: Verdict
    auditor: Auditor
    differences: list[Difference]
    doubts: list[str]
    beyond: int
    """Records past the fences, which were not judged."""
    never_read: list[Lost]
    others: list[str]
    """Other topics that the store has fences of."""
    strangers: Collection[str] = ()
    """Tenants that the store has and the tenants file has not."""
    unproven: Mapping[str, str] = field(default_factory=dict)
    """Tenant to why its reviews cannot be scored again."""

    def as_json(self) -> dict[str, Any]:
        """Times in milliseconds since 1970-01-01 UTC; sums of probabilities in millionths."""
        auditor = self.auditor
        return {
            "equal": self.verdict.equal,
            "verdict": self.verdict.clause,
            "doubts": self.doubts,
            "not_proven": dict(sorted(self.unproven.items())),
            "not_judged": sorted(self.strangers),
            "records": auditor.records,
            "beyond": self.beyond,
            "entities": auditor.entities,
            "compared": auditor.compared,
            "left_out": auditor.left_out,
            "ended": auditor.ended,
            "at_border": auditor.at_border,
            "log_begins": {
                str(partition): {"offset": begin.offset, "at_ms": begin.at_ms}
                for partition, begin in sorted(auditor.begins.items())
            },
            "never_read": [
                {"partition": one.tp.partition, **one.stretch._asdict(), "found_ms": one.found_ms}
                for one in self.never_read
            ],
            "differences": [_as_json(difference) for difference in self.differences],
        }

    def sentences(self) -> Iterator[str]:
        """The verdict last."""
        yield from (_sentence(difference) for difference in self.differences[:SHOWN])
        if len(self.differences) > SHOWN:
            yield f"... and {len(self.differences) - SHOWN:,} more"
        if self.differences and self.others:
            yield f"Redis has fences of {', '.join(self.others)} too: what it counted of these is in the same totals"
        yield from self.doubts
        yield from (f"tenant {tenant} is not proven: {why}" for tenant, why in sorted(self.unproven.items()))
        if self.strangers:
            named = ", ".join(map(printable, sorted(self.strangers)[:SHOWN]))
            more = f" and {len(self.strangers) - SHOWN:,} more" if len(self.strangers) > SHOWN else ""
            yield (
                f"not judged: {named}{more}. Redis has reviews of tenants that the tenants file does not name; to "
                "audit one, put it back there as it was"
            )
        for one in self.never_read[-SHOWN:]:
            yield (
                f"never read: partition {one.tp.partition}, offsets {one.stretch} ({one.records:,}), which the log had "
                f"dropped when a worker came to them ({when(one.found_ms)})"
            )
        auditor = self.auditor
        if auditor.begins:
            where = ", ".join(
                f"partition {partition} at offset {begin.offset} "
                f"({'nothing is left' if begin.emptied else when(begin.at_ms)})"
                for partition, begin in sorted(auditor.begins.items())
            )
            yield (
                f"the log no longer holds its beginning; it begins in {where}. Totals and {auditor.left_out:,} buckets "
                "that may hold reviews from before are left out"
            )
        if auditor.ended:
            yield f"left out are {auditor.ended:,} buckets whose life in Redis is over, or within two hours of its end"
        if auditor.at_border:
            yield (
                f"at the border are {auditor.at_border:,} reviews whose P(good) is 0.5 to within {P_TOLERANCE} "
                "millionth: where they are counted, good and agree may differ by as many"
            )
        if self.beyond:
            yield f"{self.beyond:,} records of the log are past what Redis has counted, and not judged"
        yield (
            f"{self.verdict.clause}: {auditor.records:,} records; {auditor.compared:,} totals and buckets compared of "
            f"{auditor.entities:,} products and tenants"
        )


def _as_json(difference: Difference) -> dict[str, Any]:
    return {
        "shard": difference.shard,
        "tenant": difference.tenant,
        "product_id": difference.product_id,
        "step": difference.step,
        "start": None if difference.step is None else when(difference.start_ms),
        "log": dict(zip(difference.counts, difference.log, strict=False)),
        "store": dict(zip(difference.counts, difference.store, strict=False)),
        "tenure": difference.tenure,
        "spread_of": difference.spread_of,
    }


def _sentence(difference: Difference) -> str:
    product = "all products" if difference.product_id is None else f"product {printable(difference.product_id)}"
    if difference.tenure == ALL_MODELS:
        (named,), (held,) = difference.log, difference.store
        return (
            f"tenant {printable(difference.tenant)}, {product}: Redis no longer says which model counted "
            f"{named - held:,} of {named:,} reviews"
        )
    place = "totals" if difference.step is None else f"{_STEPS[difference.step]} {when(difference.start_ms)}"
    if difference.tenure is not None:
        place = f"counted by {printable(difference.tenure)}"
    if difference.spread_of is not None:
        place += f", spread of what {printable(difference.spread_of)} scored"
    counts = [
        f"{name} {_count(name, log)} in the log, {_count(name, store)} in Redis"
        for name, log, store in zip(difference.counts, difference.log, difference.store, strict=False)
        if log != store
    ]
    return f"tenant {printable(difference.tenant)}, {product}, {place}: {'; '.join(counts)}"


def _count(name: str, value: int) -> str:
    if name.endswith("_ms"):
        with suppress(ValueError, OverflowError):  # a time that is none is a difference too
            return when(value) if value else "none"
        return str(value)
    return f"{value / P_SCALE:.6f}" if name == "p_good" else f"{value:,}"
