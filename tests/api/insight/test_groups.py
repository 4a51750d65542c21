"""Brands and categories: gathered, ranked, paged; and the products of one."""

from typing import Any

import httpx
import jsonschema
import pytest

from api.clock import now_ms
from api.insight.grouping import gather
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, P_SCALE, Measures
from stream.store.state import EntityState, ProductRow, Profile
from tests.api.filling import Filler, House

PATH = "/v1/tenants/shop"


def reviews(product: str, good: int, bad: int, at: int, **fields: Any) -> list[Scored]:
    return [
        Scored(
            ReviewEvent(f"{product}-{at}-{i}", "shop", product, "It does what it should.", at - i, **fields),
            round((0.9 if i < good else 0.2) * P_SCALE),
            at,
        )
        for i in range(good + bad)
    ]


@pytest.fixture
async def at(filler: Filler) -> int:
    """A lamp and a shade of one brand, a kettle of another, and something that names neither."""
    at = now_ms()
    lamp = {"brand": "Nordhavn", "categories": ("Desk", "Light")}
    await filler.put(
        [
            *reviews("LAMP-7", 4, 16, at, **lamp),
            *reviews("LAMP-7", 18, 2, at - DAY_MS, **lamp),
            *reviews("SHADE", 5, 0, at, brand="Nordhavn", categories=("Light",)),
            *reviews("KETTLE", 6, 2, at, brand="Aqua", categories=("Kitchen",)),
            *reviews("PLAIN", 3, 0, at),
            *reviews("OLD", 1, 0, at - 5 * DAY_MS, brand="Bygone", categories=("Attic",)),
        ]
    )
    return at


async def ask(http: httpx.AsyncClient, house: House, path: str, **query: Any) -> httpx.Response:
    return await http.get(PATH + path, params=query, headers=house.headers())


async def test_a_group_is_all_its_products_together(http: httpx.AsyncClient, house: House, at: int) -> None:
    answer = (await ask(http, house, "/groups", by="brand", at=at)).json()
    assert (answer["matching"], [group["id"] for group in answer["groups"]]) == (2, ["Nordhavn", "Aqua"])
    nordhavn = answer["groups"][0]
    assert (nordhavn["products"], nordhavn["reviews_total"]) == (2, 45)
    assert (nordhavn["measures"]["good"], nordhavn["measures"]["reviews"]) == (9, 25)
    assert (nordhavn["previous"]["good"], nordhavn["change"]) == (18, pytest.approx(9 / 25 - 0.9))
    assert sum(nordhavn["trend"]["reviews"]) == 25
    assert nordhavn["last_review_ms"] == at


async def test_a_product_counts_in_each_of_its_categories(http: httpx.AsyncClient, house: House, at: int) -> None:
    answer = (await ask(http, house, "/groups", sort="bad_lower", at=at)).json()
    assert [(one["id"], one["products"], one["measures"]["bad"]) for one in answer["groups"]] == [
        ("Desk", 1, 16), ("Light", 2, 16), ("Kitchen", 1, 2),
    ]  # fmt: skip
    ever = (await ask(http, house, "/groups", window="all")).json()
    assert {one["id"]: one["previous"] for one in ever["groups"]}["Attic"] is None


async def test_pages_follow_each_other_and_a_cursor_belongs_to_its_list(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    seen, cursor = [], None
    while True:
        query = {"limit": 1, "window": "all", **({"cursor": cursor} if cursor else {})}
        page = (await ask(http, house, "/groups", **query)).json()
        seen += [one["id"] for one in page["groups"]]
        if (found := page["next_cursor"]) is None:
            break
        cursor = found
    assert sorted(seen) == ["Attic", "Desk", "Kitchen", "Light"]
    for path, more in (("/groups", {"by": "brand"}), ("/products", {}), ("/products", {"brand": "Nordhavn"})):
        refused = await ask(http, house, path, window="all", cursor=cursor, **more)
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:aura:problem:bad-cursor")


async def test_the_products_of_a_brand_or_category_are_ranked_and_paged(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    first = (await ask(http, house, "/products", category="Light", limit=1)).json()
    assert (first["matching"], [one["product_id"] for one in first["products"]]) == (2, ["LAMP-7"])
    second = (await ask(http, house, "/products", category="Light", limit=1, cursor=first["next_cursor"])).json()
    assert ([one["product_id"] for one in second["products"]], second["next_cursor"]) == (["SHADE"], None)
    both = (await ask(http, house, "/products", brand="Nordhavn", category="Desk")).json()
    assert [one["product_id"] for one in both["products"]] == ["LAMP-7"]
    assert (await ask(http, house, "/products", brand="Nobody")).json()["products"] == []
    assert (await ask(http, house, "/products", brand="x" * 301)).status_code == 422


async def test_a_bad_grouping_is_named(http: httpx.AsyncClient, house: House, at: int) -> None:
    answer = await ask(http, house, "/groups", by="colour")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["by"])


async def test_the_example_fits_its_schema(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    answer = document["paths"]["/v1/tenants/{tenant}/groups"]["get"]["responses"]["200"]["content"]["application/json"]
    jsonschema.Draft202012Validator({**answer["schema"], "components": document["components"]}).validate(
        answer["example"]
    )


def test_a_product_that_names_a_category_twice_counts_once() -> None:
    counts = Measures(2, 1, 1_000_000)
    row = ProductRow(EntityState("shop", "A", Profile(None, None, ("X", "X")), counts, 0, 1, 2), counts, Measures(), [])
    gathered = gather([row], "category")
    assert [one.current.reviews for one in gathered.rows] == [2]
    assert gather([row], "brand").rows == []
