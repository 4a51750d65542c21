"""What a client says when something is wrong."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from api.client import (
    ApiProblem,
    AsyncAura,
    Aura,
    Forbidden,
    InvalidRequest,
    NotFound,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unintelligible,
)
from api.client.errors import problem_of
from tests.api.client.conftest import ONCE, both_fail
from tests.api.filling import House


async def test_a_problem_is_an_error_of_its_kind_with_all_that_the_answer_says(url: str, house: House) -> None:
    key = house.keys["shop", "read"]
    for error in await both_fail(url, key, lambda aura: aura.product("UNKNOWN")):
        assert isinstance(error, NotFound)
        assert (error.status, error.type) == (404, "urn:aura:problem:not-found")
        assert str(error) == "Not found (404): This tenant has no review of such a product."
    for error in await both_fail(url, key, lambda aura: aura.products_page(limit=0)):
        assert isinstance(error, InvalidRequest)
        assert [one.field for one in error.errors] == ["limit"]
        assert "limit: expected 1 or more" in str(error)
    for error in await both_fail(url, key, lambda aura: aura.publish({"product_id": "LAMP-7", "text": "Works."})):
        assert isinstance(error, Forbidden)
    for error in await both_fail(url, "aura_nobody_has_this", lambda aura: aura.summary()):
        assert isinstance(error, Unauthorized)


async def test_another_tenant_is_not_opened(url: str, house: House) -> None:
    with Aura(url, house.keys["shop", "read"], "bank") as aura, pytest.raises(Forbidden):
        aura.summary()
    async with AsyncAura(url, house.keys["shop", "read"], "bank") as async_aura:
        with pytest.raises(Forbidden):
            await async_aura.summary()


def test_the_tenant_is_asked_for_once(url: str, house: House) -> None:
    with Aura(url, house.keys["bank", "read"]) as aura:
        assert repr(aura) == f"Aura('{url}', tenant=None)"
        assert aura.summary().tenant == "bank"
        assert repr(aura) == f"Aura('{url}', tenant='bank')"
        house.path.write_text("")  # whoever asked again would be told that the key is unknown
        with pytest.raises(Unauthorized):
            aura.me()


@pytest.mark.parametrize("key", ["", "two words", "line\n", "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    for client in (Aura, AsyncAura):
        with pytest.raises(ValueError, match="expected a key") as refused:
            client("http://127.0.0.1:8000", key)
        assert not key or key not in str(refused.value)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://aura", "http://", "localhost"])
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    for client in (Aura, AsyncAura):
        with pytest.raises(ValueError, match="expected the address of the API, such as"):
            client(url, "key")


def test_a_time_without_a_zone_is_refused(url: str, house: House) -> None:
    with Aura(url, house.keys["shop", "read"]) as aura:
        with pytest.raises(ValueError, match="expected a datetime with a zone"):
            aura.summary(at=datetime(2024, 5, 20, 12))
        noon = datetime(2024, 5, 20, 14, tzinfo=UTC) + timedelta(0)
        assert aura.summary(noon).at_ms == aura.summary("2024-05-20T16:00:00+02:00").at_ms == 1_716_213_600_000
        assert aura.summary(1_716_213_600_000).at_ms == 1_716_213_600_000


class Stranger(BaseHTTPRequestHandler):
    """A server that is not Aura."""

    def do_GET(self) -> None:
        status, kind, body = {
            "/page/v1/me": (200, "text/html", b"<h1>Welcome</h1>"),
            "/json/v1/me": (200, "application/json", b'{"tenant": 7}'),
            "/proxy/v1/me": (502, "text/html", b"<h1>Bad Gateway</h1>"),
            "/moved/v1/me": (308, "text/html", b""),
        }.get(self.path, (404, "text/plain", b"none"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 308:
            self.send_header("Location", "https://aura.example/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def stranger() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("/page", Unintelligible, "what is no Me"),
        ("/json", Unintelligible, "what is no Me (tenant: Input should be a valid string)"),
        ("/proxy", Unavailable, "Bad Gateway (502)"),
        ("/moved", ApiProblem, "redirected to https://aura.example/"),
        ("/none", NotFound, "is http://127.0.0.1:"),
    ],
)
async def test_a_stranger_s_answer_is_told_from_aura_s(stranger: str, path: str, kind: type, said: str) -> None:
    for error in await both_fail(stranger + path, "key", lambda aura: aura.me()):
        assert type(error) is kind
        assert said in str(error)


async def test_a_server_that_says_nothing_is_not_waited_for_without_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Aura(url, "key", timeout=0.05, retries=ONCE) as aura, pytest.raises(TimedOut, match="no answer in time"):
            aura.me()
        async with AsyncAura(url, "key", timeout=0.05, retries=ONCE) as async_aura:
            with pytest.raises(TimedOut, match="no answer in time"):
                await async_aura.me()


def test_when_to_come_back_is_seconds_or_a_date() -> None:
    def wait(header: str) -> float | None:
        request = httpx.Request("GET", "http://aura/v1/me")
        return problem_of(httpx.Response(503, headers={"Retry-After": header}, request=request)).retry_after

    def date(hours: int) -> str:
        return format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)

    until = wait(date(1))
    assert until is not None
    assert 3000 <= until <= 3600
    assert (wait("7"), wait(date(-1)), wait("soon")) == (7, 0, None)
