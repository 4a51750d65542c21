"""When a client asks again, and when it gives up: on real answers 429 and 503, and on none."""

import asyncio
import dataclasses
import threading
import time
from itertools import chain, repeat
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client import Aura, AuraError, InvalidRequest, Retries, TooManyRequests, Unavailable, Unreachable
from api.client.call import Send, Wait
from api.client.requests import tenant
from api.client.retries import Patience
from api.client.session import Session
from api.config import ApiConfig
from api.shapes import ProblemBody
from tests.api.client.conftest import ONCE, PATIENT, both, both_fail, serving
from tests.api.filling import House
from tests.services import free_port, start_redis


def problem(status: int) -> ProblemBody:
    return ProblemBody(type="about:blank", title="Something", status=status, detail="Something.", instance="/")


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 1e6

    def __call__(self) -> float:
        return self.seconds


@given(
    st.floats(0, 60),
    st.floats(0.25, 10),
    st.floats(0.25, 30),
    st.floats(0, 0.999),
    st.lists(st.none() | st.floats(0, 40), max_size=10),
)
def test_waits_grow_are_never_shorter_than_asked_for_and_end(
    patience_seconds: float, first: float, longest: float, chance: float, asked: list[float | None]
) -> None:
    clock = Clock()
    patience = Patience(Retries(patience_seconds, first, longest), clock, lambda: chance)
    began, waits = clock.seconds, []
    for number, seconds in enumerate(chain(asked, repeat(None))):
        try:
            wait = patience.wait_after(Unavailable(problem(503), seconds))
        except Unavailable:
            break
        backoff = min(longest, first * 2.0 ** min(number, 32))
        assert wait >= (seconds or 0.0)
        assert backoff / 2 <= wait <= max(backoff, 1.25 * (seconds or 0.0))
        clock.seconds += wait
        waits.append(wait)
    assert sum(waits) <= patience_seconds + 1e-3
    assert clock.seconds - began <= patience_seconds + 1e-3
    patience.renewed()
    if patience_seconds > first:
        assert patience.wait_after(Unreachable("gone")) <= first


@pytest.mark.parametrize("error", [InvalidRequest(problem(422)), AuraError("x")])
def test_what_does_not_pass_is_not_waited_for(error: AuraError) -> None:
    with pytest.raises(type(error)):
        Patience(Retries()).wait_after(error)


@pytest.mark.parametrize("seconds", [(-1.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)])
def test_retries_that_cannot_be_are_refused(seconds: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="expected waits above 0"):
        Retries(*seconds)


async def test_a_hasty_key_is_let_in_once_it_has_waited(url: str, house: House) -> None:
    house.path.write_text(
        house.path.read_text().replace('kind = "ecommerce"', "requests_per_second = 1\nrequest_burst = 1", 1)
    )
    began = time.monotonic()
    answers = await both(url, house.keys["shop", "read"], lambda aura: aura.me())
    assert [answer.tenant for answer in answers] == ["shop", "shop"]
    assert time.monotonic() - began >= 1.0
    errors = await both_fail(url, house.keys["shop", "read"], lambda aura: aura.me())
    assert [type(error) for error in errors] == [TooManyRequests] * 2
    assert "may ask 1 times a second" in str(errors[0])


async def test_a_store_that_comes_back_is_waited_for(config: ApiConfig, house: House, tmp_path: Path) -> None:
    port = free_port()
    away = dataclasses.replace(config, redis_url=f"redis://127.0.0.1:{port}/0")
    with serving(away) as url:
        errors = await both_fail(url, house.keys["shop", "read"], lambda aura: aura.summary())
        assert [(type(error), getattr(error, "retry_after", None)) for error in errors] == [(Unavailable, 1.0)] * 2
        asking = asyncio.create_task(
            asyncio.to_thread(lambda: Aura(url, house.keys["shop", "read"], retries=PATIENT).products_page())
        )
        await asyncio.sleep(0)
        with start_redis(tmp_path, port):
            assert (await asking).matching == 0
            assert [answer.matching for answer in await both(url, house.keys["shop", "read"], _products)] == [0, 0]


def _products(aura: Aura) -> object:
    return aura.products_page()


async def test_a_server_that_is_started_late_is_waited_for(config: ApiConfig, house: House) -> None:
    port, key = free_port(), house.keys["shop", "read"]
    url = f"http://127.0.0.1:{port}"
    for error in await both_fail(url, key, lambda aura: aura.me()):
        assert type(error) is Unreachable
        assert str(error).startswith(f"no connection to {url}")
        assert key not in str(error)
    refused = threading.Event()
    asking = asyncio.create_task(asyncio.to_thread(_me_after, refused, url, key))
    await asyncio.to_thread(refused.wait)
    with serving(config, port):
        assert (await asking) == "shop"


def _me_after(refused: threading.Event, url: str, key: str) -> str:
    with Aura(url, key, retries=ONCE) as aura, pytest.raises(Unreachable):
        aura.me()
    refused.set()
    with Aura(url, key, retries=PATIENT) as aura:
        return aura.me().tenant


def test_a_tenant_that_is_yet_unknown_takes_no_patience_of_its_own() -> None:
    """Two loops, one within the other, would wait twice as long as they may."""
    session = Session(httpx.Client(base_url="http://aura").build_request, None, PATIENT)
    flow = session.answer(tenant.summary())
    for _ in range(5):
        step = next(flow)
        assert isinstance(step, Send)
        assert step.request.url.path == "/v1/me"
        waits = flow.throw(Unreachable("gone"))
        assert isinstance(waits, Wait)
    assert session.tenant is None
    flow.close()


async def test_whether_it_is_ready_is_asked_once(url: str, house: House) -> None:
    """A 503 is the answer there."""
    errors = await both_fail(url, house.keys["shop", "read"], lambda aura: aura.ready(), Retries(3600.0))
    for error in errors:
        assert isinstance(error, Unavailable)
        assert {one.part for one in error.missing} >= {"kafka", "worker"}
