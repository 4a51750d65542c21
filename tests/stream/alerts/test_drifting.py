"""Drift as a rule sees it: raised when scores or words surely moved, and cleared when they are as before."""

import random

import pytest

from api.clock import now_ms
from stream.alerts.book import Book
from stream.alerts.drifting import REFERENCE, drift
from stream.alerts.evaluator import Evaluator
from stream.alerts.seen import read
from stream.drift import examine
from stream.drift_terms import DriftWindow, period
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, HOUR_MS, MINUTE_MS, P_SCALE
from stream.spread import Spread
from stream.store.connection import Client
from stream.store.reader import Store
from stream.tenant_rules import AlertRule
from tests.api.filling import Filler
from tests.stream.alerts.conftest import NOON, Shop

RULE = AlertRule("drift", "drift", "24h", min_reviews=50)
TABLE = 'id = "drift"\nkind = "drift"\nwindow = "24h"\nmin_reviews = 50'


def hours(first: int, count: int, reviews: int, mean: float, unknown: int = 0) -> list[tuple[int, Spread]]:
    """Hours of reviews of ten words around a P(good), counted from that of noon."""
    chance = random.Random(first)
    made = []
    for hour in range(first, first + count):
        spread = Spread()
        for _ in range(reviews):
            spread.take(round(min(1.0, max(0.0, chance.gauss(mean, 0.1))) * P_SCALE), 10, unknown)
        made.append((NOON + hour * HOUR_MS, spread))
    return made


@pytest.mark.parametrize(
    ("reviews", "mean", "unknown", "verdict"),
    [(20, 0.8, 0, "clear"), (20, 0.4, 0, "raise"), (20, 0.8, 4, "raise"), (1, 0.4, 0, "hold"), (0, 0.4, 0, "clear")],
    ids=["as before", "other scores", "unknown words", "too few reviews", "no reviews"],
)
def test_a_rule_is_raised_by_drift_alone(reviews: int, mean: float, unknown: int, verdict: str) -> None:
    over = period("24h", REFERENCE["24h"], NOON + 24 * HOUR_MS - 1)
    found = drift(RULE, examine({"m": [*hours(-168, 168, 10, 0.8), *hours(0, 24, reviews, mean, unknown)]}, over))
    assert found.verdict == verdict
    assert found.reviews == 24 * reviews
    if verdict == "raise":
        assert "population stability index of" in found.why


def test_a_higher_threshold_lets_smaller_drift_pass() -> None:
    over = period("24h", REFERENCE["24h"], NOON + 24 * HOUR_MS - 1)
    examined = examine({"m": [*hours(-168, 168, 20, 0.8), *hours(0, 24, 20, 0.74)]}, over)
    small = drift(RULE, examined)
    assert small.value is not None
    assert small.verdict == "raise"
    strict = AlertRule("drift", "drift", "24h", threshold=0.9, clear=0.8)
    assert drift(strict, examined).verdict == ("clear" if small.value <= 0.8 else "hold")


@pytest.mark.parametrize("window", ["24h", "7d", "30d"])
def test_a_window_and_what_it_is_compared_with_are_kept(window: DriftWindow) -> None:
    over = period(window, REFERENCE[window], NOON)
    assert over.to_ms - over.reference_ms <= 90 * DAY_MS
    assert over.from_ms - over.reference_ms >= 2 * (over.to_ms - over.from_ms)


async def test_a_tenant_whose_scores_drift_is_told_and_looked_at_by_the_hour(
    client: Client, filler: Filler, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(3)

    def day(first: int, count: int, mean: float) -> list[Scored]:
        return [
            Scored(
                ReviewEvent(f"{hour}-{number}", "shop", "LAMP-7", "Text.", NOON + hour * HOUR_MS + number),
                round(min(1.0, max(0.0, chance.gauss(mean, 0.1))) * P_SCALE),
                now_ms(),
                10,
                0,
            )
            for hour in range(first, first + count)
            for number in range(20)
        ]

    shop.write(f"{TABLE}\nrepeat_minutes = 10")
    clock = now_ms()
    evaluator = Evaluator(client, shop.tenants, clock=lambda: clock)
    await filler.put(day(0, 8 * 24, 0.8), "products@000000000001")
    await evaluator.round()
    assert (await read(client, "shop"))["drift"].figures[0].verdict == "clear"
    reads = []
    spreads = Store.spreads

    async def counted(store: Store, tenant: str, from_ms: int, to_ms: int) -> object:
        reads.append(to_ms)
        return await spreads(store, tenant, from_ms, to_ms)

    monkeypatch.setattr(Store, "spreads", counted)
    await evaluator.round()
    assert reads == []  # no review came, and no hour ended
    await filler.put(day(8 * 24, 20, 0.4), "products@000000000001")
    await evaluator.round()
    assert len(reads) == 1
    ((_, event),) = await Book(client).history("shop", None, 10)
    assert (event.kind, event.event, event.product_id, event.window) == ("drift", "raised", None, "24h")
    assert event.value is not None
    assert event.value > 0.25
    # It is told again on time, with what was found, and is not examined again for that.
    for _ in range(4):
        clock += 4 * MINUTE_MS
        await evaluator.round()
    again, _ = [one for _, one in await Book(client).history("shop", None, 10)]
    assert (again.event, again.noted_ms - event.noted_ms) == ("repeated", 12 * MINUTE_MS)
    assert (again.value, again.why) == (event.value, event.why)
    assert len(reads) == 1
