"""How an export is sent: its name, its first batch, and its place among the others."""

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from typing import Any

import pytest

from api.export.columns import Column, Row
from api.export.response import disposition, export
from api.http.bounded import BoundedResponse
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


async def sent(response: BoundedResponse) -> tuple[bytes, bool]:
    """What is sent of a response, and whether it has an end."""
    messages: list[dict[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(dict(message))

    async def receive() -> dict[str, str]:
        return await asyncio.Future()

    await response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    return b"".join(message.get("body", b"") for message in messages), messages[-1].get("more_body") is False


async def test_a_file_is_sent_whole_and_its_place_comes_back() -> None:
    given_back: list[str] = []
    response = await export(
        COLUMNS, batches([(1,)], [(2,)]), "csv", "n", give_back=lambda: given_back.append("it"), allowed=lambda: True
    )
    assert not given_back
    assert await sent(response) == (b"n\r\n1\r\n2\r\n", True)
    assert given_back == ["it"]


async def test_a_file_breaks_off_where_it_is_not_allowed_any_more() -> None:
    given_back: list[str] = []
    allowed = iter([True, False])
    response = await export(
        COLUMNS,
        batches([(1,)], [(2,)], [(3,)]),
        "csv",
        "n",
        give_back=lambda: given_back.append("it"),
        allowed=lambda: next(allowed),
    )
    assert await sent(response) == (b"n\r\n1\r\n2\r\n", False)
    assert given_back == ["it"]


async def test_a_file_that_takes_too_long_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.export.response.MAX_SECONDS", 0.0)
    response = await export(COLUMNS, batches([(1,)], [(2,)]), "csv", "n", give_back=lambda: None, allowed=lambda: True)
    assert await sent(response) == (b"n\r\n1\r\n", False)


async def test_a_store_that_is_away_is_told_before_anything_is_sent_and_keeps_no_place() -> None:
    async def away() -> AsyncGenerator[list[Row], None]:
        raise StoreUnavailable
        yield []

    given_back: list[str] = []
    with pytest.raises(StoreUnavailable):
        await export(COLUMNS, away(), "csv", "n", give_back=lambda: given_back.append("it"), allowed=lambda: True)
    assert given_back == ["it"]
