"""What one tenant may make the API do at a time."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest

from api.access.turns import AT_ONCE, WAITING, Turns
from api.clock import now_ms
from api.http.problems import Problem
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import HOUR_MS, Window
from stream.store.reader import READ_BATCH, Store
from stream.store.state import ProductRow
from tests.api.filling import Filler, House


async def test_a_tenants_reads_go_one_after_the_other_in_order_and_those_of_others_beside_them() -> None:
    turns = Turns()
    order: list[tuple[str, int]] = []
    under_way: list[str] = []

    async def read(tenant: str, number: int) -> None:
        async with turns.turn(tenant):
            assert tenant not in under_way
            under_way.append(tenant)
            assert len(under_way) <= AT_ONCE
            order.append((tenant, number))
            await asyncio.sleep(0)
            under_way.remove(tenant)

    tenants = [f"t{number}" for number in range(2 * AT_ONCE)]
    await asyncio.gather(*(read(tenant, number) for number in range(5) for tenant in tenants))
    for tenant in tenants:
        assert [number for one, number in order if one == tenant] == list(range(5))
    assert order[:AT_ONCE] == [(tenant, 0) for tenant in tenants[:AT_ONCE]]


async def test_one_too_many_is_refused_and_who_gives_up_makes_room() -> None:
    turns = Turns()
    end = asyncio.Event()

    async def read() -> None:
        async with turns.turn("shop"):
            await end.wait()

    reads = [asyncio.create_task(read()) for _ in range(1 + WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await read()
    assert (refused.value.kind.status, refused.value.headers) == (503, {"Retry-After": "5"})
    reads[3].cancel()
    await asyncio.gather(reads[3], return_exceptions=True)
    reads[3] = asyncio.create_task(read())
    end.set()
    await asyncio.gather(*reads)
    async with turns.turn("shop"):
        pass


async def test_many_windows_at_once_are_read_one_by_one_or_refused_with_a_time_to_come_back(
    http: httpx.AsyncClient, house: House, filler: Filler, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = now_ms()
    await filler.put([Scored(ReviewEvent("e", "shop", "LAMP-7", "It works.", now), 900_000, now)])
    reading, most = 0, 0
    batches = Store.product_batches

    async def counted(
        self: Store, tenant: str, window: Window | None, at_ms: int, size: int = READ_BATCH
    ) -> AsyncGenerator[list[ProductRow], None]:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        async for rows in batches(self, tenant, window, at_ms, size):
            yield rows
        reading -= 1

    monkeypatch.setattr(Store, "product_batches", counted)
    answers = await asyncio.gather(
        *(
            http.get(f"/v1/tenants/shop/products?at={now - hours * HOUR_MS}", headers=house.headers())
            for hours in range(3 * WAITING)
        )
    )
    assert most == 1
    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 503} == {"5"}
    assert sum(answer.status_code == 200 for answer in answers) > WAITING


@pytest.mark.parametrize("path", ["movers", "drivers", "products/LAMP-7/drivers", "drift"])
async def test_so_are_all_answers_that_take_long(
    http: httpx.AsyncClient, house: House, filler: Filler, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("api.access.turns.WAITING", 0)
    now = now_ms()
    await filler.put([Scored(ReviewEvent("e", "shop", "LAMP-7", "It works.", now), 900_000, now)])
    answers = await asyncio.gather(
        *(
            http.get(f"/v1/tenants/shop/{path}?at={now - hours * HOUR_MS}", headers=house.headers())
            for hours in range(20)
        )
    )
    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 503} == {"5"}
