"""The live stream over restarts and broken connections: every review once, in order, as typed events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from api.client import AsyncAura, Aura, LiveEvent, Retries, TooManyRequests, Unauthorized, Unreachable
from api.clock import now_ms
from api.config import ApiConfig
from api.shapes import LiveReviews, LiveSummary
from stream.event import ReviewEvent
from stream.fold import Scored
from tests.api.client.conftest import ONCE, PATIENT, serving
from tests.api.client.cutting import Cuts, cutting
from tests.api.filling import Filler, House
from tests.services import free_port


def scored(number: int) -> Scored:
    # What httpx and Python take for the end of a line must not end an event's.
    event = ReviewEvent(f"e{number}", "shop", "LAMP-7", f"Number {number}.\u2028\x85\x0bIt works.", now_ms())
    return Scored(event, 900_000, now_ms())


async def watching(
    client: type[Aura | AsyncAura], url: str, key: str, retries: Retries
) -> AsyncGenerator[LiveEvent, None]:
    """The stream of either client."""
    if issubclass(client, AsyncAura):
        async with AsyncAura(url, key, "shop", retries=retries) as async_aura, async_aura.live() as stream:
            async for event in stream:
                yield event
        return
    with Aura(url, key, "shop", retries=retries) as aura, aura.live() as events:
        while True:
            yield await asyncio.to_thread(next, events)


async def texts(stream: AsyncIterator[LiveEvent], count: int) -> list[str]:
    """The beginnings of the next ``count`` reviews' texts."""
    seen: list[str] = []
    async for event in stream:
        if isinstance(event, LiveReviews):
            seen += [review.text.partition(".")[0] for review in event.sample]
        if len(seen) >= count:
            break
    return seen


@pytest.mark.parametrize("client", [Aura, AsyncAura])
async def test_nothing_is_missed_or_seen_twice_over_a_restart_of_the_server(
    client: type[Aura | AsyncAura], config: ApiConfig, house: House, filler: Filler
) -> None:
    port, key = free_port(), house.keys["shop", "read"]
    stream = watching(client, f"http://127.0.0.1:{port}", key, PATIENT)
    with serving(config, port):
        assert isinstance(await anext(stream), LiveSummary)
        await filler.put([scored(1), scored(2)])
        assert await texts(stream, 2) == ["Number 1", "Number 2"]
    await filler.put([scored(3)])
    coming = asyncio.ensure_future(texts(stream, 2))
    with serving(config, port):
        await filler.put([scored(4)])
        assert await coming == ["Number 3", "Number 4"]
        await stream.aclose()


async def test_a_connection_that_breaks_in_an_event_is_made_again_behind_the_one_before(
    url: str, house: House, filler: Filler
) -> None:
    await filler.put([scored(number) for number in range(1, 21)])
    cuts = Cuts([20_000])
    with cutting(url, cuts) as cut_url:
        async with AsyncAura(cut_url, house.keys["shop", "read"], "shop", retries=PATIENT) as aura, aura.live() as live:
            assert len(await texts(live, 20)) == 20
            first, number = live.last_event_id, 20
            while number == 20 or not cuts.made:
                number += 1
                await filler.put([scored(number)])
                assert await texts(live, 1) == [f"Number {number}"]
            last = live.last_event_id
    assert first != last
    await filler.put([scored(number + 1)])
    with Aura(url, house.keys["shop", "read"]) as aura_now, aura_now.live(last) as stream:
        missed = next(event for event in stream if isinstance(event, LiveReviews))
        assert [review.event_id for review in missed.sample] == [f"e{number + 1}"]


async def test_a_key_that_is_revoked_ends_the_stream(url: str, house: House) -> None:
    for client in (Aura, AsyncAura):
        tenants = house.path.read_text()
        stream = watching(client, url, house.keys["shop", "read"], PATIENT)
        await anext(stream)
        house.path.write_text('[[tenants]]\nid = "shop"\nname = "Corner Shop"\n')
        with pytest.raises(Unauthorized):
            await texts(stream, 1)
        house.path.write_text(tenants)


async def test_a_stream_too_many_is_refused_and_waited_for(url: str, house: House, filler: Filler) -> None:
    house.path.write_text(house.path.read_text().replace('kind = "ecommerce"', "live_streams = 1", 1))
    with Aura(url, house.keys["shop", "read"], retries=ONCE) as aura:
        first = aura.live()
        next(first)
        with pytest.raises(TooManyRequests, match="1 live streams of this tenant are open"):
            next(aura.live())
        first.close()


def test_a_server_that_stays_away_ends_the_stream(config: ApiConfig, house: House) -> None:
    with serving(config) as url:
        stream = Aura(url, house.keys["shop", "read"], retries=Retries(0.5, 0.1, 0.1)).live()
        next(stream)
    with pytest.raises(Unreachable):
        list(stream)
    assert list(stream) == []
