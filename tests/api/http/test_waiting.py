"""Clients who keep the server waiting, and requests that are too large, over a real connection."""

import asyncio
import select
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from api.config import ApiConfig
from api.http import waiting
from tests.api.filling import House
from tests.api.serving import DEADLINE_SECONDS, served, until


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch, config: ApiConfig) -> AsyncIterator[tuple[str, int]]:
    monkeypatch.setattr(waiting, "HEADER_SECONDS", 0.5)
    async with served(config) as url:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        yield parts.hostname, parts.port


async def until_closed(address: tuple[str, int], *pieces: bytes, pause: float = 0.1) -> bytes:
    """What the server said to ``pieces``, sent with a pause after each, until it closed the connection."""
    reader, writer = await asyncio.open_connection(*address)

    async def send() -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await reader.read()
    except ConnectionResetError:  # it closed while we were speaking
        return b""
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()


async def test_a_connection_without_a_request_is_closed(address: tuple[str, int]) -> None:
    assert await until_closed(address) == b""


async def test_headers_that_do_not_end_are_not_waited_for(address: tuple[str, int]) -> None:
    endless = [b"GET /healthz HTTP/1.1\r\n", *(b"X-A: b\r\n" for _ in range(1_000))]
    assert await until_closed(address, *endless) == b""


async def test_a_further_request_that_does_not_end_is_not_waited_for(address: tuple[str, int]) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = await until_closed(address, whole, *(b"GET /"[:1] for _ in range(1_000)))
    assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_a_body_that_nobody_reads_is_not_waited_for(address: tuple[str, int]) -> None:
    head = b"POST /v1/tenants/shop/reviews HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
    answer = await until_closed(address, head, *(b"x" for _ in range(1_000)))
    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_requests_that_take_their_time_but_end_are_answered(address: tuple[str, int], house: House) -> None:
    key = house.headers("shop", "write")["X-API-Key"].encode()
    body = b'{"reviews": []}'
    head = (
        b"POST /v1/tenants/shop/classify HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + b"\r\nContent-Length: 15\r\n\r\n"
    )
    slow = [head, *(body[at : at + 1] for at in range(len(body)))]  # longer than headers may take
    assert (await until_closed(address, *slow)).startswith(b"HTTP/1.1 422 ")


async def test_bodies_of_a_tenant_have_so_much_room_that_others_keep_theirs(
    monkeypatch: pytest.MonkeyPatch, address: tuple[str, int], house: House
) -> None:
    monkeypatch.setattr("api.http.bodies.MAX_BYTES", 1_000)
    target = "http://{}:{}/v1/tenants/{{}}/classify".format(*address)
    async with httpx.AsyncClient(timeout=60) as http:

        async def answered(tenant: str = "shop") -> httpx.Response:
            return await http.post(target.format(tenant), json={"a": "b" * 200}, headers=house.headers(tenant, "write"))

        async def refused() -> bool:
            return (await answered()).status_code == 503

        async def taken() -> bool:
            return (await answered()).status_code == 422

        key = house.keys["shop", "write"].encode()
        _, slow = await asyncio.open_connection(*address)
        slow.write(b"POST /v1/tenants/shop/classify HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key)
        slow.write(b"\r\nContent-Length: 1000\r\n\r\n" + b" " * 900)
        await until(refused)
        answer = await answered()
        assert (answer.headers["retry-after"], answer.json()["detail"]) == (
            "2", "1,000 bytes of this tenant are on their way, as many as may be.",
        )  # fmt: skip
        assert (await answered("bank")).status_code == 422
        slow.close()
        await until(taken)


async def test_a_body_does_not_wait_for_the_headers_to_be_acknowledged(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    made = waiting.ImpatientProtocol.connection_made

    def watched(protocol: waiting.ImpatientProtocol, transport: asyncio.Transport) -> None:
        made(protocol, transport)
        found.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(waiting.ImpatientProtocol, "connection_made", watched)
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert (await until_closed(address, head)).startswith(b"HTTP/1.1 200 ")
    assert [bool(one) for one in found] == [True]


@pytest.mark.parametrize("long", [b"GET /healthz?" + b"x" * 100_000 + b" HTTP/1.1\r\n", b"X: " + b"x" * 100_000])
async def test_headers_over_a_limit_are_refused(address: tuple[str, int], long: bytes) -> None:
    head = long if long.startswith(b"GET") else b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + long
    assert (await until_closed(address, head)).startswith(b"HTTP/1.1 400 ")


class Slow:
    """A client with a small buffer, that reads when it is told to."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.connect(address)
        self._socket.setblocking(False)

    async def ask(self, path: str, headers: dict[str, str] | None = None, times: int = 1) -> None:
        lines = [f"GET {path} HTTP/1.1", "Host: a", *(f"{name}: {value}" for name, value in (headers or {}).items())]
        await asyncio.get_running_loop().sock_sendall(self._socket, "\r\n".join([*lines, "", ""]).encode() * times)

    def broken_off(self) -> bool:
        """Whether the server has reset the connection; nothing is read to find out."""
        poll = select.poll()
        poll.register(self._socket, 0)
        return any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))

    async def read(self, most: int) -> bytes:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await asyncio.get_running_loop().sock_recv(self._socket, most)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch, address: tuple[str, int]) -> AsyncIterator[Slow]:
    monkeypatch.setattr(waiting, "TAKE_SECONDS", 0.5)
    client = Slow(address)
    yield client
    client.close()


@pytest.mark.parametrize("times", [3, 100])
async def test_who_takes_nothing_of_an_answer_is_let_go_of(client: Slow, times: int) -> None:
    await client.ask("/openapi.json", times=times)

    async def broken_off() -> bool:
        return client.broken_off()

    await until(broken_off)


async def test_who_takes_an_answer_slowly_gets_all_of_it(
    client: Slow, monkeypatch: pytest.MonkeyPatch, address: tuple[str, int]
) -> None:
    # Client and server share a loop here: a machine that stalls for as long as this stalls both, and the client is let
    # go of.
    monkeypatch.setattr(waiting, "TAKE_SECONDS", 3.0)
    times = 10
    client.close()
    client = Slow(address)
    await client.ask("/openapi.json", times=times)
    seen = b""
    loop = asyncio.get_running_loop()
    slow_until = loop.time() + 2.5 * waiting.TAKE_SECONDS  # it is looked at more than once
    while seen.count(b'"openapi":') < times or not seen.endswith(b"}"):
        part = await client.read(40_000)
        assert part, "the server broke off"
        seen += part
        if loop.time() < slow_until:
            assert seen.count(b'"openapi":') < times, "it was not slow"
            await asyncio.sleep(0.2)
    client.close()
