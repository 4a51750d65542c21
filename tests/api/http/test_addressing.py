"""Whatever product can be published can be asked for by URL."""

from urllib.parse import quote

import httpx
import pytest

from api.client import AsyncAura
from api.config import ApiConfig
from tests.api.filling import Filler, House
from tests.api.serving import served
from tests.stream.samples import scored

ODD = (
    "...",
    ".x",
    "x..",
    "%2e",
    "%2E%2e",
    "..%2f",
    "a\\b",
    "?",
    "#",
    ";x=1",
    "+",
    "&",
    "crème",
    "\u2024",
    "\U0001f600",
)


@pytest.mark.parametrize("product_id", [".", ".."])
async def test_steps_of_a_path_are_no_products(http: httpx.AsyncClient, house: House, product_id: str) -> None:
    review = {"product_id": product_id, "text": "Boils fast."}
    answer = await http.post("/v1/tenants/shop/reviews", json=review, headers=house.headers("shop", "write"))
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "product_id"
    assert "not '.' or '..'" in error["reason"]


async def test_products_with_odd_ids_are_found(config: ApiConfig, house: House, filler: Filler) -> None:
    await filler.put([scored(i, product_id=product_id) for i, product_id in enumerate(ODD)])
    key = house.keys["shop", "read"]
    async with served(config) as url, httpx.AsyncClient() as http, AsyncAura(url, key, "shop") as aura:
        for product_id in ODD:
            path = f"{url}/v1/tenants/shop/products/{quote(product_id, safe='')}"
            assert (await http.get(path, headers=house.headers())).json()["product_id"] == product_id
            assert (await aura.product(product_id)).product_id == product_id
