"""The live stream as a viewer sees it, from a real server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from api.access.keys import create
from api.clock import now_ms
from api.config import ApiConfig
from api.live import feed, hub
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.tenants_write import add_key
from tests.api.filling import Filler, House
from tests.api.serving import Event, next_event, served, until, watching
from tests.services import free_port, start_redis


@pytest.fixture
async def url(config: ApiConfig) -> AsyncIterator[str]:
    async with served(config) as url:
        yield url


def scored(number: int, p_good: int = 900_000, tenant: str = "shop") -> Scored:
    event = ReviewEvent(f"e{number}", tenant, "LAMP-7", f"Number {number}.", now_ms())
    return Scored(event, p_good, now_ms())


async def counted(url: str, name: str) -> float:
    async with httpx.AsyncClient() as http:
        lines = (await http.get(f"{url}/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


async def test_numbers_come_at_once_and_reviews_as_they_are_counted(url: str, house: House, filler: Filler) -> None:
    async with watching(url, house.headers()) as stream:
        first = await next_event(stream, "summary")
        assert (first.data["totals"]["reviews"], first.id) == (0, None)
        await filler.put([scored(1), scored(2, 100_000), scored(3, 100_000, "bank")])
        reviews = await next_event(stream, "reviews")
        assert (reviews.data["reviews"], reviews.data["good"], reviews.data["bad"]) == (2, 1, 1)
        assert [(r["text"], r["label"]) for r in reviews.data["sample"]] == [
            ("Number 1.", "good"),
            ("Number 2.", "bad"),
        ]
        while (summary := await next_event(stream, "summary")).data["products"] == 0:
            pass
        assert set(summary.data["windows"]) == {"5m", "1h"}
        assert summary.data["windows"]["5m"]["reviews"] == 2
        assert summary.data["reviews_per_second"] > 0
        assert summary.data["totals"]["reviews"] == 2


async def test_a_newcomer_is_shown_the_newest_reviews_without_counting_them(
    url: str, house: House, filler: Filler
) -> None:
    await filler.put([scored(i) for i in range(30)])
    async with watching(url, house.headers()) as stream:
        reviews = await next_event(stream, "reviews")
    assert (reviews.data["reviews"], len(reviews.data["sample"])) == (0, 20)
    assert reviews.data["sample"][-1]["text"] == "Number 29."


@pytest.mark.parametrize("others", [0, 1], ids=["first to come back", "another still watches"])
async def test_who_comes_back_gets_what_was_missed_once(url: str, house: House, filler: Filler, others: int) -> None:
    async with watching(url, house.headers()) as stream:
        await filler.put([scored(1)])
        last = (await next_event(stream, "reviews")).id
        assert last is not None
        if others:
            await filler.put([scored(2)])
            await next_event(stream, "reviews")
        else:
            await stream.aclose()
        for number in range(3, 6):
            await filler.put([scored(number)])
        async with watching(url, {**house.headers(), "Last-Event-ID": last}) as again:
            seen = await collected(again, 3 + others)
            await filler.put([scored(6, 100_000)])
            seen += await collected(again, 1)
    texts = [review["text"] for event in seen for review in event.data["sample"]]
    assert texts == [f"Number {i}." for i in ([2] if others else []) + [3, 4, 5, 6]]


async def collected(stream: "AsyncIterator[Event]", count: int) -> list[Event]:
    """Events ``reviews`` until they have counted ``count``."""
    seen: list[Event] = []
    while sum(event.data["reviews"] for event in seen) < count:
        seen.append(await next_event(stream, "reviews"))  # type: ignore[arg-type]
    assert sum(event.data["reviews"] for event in seen) == count
    return seen


@pytest.mark.parametrize("last_id", ["nonsense", "1-", "99999999999999999999-0", "5-18446744073709551616"])
async def test_an_id_that_is_none_of_ours_does_no_harm(url: str, house: House, filler: Filler, last_id: str) -> None:
    await filler.put([scored(0)])
    async with watching(url, {**house.headers(), "Last-Event-ID": last_id}) as stream:
        await next_event(stream, "summary")
        await filler.put([scored(1)])
        await collected(stream, 1)


async def test_many_viewers_see_the_same_and_share_one_reader(url: str, house: House, filler: Filler) -> None:
    async def watch() -> list[int]:
        async with watching(url, house.headers()) as stream:
            await next_event(stream, "summary")
            ready.release()
            return [event.data["good"] for event in await collected(stream, 8)]

    ready = asyncio.Semaphore(0)
    viewers = [asyncio.create_task(watch()) for _ in range(20)]
    for _ in viewers:
        await ready.acquire()
    assert await counted(url, "aura_api_live_clients") == 20
    for i in range(4):
        await filler.put([scored(2 * i), scored(2 * i + 1, 100_000)])
    seen = await asyncio.gather(*viewers)
    assert [sum(goods) for goods in seen] == [4] * 20

    async def nobody() -> bool:
        return await counted(url, "aura_api_live_clients") == 0

    await until(nobody)


async def test_a_silent_stream_has_a_heartbeat(monkeypatch: pytest.MonkeyPatch, url: str, house: House) -> None:
    monkeypatch.setattr(hub, "HEARTBEAT_SECONDS", 0.05)
    async with watching(url, house.headers()) as stream:
        assert (await next_event(stream, ":")).data == "ping"


@pytest.mark.parametrize(
    "left", ['[[tenants]]\nid = "shop"\nname = "Corner Shop"\n', ""], ids=["key gone", "tenant gone"]
)
async def test_a_revoked_key_ends_its_stream(
    monkeypatch: pytest.MonkeyPatch, url: str, house: House, left: str
) -> None:
    monkeypatch.setattr(hub, "HEARTBEAT_SECONDS", 0.5)
    async with watching(url, house.headers()) as stream:
        await next_event(stream, "summary")
        house.path.write_text(left)
        with capture_logs() as logs:
            async with asyncio.timeout(60):
                async for _ in stream:
                    pass
    assert not [entry for entry in logs if entry["log_level"] == "error"]


async def test_a_tenant_has_no_more_streams_open_than_it_may_and_each_that_ends_makes_room(
    url: str, house: House
) -> None:
    house.path.write_text(house.path.read_text().replace('kind = "ecommerce"', "live_streams = 2", 1))
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:

        async def status(tenant: str = "shop") -> int:
            target = f"/v1/tenants/{tenant}/live"
            async with http.stream("GET", target, headers=house.headers(tenant, "write")) as answer:
                return answer.status_code

        async with watching(url, house.headers()) as first:
            await next_event(first, "summary")
            async with watching(url, house.headers("shop", "admin")) as second:
                await next_event(second, "summary")
                refused = await http.get("/v1/tenants/shop/live", headers=house.headers())
                assert (refused.status_code, refused.headers["retry-after"], refused.json()["detail"]) == (
                    429, "10", "2 live streams of this tenant are open, which is its limit; close one.",
                )  # fmt: skip
                assert await status("bank") == 200

            async def room() -> bool:
                return await status() == 200

            await until(room)


async def test_of_many_that_come_at_once_no_more_are_let_in_than_may_be_open(url: str, house: House) -> None:
    house.path.write_text(house.path.read_text().replace('kind = "ecommerce"', "live_streams = 2", 1))
    answered: list[int] = []

    async with httpx.AsyncClient(base_url=url, timeout=60) as http:

        async def come() -> None:
            async with http.stream("GET", "/v1/tenants/shop/live", headers=house.headers()) as answer:
                answered.append(answer.status_code)

                async def all_answered() -> bool:
                    return len(answered) == 20

                await until(all_answered)

        await asyncio.gather(*(come() for _ in range(20)))
    assert sorted(answered) == [200] * 2 + [429] * 18


async def test_a_stream_ends_when_its_key_expires(monkeypatch: pytest.MonkeyPatch, url: str, house: House) -> None:
    monkeypatch.setattr(hub, "HEARTBEAT_SECONDS", 0.5)
    key, stored = create("read", expires=datetime.now(UTC) + timedelta(seconds=2))
    add_key(house.path, "shop", stored)
    async with watching(url, {"X-API-Key": key}) as stream:
        await next_event(stream, "summary")
        async with asyncio.timeout(60):
            async for _ in stream:
                pass


async def test_a_viewer_who_does_not_read_is_closed(
    monkeypatch: pytest.MonkeyPatch, url: str, house: House, filler: Filler
) -> None:
    monkeypatch.setattr(feed, "PACE_SECONDS", 0.0)
    monkeypatch.setattr("api.http.bounded.SEND_SECONDS", 0.2)
    address = urlsplit(url)
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # before it connects, or its window is large already
        lazy.connect((address.hostname, address.port))
        key = house.headers()["X-API-Key"]
        lazy.sendall(f"GET /v1/tenants/shop/live HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n\r\n".encode())
        long = "x" * 500
        event = ReviewEvent("e", "shop", "LAMP-7", long, now_ms(), title=2 * long)
        reviews = [Scored(event, 1, now_ms())] * 20

        async def opened() -> bool:
            return await counted(url, "aura_api_live_clients") == 1

        async def closed() -> bool:
            await filler.put(reviews)
            return await counted(url, "aura_api_live_clients") == 0

        await until(opened)
        await until(closed)
    async with watching(url, house.headers()) as stream:
        await next_event(stream, "summary")


async def test_others_miss_nothing_while_one_who_does_not_read_is_dropped(
    monkeypatch: pytest.MonkeyPatch, url: str, house: House, filler: Filler
) -> None:
    monkeypatch.setattr(feed, "PACE_SECONDS", 0.0)
    monkeypatch.setattr("api.http.bounded.SEND_SECONDS", 0.2)
    address = urlsplit(url)
    counts: list[int] = []

    async def reads(stream: "AsyncIterator[Event]") -> None:
        while True:
            counts.append((await next_event(stream, "reviews")).data["reviews"])  # type: ignore[arg-type]

    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        lazy.connect((address.hostname, address.port))
        key = house.headers()["X-API-Key"]
        lazy.sendall(f"GET /v1/tenants/shop/live HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n\r\n".encode())
        async with watching(url, house.headers()) as stream:
            await next_event(stream, "summary")
            reading = asyncio.create_task(reads(stream))
            long = "x" * 500
            event = ReviewEvent("e", "shop", "LAMP-7", long, now_ms(), title=2 * long)
            written = 0

            async def both() -> bool:
                return await counted(url, "aura_api_live_clients") == 2

            async def dropped() -> bool:
                nonlocal written
                await filler.put([Scored(event, 1, now_ms())] * 20)
                written += 20
                return await counted(url, "aura_api_live_clients") == 1

            async def all_seen() -> bool:
                return sum(counts) == written

            await until(both)
            await until(dropped)
            await until(all_seen)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def test_a_redis_that_goes_away_is_told_and_the_stream_recovers(house: House, tmp_path: Path) -> None:
    port = free_port()
    config = ApiConfig(
        house.path, f"redis://127.0.0.1:{port}/0", "127.0.0.1:1", "aura.reviews", store_timeout_seconds=1.0
    )
    async with served(config) as url, watching(url, house.headers()) as stream:
        problem = await next_event(stream, "problem")
        assert (problem.data["status"], problem.data["instance"]) == (503, "/v1/tenants/shop/live")
        with start_redis(tmp_path, port) as redis_url:
            assert (await next_event(stream, "summary")).data["totals"]["reviews"] == 0
            filler = Filler(redis_url)
            await filler.open()
            await filler.put([scored(1)])
            assert (await next_event(stream, "reviews")).data["reviews"] == 1
            await filler.close()
        await next_event(stream, "problem")


async def test_stopping_ends_open_streams(config: ApiConfig, house: House) -> None:
    async with served(config) as url:
        stack = [watching(url, house.headers()) for _ in range(5)]
        streams = [await entered.__aenter__() for entered in stack]
        for stream in streams:
            await next_event(stream, "summary")
    # served() has returned within its deadline although nobody has let go.
    for stream in streams:
        async with asyncio.timeout(5):
            async for _ in stream:
                pass
    for entered in stack:
        await entered.__aexit__(None, None, None)


def test_a_client_that_falls_behind_is_given_up_and_gets_nothing_half() -> None:
    client = feed.Client()
    for number in range(feed.QUEUE_FRAMES + 5):
        client.put(b"%d" % number)
    assert client.dropped
    assert client.queue.get_nowait() is None
    assert client.queue.empty()
