"""Drift and live accuracy of reviews that are in the store."""

import random
from typing import Any

import httpx
import pytest

from api.clock import now_ms
from models.artefact import describe
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, HOUR_MS, P_SCALE
from tests.api.filling import Filler, House

PATH = "/v1/tenants/shop"
OLD, NEW = "products@000000000001", "products@000000000002"


def hour(at: int, count: int, p_good: float, unknown: int, chance: random.Random, **fields: Any) -> list[Scored]:
    """Reviews of ten words each of the hour that begins at ``at``, logged as they were written."""
    return [
        Scored(
            ReviewEvent(f"{at}-{i}", "shop", "LAMP-7", "It does what it should.", at + i, **fields),
            round(min(1.0, max(0.0, chance.gauss(p_good, 0.1))) * P_SCALE),
            at + i,
            10,
            unknown,
        )
        for i in range(count)
    ]


async def get(http: httpx.AsyncClient, house: House, path: str, **query: str | int) -> Any:
    answer = await http.get(PATH + path, params=query, headers=house.headers())
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def end(filler: Filler) -> int:
    """Ten days of kind reviews that end with an hour ago, the last day of them harsh and full of unknown words."""
    chance = random.Random(5)
    end = now_ms() // HOUR_MS * HOUR_MS - HOUR_MS
    reviews = [
        review for at in range(end - 10 * DAY_MS, end - DAY_MS, 4 * HOUR_MS) for review in hour(at, 8, 0.8, 0, chance)
    ]
    reviews += [review for at in range(end - DAY_MS, end, HOUR_MS) for review in hour(at, 8, 0.3, 4, chance)]
    await filler.put(reviews, OLD)
    return end


async def test_a_day_that_turned_is_drift_with_its_hour(http: httpx.AsyncClient, house: House, end: int) -> None:
    found = await get(http, house, "/drift", at=end - 1, reference="7d")
    assert (found["level"], found["scores"]["level"], found["words"]["level"]) == ("major", "major", "major")
    assert (found["from_ms"], found["to_ms"]) == (end - DAY_MS, end)
    assert (found["from_ms"] - found["reference_from_ms"]) == 7 * DAY_MS
    assert abs(found["scores"]["changed_ms"] - (end - DAY_MS)) <= 4 * HOUR_MS
    assert (found["scores"]["current"]["reviews"], found["scores"]["reference"]["reviews"]) == (24 * 8, 7 * 6 * 8)
    assert (found["words"]["unknown_rate"], found["words"]["reference_unknown_rate"]) == (0.4, 0)
    assert (found["model"], found["model_changed"], found["other_models"]) == (OLD, False, [])


async def test_the_day_before_is_none(http: httpx.AsyncClient, house: House, end: int) -> None:
    found = await get(http, house, "/drift", at=end - DAY_MS - 1)
    assert found["scores"]["changed_ms"] is None
    assert found["scores"]["current"]["reviews"] == 48
    assert found["level"] == "too_few", "48 reviews are no proof that nothing has changed"
    week = await get(http, house, "/drift", at=end - DAY_MS - 1, window="7d")
    assert (week["level"], week["scores"]["current"]["reviews"]) == ("too_few", 7 * 6 * 8), "96 reviews before"


async def test_a_model_that_took_over_is_judged_by_its_own_reviews(
    http: httpx.AsyncClient, house: House, end: int, filler: Filler
) -> None:
    await filler.put(hour(end, 600, 0.9, 0, random.Random(1)), NEW)
    found = await get(http, house, "/drift", at=end)
    assert (found["model"], found["model_changed"], found["level"]) == (NEW, True, "too_few")
    assert (found["scores"]["psi"], found["scores"]["reference"]["shares"]) == (None, [])
    (other,) = found["other_models"]
    assert (other["model"], other["reviews"], other["reference_reviews"]) == (OLD, 23 * 8, 54 * 8 + 8)


async def test_a_tenant_without_reviews_has_no_drift(http: httpx.AsyncClient, house: House) -> None:
    found = await get(http, house, "/drift")
    assert (found["level"], found["model"], found["scores"]["psi"]) == ("too_few", None, None)
    found = await get(http, house, "/drift", at=0)
    assert found["reference_from_ms"] == 0


@pytest.mark.parametrize("query", ["window=1h", "window=all", "reference=24h", "at=noon"])
async def test_what_may_be_asked_is_told(http: httpx.AsyncClient, house: House, query: str) -> None:
    answer = await http.get(f"{PATH}/drift?{query}", headers=house.headers())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


async def test_live_accuracy_is_that_of_rated_reviews_beside_the_cards(
    http: httpx.AsyncClient, house: House, filler: Filler
) -> None:
    end = now_ms() // HOUR_MS * HOUR_MS
    chance = random.Random(2)
    right = [
        *hour(end - HOUR_MS, 60, 0.95, 0, chance, rating=5),
        *hour(end - 2 * HOUR_MS, 20, 0.05, 0, chance, rating=3),
    ]
    wrong = hour(end - 2 * HOUR_MS + 1_000, 40, 0.95, 0, chance, rating=2)
    await filler.put([*right, *wrong, *hour(end - HOUR_MS + 1_000, 30, 0.5, 0, chance)], OLD)
    tenant = await get(http, house, "/accuracy", window="24h", at=end - 1)
    assert (tenant["reviews"], tenant["rated"], tenant["rated_bad"], tenant["agree"]) == (150, 120, 60, 80)
    assert (tenant["rated_share"], tenant["accuracy"], tenant["majority"]) == (0.8, 0.666667, 0.5)
    assert tenant["accuracy_interval"][0] < 0.6667 < tenant["accuracy_interval"][1]
    card = describe("products").results.shipped
    assert (tenant["card"]["test_accuracy"], tenant["card"]["test_reviews"]) == (round(card.accuracy, 6), card.rows)
    assert tenant["card"]["lower"] is True
    assert tenant["card"]["expected_accuracy"] < tenant["card"]["test_accuracy"], "half of them are bad"
    assert [(bucket["start_ms"], bucket["rated"], bucket["agree"]) for bucket in tenant["buckets"]] == [
        (end - 2 * HOUR_MS, 60, 20),
        (end - HOUR_MS, 60, 60),
    ]
    product = await get(http, house, "/products/LAMP-7/accuracy", window="24h", at=end - 1)
    assert product == tenant
    whole = await get(http, house, "/accuracy", window="all")
    assert (whole["rated"], whole["agree"], whole["buckets"]) == (120, 80, [])
    none = await get(http, house, "/accuracy", window="24h", at=end - 10 * DAY_MS)
    assert (none["rated"], none["accuracy"], none["card"]["lower"]) == (0, None, None)
    missing = await http.get(f"{PATH}/products/NOBODY/accuracy", headers=house.headers())
    assert missing.status_code == 404
