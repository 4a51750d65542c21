"""Who is let in: keys, roles, and how both come and go. What a key does not open is in test_isolation."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.access.keys import create
from api.config import ApiConfig
from stream.tenants_write import add_key, remove_keys
from tests.api.conftest import connected
from tests.api.filling import House


async def operations(http: httpx.AsyncClient) -> list[tuple[str, str]]:
    document = (await http.get("/openapi.json")).json()
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


def filled_in(path: str, tenant: str) -> str:
    return path.replace("{tenant}", tenant).replace("{product_id}", "GIRO-SECRET")


BODIES: dict[str, Any] = {
    "reviews": {"product_id": "GIRO-SECRET", "text": "Planted."},
    "classify": {"reviews": [{"text": "Planted."}]},
}


def body(path: str) -> Any:
    return BODIES.get(path.rsplit("/", 1)[1])


async def test_every_path_needs_a_key_except_those_of_operations(http: httpx.AsyncClient) -> None:
    open_paths = set()
    for method, path in await operations(http):
        answer = await http.request(method, filled_in(path, "bank"), json=body(path))
        if answer.status_code != 401:
            open_paths.add(path)
            continue
        assert answer.headers["www-authenticate"] == 'Bearer realm="aura"'
        assert answer.json()["type"] == "urn:aura:problem:unauthorized"
    assert open_paths == {"/healthz", "/readyz", "/metrics"}


@pytest.mark.parametrize("name", ["X-API-Key", "Authorization"])
async def test_a_key_is_taken_from_either_header(http: httpx.AsyncClient, house: House, name: str) -> None:
    key = house.keys["shop", "read"]
    value = key if name == "X-API-Key" else f"Bearer {key}"
    answer = await http.get("/v1/me", headers={name: value})
    assert answer.json() == {
        "tenant": "shop", "name": "Corner Shop", "kind": "ecommerce", "model": "products", "role": "read",
        "key_id": key.split("_")[1],
    }  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "aura_000000000000_" + "0" * 64},
        {"Authorization": "Bearer nonsense"},
    ],
)
async def test_an_unknown_key_is_refused_as_invalid(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await http.get("/v1/tenants/shop/summary", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="aura", error="invalid_token"'


async def test_a_key_in_the_query_is_not_taken(http: httpx.AsyncClient, house: House) -> None:
    answer = await http.get("/v1/me", params={"X-API-Key": house.keys["shop", "read"], "key": "x"})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["reviews", "classify"])
async def test_a_read_key_may_not_write(http: httpx.AsyncClient, house: House, path: str) -> None:
    answer = await http.post(f"/v1/tenants/shop/{path}", json=BODIES[path], headers=house.headers())
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "This needs a write key; the key given is a read key.",
    )


async def test_the_key_is_asked_for_before_anything_is_read_or_checked(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/tenants/shop/products", params={"limit": "x"})
    assert answer.status_code == 401
    answer = await http.post("/v1/tenants/shop/reviews", content=b"{" * 1000)
    assert answer.status_code == 401


async def test_keys_come_and_go_without_a_restart(http: httpx.AsyncClient, house: House) -> None:
    key, stored = create("read")
    headers = {"X-API-Key": key}
    before = house.path.read_text()
    assert (await http.get("/v1/me", headers=headers)).status_code == 401
    add_key(house.path, "bank", stored)
    assert (await http.get("/v1/me", headers=headers)).json()["tenant"] == "bank"
    house.path.write_text(before)
    assert (await http.get("/v1/me", headers=headers)).status_code == 401


async def test_two_keys_are_valid_while_one_takes_the_place_of_the_other(http: httpx.AsyncClient, house: House) -> None:
    old, new = house.headers("shop", "write"), create("write")
    add_key(house.path, "shop", new[1])
    headers = {"X-API-Key": new[0]}
    for both in (old, headers):
        assert (await http.get("/v1/tenants/shop/summary", headers=both)).status_code == 200
    remove_keys(house.path, [old["X-API-Key"].split("_")[1]])
    assert (await http.get("/v1/tenants/shop/summary", headers=old)).status_code == 401
    assert (await http.get("/v1/tenants/shop/summary", headers=headers)).status_code == 200


async def test_an_expired_key_is_refused_and_only_its_owner_is_told(http: httpx.AsyncClient, house: House) -> None:
    key, stored = create("admin", expires=datetime(2024, 5, 20, 12, tzinfo=UTC))
    add_key(house.path, "shop", stored)
    answer = await http.get("/v1/tenants/shop/summary", headers={"X-API-Key": key})
    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "The key expired at 2024-05-20T12:00:00+00:00; a new one is needed.",
    )
    assert answer.headers["www-authenticate"] == 'Bearer realm="aura", error="invalid_token"'
    answer = await http.get("/v1/me", headers={"X-API-Key": key[:-64] + "0" * 64})
    assert (answer.status_code, answer.json()["detail"]) == (401, "The key is not known here.")


async def test_a_key_that_expires_later_opens_until_then(http: httpx.AsyncClient, house: House) -> None:
    key, stored = create("read", expires=datetime.now(UTC) + timedelta(days=1))
    add_key(house.path, "shop", stored)
    assert (await http.get("/v1/me", headers={"X-API-Key": key})).status_code == 200


async def test_an_invalid_tenants_file_locks_nobody_out(config: ApiConfig, house: House) -> None:
    async with connected(config) as http:
        house.path.write_text("oops = 1")
        assert (await http.get("/v1/me", headers=house.headers())).status_code == 200
        missing = (await http.get("/readyz")).json()["missing"]
        assert [m["reason"] for m in missing if m["part"] == "tenants file"] == [
            "not valid as it is now, the last valid one is in force; the log and aura tenants check say why"
        ]
