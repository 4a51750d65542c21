"""Movers and comparisons of reviews that are in the store."""

from typing import Any

import httpx
import pytest

from api.clock import now_ms
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, HOUR_MS, P_SCALE
from tests.api.filling import Filler, House

PATH = "/v1/tenants/shop"


def reviews(product: str, at: int, good: int, bad: int, **fields: Any) -> list[Scored]:
    return [
        Scored(
            ReviewEvent(f"{product}-{at}-{i}", "shop", product, "It does what it should.", at - i, **fields),
            round((0.9 if i < good else 0.2) * P_SCALE),
            at,
        )
        for i in range(good + bad)
    ]


async def ask(http: httpx.AsyncClient, house: House, path: str, query: list[tuple[str, Any]]) -> httpx.Response:
    return await http.get(PATH + path, params=httpx.QueryParams(query), headers=house.headers())


@pytest.fixture
async def at(filler: Filler) -> int:
    """The middle of an hour. The lamp turned bad a day ago, the kettle and the pan did not change."""
    at = now_ms() // HOUR_MS * HOUR_MS - 30 * 60_000
    lamp, kettle = {"brand": "Nordhavn", "categories": ("Desk", "Light")}, {"categories": ("Desk",)}
    await filler.put(
        [
            *reviews("LAMP-7", at, 4, 16, product_name="Desk lamp", **lamp),
            *reviews("LAMP-7", at - DAY_MS, 18, 2, **lamp),
            *reviews("KETTLE", at, 15, 5, **kettle),
            *reviews("KETTLE", at - DAY_MS, 16, 4, **kettle),
            *reviews("PAN", at, 2, 0, brand="Nordhavn"),
            *reviews("PAN", at - DAY_MS, 0, 2, brand="Nordhavn"),
        ]
    )
    return at


async def test_the_product_that_turned_is_the_one_that_moved(http: httpx.AsyncClient, house: House, at: int) -> None:
    answer = (await ask(http, house, "/movers", [("at", at), ("min_reviews", 2)])).json()
    assert (answer["tested"], answer["significant"], answer["to_ms"] - answer["from_ms"]) == (3, 1, DAY_MS)
    (lamp,) = answer["movers"]
    assert (lamp["product_id"], lamp["name"], lamp["change"], lamp["significant"]) == (
        "LAMP-7",
        "Desk lamp",
        -0.7,
        True,
    )
    assert (lamp["measures"]["good"], lamp["previous"]["good"]) == (4, 18)
    assert lamp["change_interval"][1] == -lamp["changed_at_least"] < -0.3
    assert 0 < lamp["p_value"] < lamp["q_value"] < 0.001
    every = [("at", at), ("min_reviews", 2), ("only_significant", "false")]
    listed = (await ask(http, house, "/movers", every)).json()["movers"]
    assert [one["product_id"] for one in listed] == ["LAMP-7", "PAN", "KETTLE"]
    up = (await ask(http, house, "/movers", [*every, ("direction", "up"), ("limit", 1)])).json()["movers"]
    assert [one["product_id"] for one in up] == ["PAN"]


async def test_movers_go_on_with_the_cursor_of_the_page_before_and_with_no_other(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    question: list[tuple[str, Any]] = [("at", at), ("min_reviews", 2), ("only_significant", "false"), ("limit", 1)]
    first = (await ask(http, house, "/movers", question)).json()
    listed, cursor = [first["movers"][0]["product_id"]], first["next_cursor"]
    while cursor:
        page = (await ask(http, house, "/movers", [*question, ("cursor", cursor)])).json()
        assert (page["tested"], page["from_ms"], page["to_ms"]) == (3, first["from_ms"], first["to_ms"])
        listed += [one["product_id"] for one in page["movers"]]
        cursor = page["next_cursor"]
    assert listed == ["LAMP-7", "PAN", "KETTLE"]
    for other in ([*question, ("direction", "up")], [*question, ("fdr", 0.1)], [("at", at), ("min_reviews", 2)]):
        refused = await ask(http, house, "/movers", [*other, ("cursor", first["next_cursor"])])
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:aura:problem:bad-cursor")
    nonsense = await ask(http, house, "/movers", [*question, ("cursor", "e30")])
    assert nonsense.json()["detail"].startswith("Take `next_cursor`")


@pytest.mark.parametrize("when", [0, 253_402_300_799_999])
async def test_at_either_end_of_time_nothing_moved(http: httpx.AsyncClient, house: House, at: int, when: int) -> None:
    for path in ("/movers", "/compare", "/export/products"):
        query = [("at", when), ("window", "30d"), ("item", "LAMP-7"), ("item", "KETTLE")]
        assert (await ask(http, house, path, query)).status_code == 200
    assert (await ask(http, house, "/movers", [("at", when)])).json()["tested"] == 0


async def test_products_are_compared_over_a_window_or_all_time(http: httpx.AsyncClient, house: House, at: int) -> None:
    items = [("item", "LAMP-7"), ("item", "KETTLE"), ("at", at)]
    answer = (await ask(http, house, "/compare", items)).json()
    assert [(one["id"], one["name"], one["measures"]["good_ratio"]) for one in answer["items"]] == [
        ("LAMP-7", "Desk lamp", 0.2), ("KETTLE", None, 0.75),
    ]  # fmt: skip
    (pair,) = answer["differences"]
    assert (pair["id"], pair["against"], pair["difference"]) == ("LAMP-7", "KETTLE", -0.55)
    assert pair["difference_interval"][0] < -0.55 < pair["difference_interval"][1] < 0
    assert pair["p_value"] == pair["p_holm"] < 0.01
    ever = (await ask(http, house, "/compare", [*items, ("window", "all")])).json()
    assert [one["measures"]["reviews"] for one in ever["items"]] == [40, 40]


async def test_brands_are_their_products_and_one_that_no_product_has_is_empty(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    query = [("by", "brand"), ("item", "Nordhavn"), ("item", "Nobody"), ("at", at)]
    answer = (await ask(http, house, "/compare", query)).json()
    assert [(one["id"], one["products"], one["measures"]["reviews"]) for one in answer["items"]] == [
        ("Nordhavn", 2, 22), ("Nobody", 0, 0),
    ]  # fmt: skip
    assert answer["differences"] == []


async def test_categories_that_share_a_product_have_no_difference(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    query = [("by", "category"), ("item", "Desk"), ("item", "Light"), ("at", at)]
    answer = (await ask(http, house, "/compare", query)).json()
    assert [(one["id"], one["products"]) for one in answer["items"]] == [("Desk", 2), ("Light", 1)]
    assert answer["differences"] == []


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/movers", [("window", "all")], "window"),
        ("/movers", [("at", "noon")], "at"),
        ("/movers", [("min_reviews", 0)], "min_reviews"),
        ("/movers", [("fdr", "nan")], "fdr"),
        ("/movers", [("limit", 101)], "limit"),
        ("/compare", [], "item"),
        ("/compare", [("item", "LAMP-7")], "item"),
        ("/compare", [("item", f"P{i}") for i in range(11)], "item"),
        ("/compare", [("item", "LAMP-7"), ("item", "LAMP-7")], "item"),
        ("/compare", [("item", "LAMP-7"), ("item", "x" * 301)], "item.1"),
        ("/compare", [("item", "A"), ("item", "B"), ("by", "colour")], "by"),
    ],
)
async def test_a_bad_parameter_is_named(
    http: httpx.AsyncClient, house: House, path: str, query: list[tuple[str, Any]], field: str
) -> None:
    answer = await ask(http, house, path, query)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_a_product_without_reviews_cannot_be_compared(http: httpx.AsyncClient, house: House, at: int) -> None:
    answer = await ask(http, house, "/compare", [("item", "LAMP-7"), ("item", "NONE")])
    assert (answer.status_code, answer.json()["detail"]) == (404, "This tenant has no review of a product 'NONE'.")
