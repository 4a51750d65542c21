"""How often a key may ask."""

from typing import cast

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from api.access.rates import RateLimits
from api.clock import now_ms
from stream.measures import HOUR_MS
from tests.api.filling import Filler, House
from tests.stream.samples import scored


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1e6

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(limits: RateLimits, key_id: str, times: int, per_second: int, burst: int) -> int:
    return sum(limits.take(key_id, per_second, burst) == 0.0 for _ in range(times))


@pytest.mark.parametrize(("per_second", "burst"), [(1, 1), (3, 7), (500, 1_000), (1_000, 10)])
def test_a_burst_is_taken_whole_and_then_the_rate(clock: Clock, per_second: int, burst: int) -> None:
    limits = RateLimits(clock)
    assert taken(limits, "k", 2 * burst, per_second, burst) == burst
    clock.seconds += 1
    assert taken(limits, "k", 2 * burst + per_second, per_second, burst) == min(per_second, burst)
    clock.seconds += 10 * burst
    assert taken(limits, "k", 2 * burst, per_second, burst) == burst


def test_who_waits_as_long_as_told_is_let_in_and_not_before(clock: Clock) -> None:
    limits = RateLimits(clock)
    assert taken(limits, "k", 5, 2, 5) == 5
    wait = limits.take("k", 2, 5)
    assert wait == pytest.approx(0.5)
    clock.seconds += wait / 2
    assert limits.take("k", 2, 5) == pytest.approx(wait / 2)
    clock.seconds += wait / 2
    assert limits.take("k", 2, 5) == 0.0


def test_what_a_dear_answer_costs_is_waited_for_by_whoever_asks_next(clock: Clock) -> None:
    limits = RateLimits(clock)
    assert limits.take("k", 2, 10) == 0.0
    limits.charge("k", 2, 10, 7)
    assert taken(limits, "k", 5, 2, 10) == 2
    limits.charge("k", 2, 10, 4)
    assert limits.take("k", 2, 10) == pytest.approx(2.5)
    clock.seconds += 2.5
    assert taken(limits, "k", 5, 2, 10) == 1


def test_no_answer_costs_more_than_the_time_of_a_burst(clock: Clock) -> None:
    limits = RateLimits(clock)
    assert taken(limits, "k", 10, 2, 10) == 10
    for _ in range(20):
        limits.charge("k", 2, 10, 1_000)
    assert limits.take("k", 2, 10) == pytest.approx(5.5)
    limits.charge("free", 0, 1, 1_000)
    assert limits.take("free", 0, 1) == 0.0


def test_one_keys_haste_is_not_anothers(clock: Clock) -> None:
    limits = RateLimits(clock)
    assert taken(limits, "hasty", 9, 1, 3) == 3
    assert taken(limits, "calm", 3, 1, 3) == 3


def test_no_limit_takes_no_memory(clock: Clock) -> None:
    limits = RateLimits(clock)
    assert taken(limits, "k", 5_000, 0, 1) == 5_000
    assert len(limits) == 0


def test_keys_that_ask_no_more_are_forgotten(clock: Clock) -> None:
    limits = RateLimits(clock)
    for number in range(50_000):
        limits.take(f"k{number}", 1, 10)
        clock.seconds += 0.1
    assert len(limits) <= 1_024


@given(st.lists(st.floats(0, 3), max_size=200), st.integers(1, 20), st.integers(1, 20))
def test_no_span_of_time_lets_more_in_than_the_burst_and_its_share(
    pauses: list[float], per_second: int, burst: int
) -> None:
    clock = Clock()
    limits = RateLimits(clock)
    let_in = []
    for pause in pauses:
        clock.seconds += pause / 10
        if limits.take("k", per_second, burst) == 0.0:
            let_in.append(clock.seconds)
    for first, begin in enumerate(let_in):
        for last in range(first, len(let_in)):
            assert last - first + 1 <= burst + per_second * (let_in[last] - begin) + 1e-3


async def test_a_hasty_key_is_told_when_to_ask_again_and_the_others_are_not_held_up(
    http: httpx.AsyncClient, house: House
) -> None:
    house.path.write_text(
        house.path.read_text().replace('kind = "ecommerce"', "requests_per_second = 1\nrequest_burst = 3", 1)
    )
    answers = [await http.get("/v1/me", headers=house.headers()) for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    refused = answers[3]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "urn:aura:problem:too-many-requests",
        "title": "Too many requests",
        "status": 429,
        "detail": "This key may ask 1 times a second, and 3 times at once; ask again in 1 s.",
        "instance": "/v1/me",
    }
    assert (await http.get("/v1/me", headers=house.headers("shop", "write"))).status_code == 200
    assert (await http.get("/v1/me", headers=house.headers("bank"))).status_code == 200
    house.path.write_text(house.path.read_text().replace("requests_per_second = 1\n", "requests_per_second = 0\n"))
    assert (await http.get("/v1/me", headers=house.headers())).status_code == 200


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/products/p0", 1),
        ("/products?limit=40", 3),
        ("/products?brand=Nobody", 1 + 60 // 150),
        ("/movers?min_reviews=1&only_significant=false&limit=100", 4),
        ("/products/p0/timeline?from=2025-01-01T00:00:00Z&to=2025-03-01T00:00:00Z", 6),
        ("/timeline?from=2025-01-01T00:00:00Z&to=2025-03-01T00:00:00Z", 6),
        ("/drivers?window=24h", 6),
        ("/products/p0/drivers?window=24h", 6),
        ("/export/products?window=all", 1 + 50 // 6 + 10 // 6),
        ("/export/products/p0/timeline?from=2025-01-01T00:00:00Z&to=2025-01-10T00:00:00Z", 1 + 216 // 90),
        ("/groups?window=all&limit=40", 3),
    ],
)
async def test_a_long_answer_counts_as_several_requests(
    http: httpx.AsyncClient, house: House, filler: Filler, path: str, cost: int
) -> None:
    now = now_ms()
    await filler.put(
        [
            scored(2 * number + ago, product_id=f"p{number}", categories=(f"c{number}",), occurred_at=at, logged_ms=at)
            for number in range(60)
            for ago, at in enumerate((now - 25 * HOUR_MS, now))
        ]
    )
    burst = 20
    limits = f"requests_per_second = 1\nrequest_burst = {burst}\nrecent_days = 30\n"
    house.path.write_text(house.path.read_text().replace('kind = "ecommerce"', limits, 1))
    frozen = cast(FastAPI, http._transport.app).state.services.rates  # type: ignore[attr-defined]
    frozen._clock = lambda: 0.0
    answer = await http.get(f"/v1/tenants/shop{path}", headers=house.headers())
    assert answer.status_code == 200, answer.text
    left = [await http.get("/v1/me", headers=house.headers()) for _ in range(burst)]
    assert burst - sum(one.status_code == 200 for one in left) == cost


async def test_strangers_do_not_use_up_a_keys_requests(http: httpx.AsyncClient, house: House) -> None:
    house.path.write_text(
        house.path.read_text().replace('kind = "ecommerce"', "requests_per_second = 1\nrequest_burst = 1", 1)
    )
    forged = house.headers()["X-API-Key"][:-64] + "0" * 64
    for _ in range(5):
        assert (await http.get("/v1/me", headers={"X-API-Key": forged})).status_code == 401
    assert (await http.get("/v1/me", headers=house.headers())).status_code == 200
