"""Drivers of reviews that are in the store."""

import random
from typing import Any

import httpx
import jsonschema
import pytest

from api.clock import now_ms
from stream.drivers.sampler import OF_PRODUCT
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, P_SCALE
from tests.api.filling import Filler, House

TENANT = "/v1/tenants/shop/drivers"
LAMP = "/v1/tenants/shop/products/LAMP-7/drivers"

SAYINGS = (
    "arrived on a monday",
    "bought it for my desk",
    "the box is grey",
    "my second order here",
    "came with screws",
)
COMPLAINTS = {"LAMP-7": "it stopped working", "KETTLE": "the lid leaks"}
PRAISE = "bright light"


def reviews(product: str, at: int, good: int, bad: int, seed: int, first: int = 0) -> list[Scored]:
    """Reviews that say anything, and in 7 of 10 cases what is to be found."""
    chance = random.Random(seed)
    found = []
    for i in range(good + bad):
        says = PRAISE if i < good else COMPLAINTS[product]
        text = ". ".join([*chance.sample(SAYINGS, 2), *([says] if chance.random() < 0.7 else [])])
        event = ReviewEvent(f"{product}-{at}-{first + i}", "shop", product, text, at - i * 60_000)
        found.append(Scored(event, round((0.9 if i < good else 0.2) * P_SCALE), at))
    return found


async def ask(http: httpx.AsyncClient, house: House, path: str, **query: Any) -> httpx.Response:
    return await http.get(path, params=query, headers=house.headers())


@pytest.fixture
async def at(filler: Filler) -> int:
    """Noon of yesterday, so that a day's reviews are all of one day."""
    at = now_ms() // DAY_MS * DAY_MS - DAY_MS // 2
    await filler.put(
        [
            *reviews("LAMP-7", at, 60, 40, 1),
            *reviews("LAMP-7", at - 2 * DAY_MS, 30, 20, 2, 100),
            *reviews("KETTLE", at, 50, 45, 3),
        ]
    )
    return at


async def test_what_a_products_bad_reviews_say_comes_out_on_top(http: httpx.AsyncClient, house: House, at: int) -> None:
    body = (await ask(http, house, LAMP, at=at)).json()
    assert (body["product_id"], body["against"], body["window"], body["enough"]) == ("LAMP-7", "good", "7d", True)
    assert (body["bad"]["reviews"], body["reference"]["reviews"]) == (60, 90)
    sampled = body["bad"]["sampled"]
    assert OF_PRODUCT <= sampled <= 2 * OF_PRODUCT  # of one day's 40 as large a share as of the other's 20
    assert OF_PRODUCT <= body["reference"]["sampled"] <= 2 * OF_PRODUCT
    by_term = {one["term"]: one for one in body["terms"]}
    assert set(by_term) == {"stopped working", "bright light"}  # their words alone say the same
    first = by_term["stopped working"]
    assert (first["term"], first["leans"], first["significant"]) == ("stopped working", "bad", True)
    assert first["bad_share"] == pytest.approx(first["bad_count"] / sampled, abs=1e-6)
    assert first["log_odds"] > 2
    assert first["z"] > 3
    assert first["p_value"] <= first["q_value"] < 1e-4
    assert by_term["bright light"]["leans"] == "reference"
    assert by_term["bright light"]["log_odds"] < 0


async def test_terms_of_one_side_may_be_asked_for_and_those_that_are_not_shown_to_differ(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    bad = (await ask(http, house, LAMP, leans="bad", at=at)).json()["terms"]
    assert [one["term"] for one in bad] == ["stopped working"]
    reference = (await ask(http, house, LAMP, leans="reference", at=at)).json()["terms"]
    assert [one["term"] for one in reference] == ["bright light"]
    every = (await ask(http, house, LAMP, only_significant="false", limit=5, at=at)).json()
    assert [one["significant"] for one in every["terms"]] == [True, True, False, False, False]
    assert every["tested"] > 5
    assert every["significant"] == 6  # two phrases and their four words


async def test_against_other_products_what_all_complain_of_is_no_driver(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    body = (await ask(http, house, LAMP, against="others", at=at)).json()
    assert body["reference"] == {"reviews": 45, "sampled": 45}
    assert {(one["term"], one["leans"]) for one in body["terms"]} == {
        ("stopped working", "bad"), ("lid leaks", "reference"),
    }  # fmt: skip


async def test_the_tenants_bad_reviews_stand_against_its_good_ones(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    body = (await ask(http, house, TENANT, window="24h", at=at)).json()
    assert (body["product_id"], body["against"]) == (None, "good")
    assert (body["bad"], body["reference"]) == ({"reviews": 85, "sampled": 85}, {"reviews": 110, "sampled": 110})
    assert {one["term"] for one in body["terms"]} == {"stopped working", "lid leaks", "bright light"}
    assert body["to_ms"] - body["from_ms"] == DAY_MS


async def test_of_few_reviews_nothing_is_tested(http: httpx.AsyncClient, house: House, at: int) -> None:
    body = (await ask(http, house, LAMP, window="24h", min_reviews=OF_PRODUCT, at=at)).json()
    assert (body["enough"], body["tested"], body["terms"]) == (False, 0, [])
    assert body["bad"] == {"reviews": 40, "sampled": OF_PRODUCT - 1}  # the last one of a full sample is its bound
    long_ago = (await ask(http, house, LAMP, at=str(at - 400 * DAY_MS))).json()
    assert (long_ago["enough"], long_ago["bad"]) == (False, {"reviews": 0, "sampled": 0})


@pytest.mark.parametrize("when", [0, 253_402_300_799_999])
async def test_at_either_end_of_time_there_is_nothing(
    http: httpx.AsyncClient, house: House, at: int, when: int
) -> None:
    for path in (TENANT, LAMP):
        assert (await ask(http, house, path, at=when)).json()["enough"] is False


async def test_no_word_of_one_or_two_people_is_shown(http: httpx.AsyncClient, house: House, filler: Filler) -> None:
    at = now_ms()
    texts = ["Jane Doe of Elm Street was rude"] * 2 + ["nothing else to say"] * 30
    bad = [Scored(ReviewEvent(f"b{i}", "shop", "LAMP-7", text, at), 100_000, at) for i, text in enumerate(texts)]
    good = [Scored(ReviewEvent(f"g{i}", "shop", "LAMP-7", "Jane is kind", at), 900_000, at) for i in range(30)]
    await filler.put([*bad, *good])
    answer = await ask(http, house, LAMP, only_significant="false", min_count=3, limit=100)
    assert answer.json()["terms"]
    for secret in ("doe", "elm", "street", "rude"):
        assert secret not in answer.text
    assert "kind" in answer.text


async def test_a_window_longer_than_texts_are_kept_is_refused_with_a_sentence(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    for path in (TENANT, LAMP):
        answer = await ask(http, house, path, window="30d")
        assert answer.status_code == 422
        assert answer.json()["errors"] == [
            {"field": "window", "reason": "expected at most 7 days: this tenant keeps texts no longer"}
        ]
    text = house.path.read_text()
    house.path.write_text(text.replace('id = "shop"', 'id = "shop"\nrecent_days = 30', 1))
    assert (await ask(http, house, TENANT, window="30d")).status_code == 200


async def test_a_tenant_that_keeps_no_texts_has_no_drivers(http: httpx.AsyncClient, house: House, at: int) -> None:
    house.path.write_text(house.path.read_text().replace('id = "shop"', 'id = "shop"\nrecent_reviews = 0', 1))
    for path in (TENANT, LAMP):
        answer = await ask(http, house, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:aura:problem:not-found")
        assert "recent_reviews = 0" in answer.json()["detail"]


async def test_a_product_without_reviews_has_no_drivers(http: httpx.AsyncClient, house: House, at: int) -> None:
    assert (await ask(http, house, LAMP.replace("LAMP-7", "NONE"))).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"window": "all"}, "window"), ({"at": "noon"}, "at"), ({"leans": "good"}, "leans"),
        ({"min_reviews": 4}, "min_reviews"), ({"min_count": 2}, "min_count"), ({"fdr": 0}, "fdr"),
        ({"limit": 101}, "limit"), ({"against": "bad"}, "against"),
    ],
)  # fmt: skip
async def test_a_bad_parameter_is_named(
    http: httpx.AsyncClient, house: House, query: dict[str, Any], field: str
) -> None:
    answer = await ask(http, house, LAMP, **query)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_the_example_fits_its_schema(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    for path in ("drivers", "products/{product_id}/drivers"):
        content = document["paths"][f"/v1/tenants/{{tenant}}/{path}"]["get"]["responses"]["200"]["content"]
        found = content["application/json"]
        schema = {**found["schema"], "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(found["example"])
        assert {one["leans"] for one in found["example"]["terms"]} == {"bad", "reference"}
