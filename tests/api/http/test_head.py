"""HEAD is a GET without the body."""

import asyncio

import httpx
import pytest

from api.config import ApiConfig
from tests.api.filling import Filler, House
from tests.api.serving import served
from tests.stream.samples import scored

PATHS = [
    "/healthz", "/readyz", "/openapi.json", "/", "/v1/me", "/v1/tenants/shop/products/kettle",
    "/v1/tenants/bank/summary",
]  # fmt: skip
OF_THE_MOMENT = {"date", "etag"}


@pytest.mark.parametrize("path", PATHS)
async def test_head_has_the_status_and_headers_of_get(
    http: httpx.AsyncClient, house: House, filler: Filler, path: str
) -> None:
    await filler.put([scored()])
    get, head = [await http.request(method, path, headers=house.headers()) for method in ("GET", "HEAD")]
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert {*head.headers} == {*get.headers}
    for name in {*get.headers} - OF_THE_MOMENT:
        assert head.headers[name] == get.headers[name], name


async def test_head_tells_that_a_copy_still_holds(http: httpx.AsyncClient, house: House) -> None:
    tag = (await http.head("/v1/me", headers=house.headers())).headers["etag"]
    assert (await http.get("/v1/me", headers=house.headers())).headers["etag"] == tag
    assert (await http.head("/v1/me", headers=house.headers() | {"If-None-Match": tag})).status_code == 304


@pytest.mark.parametrize("path", ["live", "export/products", "export/products/kettle/timeline", "reviews"])
async def test_streams_and_files_are_not_begun_for_nobody(http: httpx.AsyncClient, house: House, path: str) -> None:
    answer = await http.head(f"/v1/tenants/shop/{path}", headers=house.headers())
    assert answer.status_code == 405
    assert answer.headers["allow"] in ("GET", "POST")


async def test_a_connection_goes_on_after_head(config: ApiConfig) -> None:
    async with served(config) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        async with asyncio.timeout(60):
            said = await reader.read()
        writer.close()
    first, second = said.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200")
    assert first.endswith(b"\r\n\r\n")
    assert second.startswith(b"401")
