"""What the API says of reviews that are in the store: summary, products, one product, timelines, recent reviews."""

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from api.clock import now_ms
from api.config import ApiConfig
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, HOUR_MS, MINUTE_MS, P_SCALE
from stream.statistics.shares import wilson
from stream.store.state import PartitionStatus, WorkerStatus
from tests.api.conftest import connected
from tests.api.filling import Filler, House

PATH = "/v1/tenants/shop"


def scored(product: str, at: int, p_good: float, *, logged: int | None = None, **fields: Any) -> Scored:
    event = ReviewEvent(
        event_id=fields.pop("event_id", f"{product}-{at}"),
        tenant=fields.pop("tenant", "shop"),
        product_id=product,
        text=fields.pop("text", "It does what it should."),
        occurred_at=at,
        **fields,
    )
    return Scored(event, round(p_good * P_SCALE), at if logged is None else logged)


@pytest.fixture
def now() -> int:
    return now_ms()


@pytest.fixture
def reviews(now: int) -> Sequence[Scored]:
    """A lamp that turned bad an hour ago, a kettle that stays good, and somebody else's account."""
    return [
        *(scored("LAMP-7", now - 90 * MINUTE_MS - i * 1000, 0.9, rating=5, product_name="Desk lamp") for i in range(4)),
        *(scored("LAMP-7", now - i * 1000, 0.2, rating=[1, 5][i % 2], product_name="Desk lamp") for i in range(4)),
        *(scored("KETTLE", now - 70 * MINUTE_MS * i, 0.8, brand="Nordhavn", categories=("Kitchen",)) for i in range(3)),
        scored("GIRO", now, 0.1, tenant="bank", text="The app loses my transfers."),
    ]


async def get(http: httpx.AsyncClient, house: House, path: str, **query: Any) -> Any:
    answer = await http.get(PATH + path, params=query, headers=house.headers())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_summary_counts_the_tenant_alone(
    http: httpx.AsyncClient, house: House, filler: Filler, reviews: list[Scored], now: int
) -> None:
    await filler.put(reviews)
    summary = await get(http, house, "/summary")
    assert (summary["tenant"], summary["name"], summary["kind"]) == ("shop", "Corner Shop", "ecommerce")
    assert (summary["products"], summary["totals"]["reviews"], summary["totals"]["good"]) == (2, 11, 7)
    assert summary["windows"]["24h"]["reviews"] == 11
    assert summary["last_review_ms"] == now
    assert summary["at_ms"] >= now


async def test_a_tenant_without_reviews_has_a_summary_too(http: httpx.AsyncClient, house: House) -> None:
    summary = await get(http, house, "/summary")
    assert (summary["products"], summary["first_review_ms"], summary["totals"]["reviews"]) == (0, None, 0)
    assert summary["totals"]["good_interval"] is None
    assert summary["pipeline"] == {
        "workers": 0, "reviews_per_second": 0.0, "lag_records": 0, "lag_seconds": 0.0, "dead_letters": 0,
    }  # fmt: skip


async def test_the_pipeline_is_all_workers_together(
    http: httpx.AsyncClient, house: House, filler: Filler, now: int
) -> None:
    def status(name: str, *partitions: tuple[int, int, int, float]) -> WorkerStatus:
        parts = [PartitionStatus("aura.reviews", *partition) for partition in partitions]
        return WorkerStatus(name, "CPU", {"shop": "reference"}, 100.5, 2, parts, now)

    # Partition 1 is moving from the first worker to the second, which is further.
    await filler.heartbeat(status("w1", (0, 89, 100, 1.5), (1, 10, 200, 60.0)))
    await filler.heartbeat(status("w2", (1, 198, 200, 0.25), (2, -1, 0, 0.0)))
    pipeline = (await get(http, house, "/summary"))["pipeline"]
    assert pipeline == {
        "workers": 2, "reviews_per_second": 201.0, "lag_records": 11, "lag_seconds": 1.5, "dead_letters": 4,
    }  # fmt: skip


async def test_a_product_has_totals_windows_and_intervals(
    http: httpx.AsyncClient, house: House, filler: Filler, reviews: list[Scored], now: int
) -> None:
    await filler.put(reviews)
    lamp = await get(http, house, "/products/LAMP-7")
    totals = lamp["totals"]
    assert (lamp["product_id"], lamp["name"], lamp["brand"], lamp["categories"]) == ("LAMP-7", "Desk lamp", None, [])
    assert (totals["reviews"], totals["good"], totals["bad"], totals["good_ratio"]) == (8, 4, 4, 0.5)
    assert totals["good_interval"] == pytest.approx(wilson(4, 8), abs=1e-6)
    assert totals["bad_interval"] == pytest.approx(wilson(4, 8), abs=1e-6)
    assert totals["mean_p_good"] == pytest.approx(0.55)
    assert totals["mean_p_good_interval"] == pytest.approx(wilson(4.4, 8), abs=1e-6)
    assert totals["sentiment"] == pytest.approx(0.1)
    assert (totals["rated"], totals["rating_mean"], totals["rated_bad"]) == (8, 4.0, 2)
    assert totals["agreement"] == 0.75
    assert [lamp["windows"][w]["reviews"] for w in ("5m", "15m", "1h", "24h", "7d", "30d")] == [4, 4, 4, 8, 8, 8]
    assert lamp["first_review_ms"] == now - 90 * MINUTE_MS - 3000
    assert lamp["last_review_ms"] == now
    assert lamp["late"] == 0


async def test_windows_end_where_at_says(
    http: httpx.AsyncClient, house: House, filler: Filler, reviews: list[Scored], now: int
) -> None:
    await filler.put(reviews)
    lamp = await get(http, house, "/products/LAMP-7", at=now - 80 * MINUTE_MS)
    assert lamp["at_ms"] == now - 80 * MINUTE_MS
    assert lamp["windows"]["5m"]["reviews"] == 0
    assert lamp["windows"]["1h"]["good"] == 4


async def test_an_unknown_product_is_not_found(http: httpx.AsyncClient, house: House, filler: Filler) -> None:
    await filler.put([scored("GIRO", now_ms(), 0.1, tenant="bank")])
    for path in ("", "/timeline", "/reviews"):
        answer = await http.get(f"{PATH}/products/GIRO{path}", headers=house.headers())
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:aura:problem:not-found")


async def test_a_product_id_may_hold_anything_that_an_event_allows(
    http: httpx.AsyncClient, house: House, filler: Filler
) -> None:
    name = "Ünïcode?&#%:{x}=é"
    await filler.put([scored(name, now_ms(), 0.9)])
    path = "/products/" + httpx.QueryParams({"": name})[""].encode().hex("%").join(("%", ""))
    assert (await get(http, house, path))["product_id"] == name


async def test_products_are_listed_with_what_changed_and_a_trend(
    http: httpx.AsyncClient, house: House, filler: Filler, reviews: list[Scored]
) -> None:
    await filler.put(reviews)
    page = await get(http, house, "/products", window="1h", sort="change", order="asc")
    assert (page["matching"], page["next_cursor"]) == (2, None)
    lamp, kettle = page["products"]
    assert (lamp["product_id"], lamp["reviews_total"], lamp["measures"]["reviews"]) == ("LAMP-7", 8, 4)
    assert (lamp["previous"]["good_ratio"], lamp["change"]) == (1.0, -1.0)
    assert (kettle["change"], kettle["brand"], kettle["categories"]) == (0.0, "Nordhavn", ["Kitchen"])
    trend = lamp["trend"]
    assert len(trend["reviews"]) == len(trend["good_ratio"]) == len(trend["sentiment"]) == 30
    assert sum(trend["reviews"]) == 4
    assert [r for r in trend["good_ratio"] if r is not None] == [0.0] * sum(1 for n in trend["reviews"] if n)


async def test_a_window_lists_only_products_with_reviews_in_it_and_all_lists_all(
    http: httpx.AsyncClient, house: House, filler: Filler, now: int
) -> None:
    await filler.put([scored("OLD", now - 3 * HOUR_MS, 0.9), scored("NEW", now, 0.9)])
    assert [p["product_id"] for p in (await get(http, house, "/products", window="1h"))["products"]] == ["NEW"]
    every = await get(http, house, "/products", window="all", sort="good_ratio")
    assert [p["product_id"] for p in every["products"]] == ["NEW", "OLD"]
    assert [(p["previous"], p["change"]) for p in every["products"]] == [(None, None)] * 2


async def test_pages_of_a_window_that_is_over_are_whole_though_reviews_come_in(
    config: ApiConfig, house: House, filler: Filler, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cache.KEEP_PER_COST", 0.0)
    monkeypatch.setattr("api.reads.SHARED_SECONDS", 0.0)  # each page is read anew
    before = now // HOUR_MS * HOUR_MS - HOUR_MS // 2
    names = [f"P-{number:02}" for number in range(12)]
    await filler.put([scored(name, before, 0.9, event_id=f"{name}-{i}") for i in range(12) for name in names[i:]])
    seen: list[str] = []
    query: dict[str, str | int] = {"window": "24h", "at": before, "limit": 5}
    async with connected(config) as http:
        while True:
            page = await get(http, house, "/products", **query)
            seen += [row["product_id"] for row in page["products"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
            late = [(i, name) for i in range(12) for name in names[: 12 - i]]
            await filler.put([scored(name, now, 0.9, event_id=f"{len(seen)}-{name}-{i}") for i, name in late])
    assert seen == names[::-1]


async def test_pages_follow_each_other_by_cursor(
    http: httpx.AsyncClient, house: House, filler: Filler, now: int
) -> None:
    await filler.put([scored(f"P{i:02}", now - i, 0.9) for i in range(25) for _ in range(i % 4 + 1)])
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        query: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = await get(http, house, "/products", window="24h", limit=10, **query)
        seen += [(p["measures"]["reviews"], p["product_id"]) for p in page["products"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert pages == 3
    assert len(set(seen)) == 25
    assert seen == sorted(seen, key=lambda one: (-one[0], one[1]))


async def test_days_of_a_long_history_add_up_to_the_total(
    http: httpx.AsyncClient, house: House, filler: Filler, now: int
) -> None:
    """Events of 2007 to 2018, logged now: a replay of history."""
    begin = 1_167_609_600_000  # 2007-01-01
    history = [scored("BOOK", begin + i * 41 * DAY_MS + i * HOUR_MS, i % 10 / 9, logged=now) for i in range(100)]
    await filler.put(history)
    timeline = await get(http, house, "/products/BOOK/timeline", step="1d")
    product = await get(http, house, "/products/BOOK")
    assert sum(bucket["reviews"] for bucket in timeline["buckets"]) == product["totals"]["reviews"] == 100
    assert sum(bucket["good"] for bucket in timeline["buckets"]) == product["totals"]["good"]
    assert timeline["totals"] == product["totals"]
    assert timeline["filled"] is False
    assert [bucket["start_ms"] for bucket in timeline["buckets"]] == [
        review.event.occurred_ms // DAY_MS * DAY_MS for review in history
    ]
    assert product["late"] == 100
    assert product["at_ms"] == product["last_review_ms"]


async def test_a_timeline_lists_empty_buckets_unless_told_not_to(
    http: httpx.AsyncClient, house: House, filler: Filler, now: int
) -> None:
    await filler.put([scored("LAMP-7", now - 1, 0.9), scored("LAMP-7", now - 1 - 2 * HOUR_MS, 0.1)])
    filled = await get(http, house, "/products/LAMP-7/timeline", step="1h", to=now)
    assert (filled["filled"], len(filled["buckets"])) == (True, 48)
    assert [(b["reviews"], b["good_ratio"], b["sentiment"]) for b in filled["buckets"][-3:]] == [
        (1, 0.0, -0.8), (0, None, None), (1, 1.0, 0.8),
    ]  # fmt: skip
    last = filled["buckets"][-1]
    assert last["mean_p_good"] == 0.9
    assert last["good_interval"] == pytest.approx(wilson(1, 1), abs=1e-6)
    assert last["mean_p_good_interval"] == pytest.approx(wilson(0.9, 1), abs=1e-6)
    assert filled["buckets"][-2]["mean_p_good_interval"] is None
    sparse = await get(http, house, "/products/LAMP-7/timeline", step="1h", to=now, fill="false")
    assert sparse["filled"] is False
    assert sparse["buckets"] == [b for b in filled["buckets"] if b["reviews"]]
    assert sparse["totals"] == filled["totals"]


async def test_the_tenants_timeline_is_its_products_together(
    http: httpx.AsyncClient, house: House, filler: Filler, reviews: list[Scored], now: int
) -> None:
    await filler.put(reviews)
    query = {"step": "1m", "to": now + MINUTE_MS}
    whole = await get(http, house, "/timeline", **query)
    parts = [await get(http, house, f"/products/{p}/timeline", **query) for p in ("LAMP-7", "KETTLE")]
    assert sum(b["reviews"] for b in whole["buckets"]) == 5
    assert [b["reviews"] for b in whole["buckets"]] == [
        lamp["reviews"] + kettle["reviews"]
        for lamp, kettle in zip(parts[0]["buckets"], parts[1]["buckets"], strict=True)
    ]


async def test_a_range_is_taken_as_asked(http: httpx.AsyncClient, house: House, filler: Filler, now: int) -> None:
    start = now // HOUR_MS * HOUR_MS - 5 * HOUR_MS
    await filler.put([scored("LAMP-7", start + i * HOUR_MS, 0.9) for i in range(6)])
    query = {"step": "1h", "from": start + HOUR_MS, "to": start + 3 * HOUR_MS}
    timeline = await get(http, house, "/products/LAMP-7/timeline", **query)
    assert (timeline["from_ms"], timeline["to_ms"]) == (start + HOUR_MS, start + 3 * HOUR_MS)
    assert [b["reviews"] for b in timeline["buckets"]] == [1, 1]


async def test_recent_reviews_come_newest_first(
    http: httpx.AsyncClient, house: House, filler: Filler, now: int
) -> None:
    await filler.put([scored("LAMP-7", now + i, 0.4 + i / 10, text=f"Number {i}.", logged=now) for i in range(3)])
    answer = await get(http, house, "/products/LAMP-7/reviews", limit=2)
    assert [(r["text"], r["p_good"], r["label"]) for r in answer["reviews"]] == [
        ("Number 2.", 0.6, "good"), ("Number 1.", 0.5, "good"),
    ]  # fmt: skip
    assert answer["reviews"][0]["truncated"] is False


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/products", {"limit": 0}, "limit"),
        ("/products", {"limit": 501}, "limit"),
        ("/products", {"window": "2h"}, "window"),
        ("/products", {"sort": "name"}, "sort"),
        ("/products", {"at": "noon"}, "at"),
        ("/summary", {"at": "2024-05-20"}, "at"),
        ("/timeline", {"step": "1s"}, "step"),
        ("/timeline", {"from": "x"}, "from"),
        ("/timeline", {"fill": "maybe"}, "fill"),
        ("/products/LAMP-7/reviews", {"limit": 1001}, "limit"),
    ],
)
async def test_a_bad_parameter_is_named(
    http: httpx.AsyncClient, house: House, path: str, query: dict[str, Any], field: str
) -> None:
    answer = await http.get(PATH + path, params=query, headers=house.headers())
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_many_viewers_cost_one_read(http: httpx.AsyncClient, house: House, filler: Filler, now: int) -> None:
    await filler.put([scored("LAMP-7", now, 0.9)])
    at = {"at": now}
    first = await get(http, house, "/products", **at)
    await filler.put([scored("KETTLE", now, 0.9)])
    assert await get(http, house, "/products", **at) == first


async def test_a_burst_of_requests_waits_for_connections_instead_of_failing(
    config: ApiConfig, house: House, filler: Filler, now: int
) -> None:
    await filler.put([scored("LAMP-7", now, 0.9)])
    path = f"{PATH}/products/LAMP-7"
    async with connected(dataclasses.replace(config, store_timeout_seconds=60.0)) as http:
        answers = await asyncio.gather(*(http.get(path, headers=house.headers()) for _ in range(200)))
    assert [answer.status_code for answer in answers] == [200] * 200
