"""How an export is sent: its name, its first batch, and its place among the others."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from api.export.columns import Column, Row
from api.export.response import disposition, export
from api.problems import Problem
from stream.store.state import StoreUnavailable

COLUMNS = (Column("n", "count"),)


async def batches(*found: list[Row]) -> AsyncGenerator[list[Row], None]:
    for rows in found:
        yield rows


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("aura-shop-products-24h.csv", 'attachment; filename="aura-shop-products-24h.csv"'),
        (
            'a"b\r\né/c.csv',
            "attachment; filename=\"a_b____c.csv\"; filename*=UTF-8''a%22b%0D%0A%C3%A9%2Fc.csv",
        ),
    ],
)
def test_a_download_is_named_and_no_name_breaks_the_header(name: str, header: str) -> None:
    assert disposition(name) == header


async def test_as_many_as_may_be_are_sent_at_once_and_a_place_comes_back() -> None:
    slots = asyncio.Semaphore(1)
    response = await export(COLUMNS, batches([(1,)], [(2,)]), "csv", "n", slots)
    with pytest.raises(Problem) as refused:
        await export(COLUMNS, batches(), "csv", "n", slots)
    assert (refused.value.kind.status, refused.value.headers) == (503, {"Retry-After": "2"})
    sent: list[bytes] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message.get("body", b""))

    async def receive() -> dict[str, str]:
        return await asyncio.Future()

    await response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    assert b"".join(sent) == b"n\r\n1\r\n2\r\n"
    assert not slots.locked()


async def test_a_store_that_is_away_is_told_before_anything_is_sent_and_keeps_no_place() -> None:
    async def away() -> AsyncGenerator[list[Row], None]:
        raise StoreUnavailable
        yield []

    slots = asyncio.Semaphore(1)
    with pytest.raises(StoreUnavailable):
        await export(COLUMNS, away(), "csv", "n", slots)
    assert not slots.locked()
