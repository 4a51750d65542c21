"""Files of what is in the store."""

import csv
import io
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from pyarrow import parquet

from api.clock import now_ms
from api.config import ApiConfig
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, HOUR_MS, P_SCALE
from stream.store.reader import Store
from stream.store.state import ProductRow
from stream.tenants_write import remove_keys
from tests.api.filling import Filler, House
from tests.api.serving import served

PATH = "/v1/tenants/shop"


def review(product: str, at: int, p_good: float, **fields: Any) -> Scored:
    event = ReviewEvent(f"{product}-{at}", "shop", product, "It does what it should.", at, **fields)
    return Scored(event, round(p_good * P_SCALE), now_ms())


@pytest.fixture
async def at(filler: Filler) -> int:
    """The start of an hour that is over."""
    at = now_ms() // HOUR_MS * HOUR_MS - HOUR_MS
    await filler.put(
        [
            review("LAMP-7", at, 0.9, product_name="=Desk lamp", brand="Nordhavn", categories=("Desk", "Light")),
            review("LAMP-7", at - HOUR_MS, 0.3),
            review("KETTLE", at, 0.8, rating=5),
            review("OLD", at - 3 * DAY_MS, 0.9),
        ]
    )
    return at


async def fetch(http: httpx.AsyncClient, house: House, path: str, **query: Any) -> httpx.Response:
    answer = await http.get(f"{PATH}/export{path}", params=query, headers=house.headers())
    assert answer.status_code == 200, answer.text
    return answer


async def shown(http: httpx.AsyncClient, house: House, path: str, **query: Any) -> Any:
    return (await http.get(PATH + path, params=query, headers=house.headers())).json()


def lines(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


async def test_products_as_csv_are_those_of_the_list(
    http: httpx.AsyncClient, house: House, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.export.PRODUCTS_AT_ONCE", 1)
    answer = await fetch(http, house, "/products", at=at)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="aura-shop-products-24h.csv"'
    assert answer.headers["cache-control"] == "no-store"
    listed = {row["product_id"]: row for row in (await shown(http, house, "/products", at=at))["products"]}
    found = lines(answer)
    assert [line["product_id"] for line in found] == ["KETTLE", "LAMP-7"]
    for line in found:
        measures = listed[line["product_id"]]["measures"]
        assert int(line["reviews"]) == measures["reviews"]
        assert [float(line["good_low"]), float(line["good_high"])] == measures["good_interval"]
        low, high = float(line["mean_p_good_low"]), float(line["mean_p_good_high"])
        assert ([low, high], float(line["mean_p_good"])) == (measures["mean_p_good_interval"], measures["mean_p_good"])
    lamp = found[1]
    assert (lamp["name"], lamp["brand"], lamp["categories"]) == ("'=Desk lamp", "Nordhavn", "Desk; Light")
    assert (lamp["rating_mean"], found[0]["rating_mean"]) == ("", "5.0")


@pytest.mark.parametrize("path", ["/products", "/products/LAMP-7/timeline"])
async def test_csv_for_excel_begins_with_a_byte_order_mark(
    http: httpx.AsyncClient, house: House, at: int, path: str
) -> None:
    query: dict[str, str | int] = {"to" if "timeline" in path else "at": at}
    url = f"{PATH}/export{path}"
    plain = await http.get(url, params=query, headers=house.headers())
    excel = await http.get(url, params={**query, "bom": "true"}, headers=house.headers())
    assert (plain.status_code, excel.status_code) == (200, 200)
    assert excel.content == b"\xef\xbb\xbf" + plain.content
    parquet = await http.get(url, params={**query, "bom": "true", "format": "parquet"}, headers=house.headers())
    assert parquet.content.startswith(b"PAR1")


async def test_products_as_parquet_hold_all_of_them_for_all_time(
    http: httpx.AsyncClient, house: House, at: int
) -> None:
    answer = await fetch(http, house, "/products", window="all", format="parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["content-disposition"] == 'attachment; filename="aura-shop-products-all.parquet"'
    found = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    assert [(row["product_id"], row["reviews"]) for row in found] == [("KETTLE", 1), ("LAMP-7", 2), ("OLD", 1)]
    assert (found[1]["name"], found[1]["categories"]) == ("=Desk lamp", ["Desk", "Light"])
    assert int(found[2]["last_review"].timestamp() * 1000) == at - 3 * DAY_MS


async def test_a_timeline_as_a_file_is_that_of_the_endpoint(http: httpx.AsyncClient, house: House, at: int) -> None:
    query = {"step": "1h", "from": at - 3 * HOUR_MS, "to": at + HOUR_MS}
    buckets = (await shown(http, house, "/products/LAMP-7/timeline", **query))["buckets"]
    answer = await fetch(http, house, "/products/LAMP-7/timeline", format="parquet", **query)
    rows = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    assert [
        (int(row["start"].timestamp() * 1000), row["reviews"], row["good_ratio"], row["mean_p_good"]) for row in rows
    ] == [(bucket["start_ms"], bucket["reviews"], bucket["good_ratio"], bucket["mean_p_good"]) for bucket in buckets]
    sparse = lines(await fetch(http, house, "/products/LAMP-7/timeline", fill="false", **query))
    assert [(line["step"], line["reviews"], line["good"]) for line in sparse] == [("1h", "1", "0"), ("1h", "1", "1")]


async def test_a_key_revoked_meanwhile_gets_no_more_of_a_file_and_no_end(
    config: ApiConfig, house: House, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.export.PRODUCTS_AT_ONCE", 1)
    batches = Store.product_batches
    key = house.keys["shop", "read"]

    async def revoked_on_the_way(store: Store, *arguments: Any) -> AsyncGenerator[list[ProductRow], None]:
        async for rows in batches(store, *arguments):
            yield rows
            if key.split("_")[1] in house.path.read_text():
                remove_keys(house.path, [key.split("_")[1]])

    monkeypatch.setattr(Store, "product_batches", revoked_on_the_way)
    async with served(config) as url, httpx.AsyncClient(base_url=url, headers=house.headers(), timeout=60) as http:
        async with http.stream("GET", f"{PATH}/export/products", params={"window": "all"}) as answer:
            assert answer.status_code == 200
            parts = answer.aiter_bytes()
            seen = await anext(parts)
            with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
                seen += await anext(parts)
        again = await http.get(f"{PATH}/export/products")
    assert (b"KETTLE" in seen, b"LAMP-7" in seen, again.status_code) == (True, False, 401)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/products", {"format": "xlsx"}, 422),
        ("/products", {"window": "2h"}, 422),
        ("/products", {"at": "noon"}, 422),
        ("/products/LAMP-7/timeline", {"step": "1m", "from": 0}, 422),
        ("/products/NONE/timeline", {}, 404),
    ],
)
async def test_what_cannot_be_exported_is_a_problem(
    http: httpx.AsyncClient, house: House, at: int, path: str, query: dict[str, Any], status: int
) -> None:
    answer = await http.get(f"{PATH}/export{path}", params=query, headers=house.headers())
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
