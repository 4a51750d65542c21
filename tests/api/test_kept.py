"""Of what is no longer kept, no answer says that it is zero."""

from typing import Any

import httpx
import pytest

from api.clock import now_ms
from api.http import cursors
from api.insight import listing, movers
from api.insight.listing import scope_of
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, HOUR_MS
from tests.api.filling import Filler, House

PATH = "/v1/tenants/shop"
LISTS = ("/products", "/groups", "/movers", "/export/products", "/compare?item=LAMP-7&item=KETTLE", "/accuracy")


def review(at: int, number: int, product: str) -> Scored:
    """Counted when it was written, so that Redis has let go of it when its time was over."""
    return Scored(ReviewEvent(f"e{at}-{number}", "shop", product, "It works.", at, rating=5), 900_000, at)


@pytest.fixture
async def at(filler: Filler) -> int:
    """The middle of an hour three days ago, when there were reviews; its minutes are gone since."""
    at = now_ms() // HOUR_MS * HOUR_MS - 3 * DAY_MS + HOUR_MS // 2
    await filler.put([review(at + i, i, product) for i in range(3) for product in ("LAMP-7", "KETTLE")])
    return at


async def ask(http: httpx.AsyncClient, house: House, path: str, **query: Any) -> httpx.Response:
    url = httpx.URL(PATH + path).copy_merge_params(query)
    return await http.get(url, headers=house.headers())


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("window", ["5m", "15m", "1h"])
async def test_a_window_whose_minutes_are_gone_is_refused_with_what_to_ask_instead(
    http: httpx.AsyncClient, house: House, at: int, path: str, window: str
) -> None:
    answer = await ask(http, house, path, at=at, window=window)
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:aura:problem:no-longer-kept")
    assert "48 hours" in answer.json()["detail"]
    assert "24h, 7d or 30d" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/products", "/groups", "/movers"])
async def test_a_cursor_that_outlives_its_window_is_refused_too(
    http: httpx.AsyncClient, house: House, at: int, path: str
) -> None:
    query = {"limit": 1, "min_reviews": 1, "only_significant": False, "by": "brand"}
    if path == "/movers":
        scope = scope_of(window="5m", direction="any", min_reviews="1", fdr="0.05", only_significant="False")
        cursor = cursors.encode(movers.Cursor(scope, at, (False, 0.0, 1.0, "A")))
    else:
        scope = scope_of(by="brand") if path == "/groups" else ""
        cursor = listing.Cursor("5m", "reviews", "desc", at, (False, -9.0, "A"), scope).encode()
    answer = await ask(http, house, path, window="5m", cursor=cursor, **query)
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:aura:problem:no-longer-kept"), answer.text


@pytest.mark.parametrize("path", LISTS)
async def test_hours_and_days_of_that_time_are_there(http: httpx.AsyncClient, house: House, at: int, path: str) -> None:
    for window in ("24h", "7d", "30d", "all"):
        if (path, window) != ("/movers", "all"):
            assert (await ask(http, house, path, at=at, window=window)).status_code == 200


@pytest.mark.parametrize("path", ["/summary", "/products/LAMP-7"])
async def test_of_all_windows_those_that_are_kept_are_told(
    http: httpx.AsyncClient, house: House, at: int, path: str
) -> None:
    told = (await ask(http, house, path, at=at)).json()["windows"]
    assert set(told) == {"24h", "7d", "30d"}
    assert told["24h"]["reviews"] == (6 if path == "/summary" else 3)
    assert len((await ask(http, house, path)).json()["windows"]) == 6


async def test_when_nothing_was_there_zero_is_the_truth(http: httpx.AsyncClient, house: House, at: int) -> None:
    for when in (0, at - 900 * DAY_MS, at - 10 * DAY_MS, at + 2 * HOUR_MS, now_ms() + 900 * DAY_MS):
        for window in ("5m", "1h"):
            assert (await ask(http, house, "/products", at=when, window=window)).json()["products"] == []
        assert len((await ask(http, house, "/summary", at=when)).json()["windows"]) == 6


async def test_hours_that_are_gone_too_are_known_by_the_days(
    http: httpx.AsyncClient, house: House, filler: Filler
) -> None:
    at = now_ms() - 100 * DAY_MS
    await filler.put([review(at, 1, "LAMP-7")])
    for window in ("5m", "24h", "7d"):
        assert (await ask(http, house, "/products", at=at, window=window)).status_code == 410
    assert len((await ask(http, house, "/products", at=at, window="30d")).json()["products"]) == 1


async def test_an_unknown_window_is_refused_with_those_there_are(http: httpx.AsyncClient, house: House) -> None:
    answer = await ask(http, house, "/products", window="2h")
    assert answer.json()["errors"] == [{"field": "window", "reason": "expected 5m, 15m, 1h, 24h, 7d, 30d or all"}]
