"""What the API says of a tenant's models."""

from typing import Any

import httpx
import pytest

from api.clock import now_ms
from stream.comparison import compare
from stream.fold import Keep, Scored, fold
from stream.measures import DAY_MS
from stream.store import comparisons
from stream.store.connection import connect, open_store
from stream.store.writer import StoreWriter
from tests.api.filling import House
from tests.stream.samples import scored

PATH = "/v1/tenants/shop/models"
KEEP = Keep(50, 7 * DAY_MS)
BOTH = ("films@000000000001", "films@000000000002")


async def get(http: httpx.AsyncClient, house: House, path: str = "", **query: Any) -> Any:
    answer = await http.get(PATH + path, params=query, headers=house.headers())
    assert answer.status_code == 200, answer.text
    return answer.json()


def reviews(count: int, **changes: Any) -> list[Scored]:
    return [scored(n, p_good=0.9, logged_ms=now_ms(), occurred_at=now_ms(), **changes) for n in range(count)]


async def test_a_tenant_without_reviews_has_its_models_and_no_counts(http: httpx.AsyncClient, house: House) -> None:
    assert await get(http, house) == {
        "tenant": "shop", "model": "products", "previous_model": None, "shadow_model": None,
        "counted": [], "comparisons": [],
    }  # fmt: skip


async def test_each_model_has_what_it_counted_the_latest_first(
    http: httpx.AsyncClient, house: House, redis_url: str
) -> None:
    client = connect(redis_url)
    writer = StoreWriter(client, await open_store(client, 1))
    start = now_ms()
    for first, count, model, at in ((0, 3, BOTH[0], start), (3, 2, BOTH[1], start + 5), (5, 4, BOTH[0], start + 9)):
        part = [review._replace(logged_ms=at) for review in reviews(count, rating=5)]
        packed = writer.pack(fold(part, lambda _: KEEP, start), {"shop": KEEP}, start, models={"shop": model})
        await writer.apply("aura.reviews", 0, {0: (first - 1, first + count - 1, packed)}, start)
    await client.aclose()
    counted = (await get(http, house))["counted"]
    assert [(one["model"], one["since_ms"], one["until_ms"]) for one in counted] == [
        (BOTH[0], start, start + 9), (BOTH[1], start + 5, start + 5)
    ]  # fmt: skip
    assert [(one["measures"]["reviews"], one["measures"]["agreement"]) for one in counted] == [(7, 1.0), (2, 1.0)]


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_comparison_says_where_a_shadow_differs_and_shows_what_texts_may_be_kept(
    http: httpx.AsyncClient, house: House, redis_url: str, keeps: bool
) -> None:
    client = connect(redis_url)
    found = compare(
        [*reviews(3, rating=5), *reviews(1, rating=1, event_id="odd", text="Broke at once.")],
        [900_000, 900_000, 700_000, 100_000],
    )
    found[0].passed_over = 8
    await comparisons.add(client, "shop", BOTH, found, KEEP if keeps else Keep(0, DAY_MS), now_ms())
    await client.aclose()
    (said,) = (await get(http, house))["comparisons"]
    pair = said.pop("id")
    assert said.pop("since_ms") == said.pop("until_ms") <= now_ms()
    assert said == {
        "active": BOTH[0], "shadow": BOTH[1], "reviews": 4, "passed_over": 8,
        "agreement": 0.75, "mean_difference": -0.25, "mean_distance": 0.25,
        "labels": {"both_good": 3, "only_active_good": 1, "only_shadow_good": 0, "both_bad": 0},
        "rated": {"both": 3, "only_active": 0, "only_shadow": 1, "neither": 0},
    }  # fmt: skip
    shown = (await get(http, house, f"/comparisons/{pair}/disagreements"))["reviews"]
    told = [(one["event_id"], one["text"], one["p_good"], one["shadow_p_good"]) for one in shown]
    assert told == ([("odd", "Broke at once.", 0.9, 0.1)] if keeps else [])


async def test_models_are_the_tenants_own(http: httpx.AsyncClient, house: House) -> None:
    for path in (PATH, f"{PATH}/comparisons/{'0' * 12}/disagreements"):
        assert (await http.get(path, headers=house.headers("bank"))).status_code == 403
        assert (await http.get(path)).status_code == 401
