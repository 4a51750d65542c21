"""Who is let in, and that nobody sees a byte of another tenant."""

from typing import Any

import httpx
import pytest

from api.clock import now_ms
from api.config import ApiConfig
from api.keys import create
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.tenants import Role
from stream.tenants_write import add_key
from tests.api.conftest import connected
from tests.api.filling import Filler, House

SECRETS = ("River Bank", "GIRO-SECRET", "My transfer was lost", "secret-event", "Secret Giro Account", "Hidden Brand")
"""What stands in the bank's name, reviews and products, and must not reach the shop."""


def bank_review() -> Scored:
    event = ReviewEvent(
        event_id="secret-event",
        tenant="bank",
        product_id="GIRO-SECRET",
        text="My transfer was lost.",
        occurred_at=now_ms(),
        product_name="Secret Giro Account",
        brand="Hidden Brand",
    )
    return Scored(event, 100_000, now_ms())


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


async def test_one_tenants_key_gets_nothing_of_another_on_any_path(
    http: httpx.AsyncClient, house: House, filler: Filler
) -> None:
    await filler.put([bank_review()])
    seen = await http.get("/v1/tenants/bank/products", params={"window": "all"}, headers=house.headers("bank"))
    assert seen.json()["products"][0]["product_id"] == "GIRO-SECRET"
    tried = 0
    every: tuple[Role, ...] = ("read", "write", "admin")
    for method, path in await operations(http):
        for role in every if "{tenant}" in path else every[:1]:
            answer = await http.request(
                method, filled_in(path, "bank"), json=body(path), headers=house.headers("shop", role)
            )
            tried += 1
            told = answer.text.replace(filled_in(path, "bank"), "") + str(answer.headers)
            assert not [secret for secret in SECRETS if secret in told]
            if "{tenant}" in path:
                assert answer.status_code == 403, path
    assert tried >= 3 * 9 + 4


async def test_tenants_that_exist_and_that_do_not_are_told_apart_by_nothing(
    http: httpx.AsyncClient, house: House, filler: Filler
) -> None:
    await filler.put([bank_review()])
    for method, path in await operations(http):
        if "{tenant}" not in path:
            continue
        answers = []
        for tenant in ("bank", "nobody", "NOT%20AN%20ID", "sh%0Aop"):
            answer = await http.request(
                method, filled_in(path, tenant), json=body(path), headers=house.headers("shop", "admin")
            )
            problem = answer.json()
            problem.pop("instance")
            answers.append((answer.status_code, problem))
        assert answers == [answers[0]] * 4


async def test_the_shops_own_paths_hold_nothing_of_the_bank(
    http: httpx.AsyncClient, house: House, filler: Filler
) -> None:
    await filler.put([bank_review()])
    for path in ("/summary", "/products?window=all", "/timeline", "/products/GIRO-SECRET"):
        answer = await http.get("/v1/tenants/shop" + path, headers=house.headers())
        assert not [secret for secret in SECRETS if secret in answer.text.replace(answer.request.url.path, "")]


@pytest.mark.parametrize("name", ["X-API-Key", "Authorization"])
async def test_a_key_is_taken_from_either_header(http: httpx.AsyncClient, house: House, name: str) -> None:
    key = house.keys["shop", "read"]
    value = key if name == "X-API-Key" else f"Bearer {key}"
    answer = await http.get("/v1/me", headers={name: value})
    assert answer.json() == {
        "tenant": "shop", "name": "Corner Shop", "kind": "ecommerce", "model": "product-cnn-lstm", "role": "read",
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


async def test_an_invalid_tenants_file_locks_nobody_out(config: ApiConfig, house: House) -> None:
    async with connected(config) as http:
        house.path.write_text("oops = 1")
        assert (await http.get("/v1/me", headers=house.headers())).status_code == 200
        missing = (await http.get("/readyz")).json()["missing"]
        assert [m["reason"] for m in missing if m["part"] == "tenants file"] == [
            f"{house.path}: oops: no such field; expected tenants"
        ]
