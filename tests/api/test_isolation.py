"""Nobody sees a byte of another tenant, on any path of the OpenAPI document, whatever a client makes of it.

The server is a real one on a real port, for what a client library would have put right before it is sent. The shop
asks; what stands of the bank must not be told.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pyarrow import parquet

from api.clock import now_ms
from api.config import ApiConfig
from stream.comparison import compare
from stream.event import ReviewEvent
from stream.fold import Keep, Scored
from stream.store import comparisons
from stream.store.connection import connect
from stream.tenant_rules import AlertRule
from stream.tenants import Role
from tests.api.alerting import happen, write
from tests.api.filling import KEEP, Filler, House
from tests.api.serving import next_event, served, watching

SECRETS = (
    "River Bank", "GIRO-SECRET", "My transfer was lost", "secret-event", "secret-shadowed", "Secret Giro Account",
    "Hidden Brand", "Hidden Category", "Only the bank writes this", "hidden-rule",
)  # fmt: skip
"""What stands in the bank's name, reviews and products."""

HIDDEN_RULE = AlertRule("hidden-rule", "low", "1h", "products", threshold=0.0)

ROLES: tuple[Role, ...] = ("read", "write", "admin")
MODELS = ("banks@000000000001", "banks@000000000002")

Query = list[tuple[str, str | int | float | bool | None]]
Operation = tuple[str, str, dict[str, Any]]


def of_the_bank(number: int, event_id: str = "secret-event") -> Scored:
    event = ReviewEvent(
        event_id=f"{event_id}-{number}",
        tenant="bank",
        product_id="GIRO-SECRET" if number % 2 else f"GIRO-SECRET-{number}",
        text="My transfer was lost.",
        occurred_at=now_ms(),
        title="Only the bank writes this",
        product_name="Secret Giro Account",
        brand="Hidden Brand",
        categories=("Hidden Category",),
        rating=1,
    )
    return Scored(event, 100_000, now_ms())


def of_the_shop(number: int) -> Scored:
    event = ReviewEvent(f"own-{number}", "shop", "LAMP-7", "It works.", now_ms(), brand="Lumen", rating=5)
    return Scored(event, 900_000, now_ms())


@pytest.fixture
async def url(config: ApiConfig, filler: Filler, redis_url: str) -> AsyncIterator[str]:
    """A server that has reviews, and a comparison of models, of both."""
    await filler.put([review(number) for number in range(6) for review in (of_the_bank, of_the_shop)])
    client = connect(redis_url)
    reviews = [of_the_bank(number, "secret-shadowed") for number in range(4)]
    for tenant, kept in (("bank", KEEP), ("shop", Keep(0, KEEP.ms))):
        await comparisons.add(client, tenant, MODELS, compare(reviews, [900_000] * 4), kept, now_ms())
    await client.aclose()
    await write(redis_url, "bank", [happen(number, "raised", "GIRO-SECRET", HIDDEN_RULE) for number in range(3)])
    await write(redis_url, "shop", [happen(9, "raised", "LAMP-7")])
    async with served(config) as url:
        yield url


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        yield http


async def operations(http: httpx.AsyncClient) -> list[Operation]:
    document = (await http.get("/openapi.json")).json()
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def seen_by_the_bank(http: httpx.AsyncClient, house: House) -> dict[str, str]:
    """What a client of the shop could have learned of the bank: ids of what it has."""
    headers = house.headers("bank")
    products = (await http.get("/v1/tenants/bank/products?window=all&limit=1", headers=headers)).json()
    models = (await http.get("/v1/tenants/bank/models", headers=headers)).json()
    assert products["products"][0]["product_id"].startswith("GIRO-SECRET")
    found = {"product_id": "GIRO-SECRET", "comparison": models["comparisons"][0]["id"]}
    shown = await http.get(f"/v1/tenants/bank/models/comparisons/{found['comparison']}/disagreements", headers=headers)
    assert "secret-shadowed" in shown.text  # there is something to hide on that path too
    return {**found, "cursor": products["next_cursor"]}


def filled_in(path: str, tenant: str, learned: dict[str, str]) -> str:
    """The path with the bank's ids in it; parameters yet unknown to this test have a product's."""
    path = path.replace("{tenant}", tenant)
    while "{" in path:
        name = path[path.index("{") + 1 : path.index("}")]
        path = path.replace(f"{{{name}}}", learned.get(name, "GIRO-SECRET"))
    return path


def asked_for(operation: dict[str, Any], learned: dict[str, str]) -> Query:
    """A query in which every parameter that takes text has something of the bank's, as far as it must be there."""
    parameters = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    return [(one["name"], learned.get(one["name"], "GIRO-SECRET")) for one in parameters if one["required"]]


def takes_text(schema: dict[str, Any]) -> bool:
    """Whether a parameter of this schema may have any text."""
    return "enum" not in schema and any(one.get("type") == "string" for one in [schema, *schema.get("anyOf", [])])


def readable(answer: httpx.Response) -> str:
    """The body as text: in Parquet it is compressed, and would hide what stands there."""
    if answer.content.startswith(b"PAR1"):
        return str(parquet.read_table(BytesIO(answer.content)).to_pylist())
    return answer.text


def told(answer: httpx.Response, *said: str) -> str:
    """All of an answer but what the client said itself."""
    text = readable(answer) + str(answer.headers)
    for words in sorted({*said, answer.request.url.path, answer.request.url.raw_path.decode()}, key=len, reverse=True):
        text = text.replace(words, "")
    return text


def leaked(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def of_nobody(text: str) -> str:
    """As long, and nowhere."""
    return text.replace("GIRO-SECRET", "NOBODY-HASX").replace("Hidden", "Absent")


def timeless(answer: httpx.Response) -> str:
    """An answer without what names the question, and without the time."""
    return re.sub(r'"[a-z_]*ms": ?\d+|\d{4}-\d\d-\d\dT[\d:.]+', "(time)", of_nobody(readable(answer)))


async def test_one_tenants_key_gets_nothing_of_another_on_any_path(http: httpx.AsyncClient, house: House) -> None:
    learned = await seen_by_the_bank(http, house)
    tried = 0
    for method, path, operation in await operations(http):
        for role in ROLES if "{tenant}" in path else ROLES[:1]:
            target = filled_in(path, "bank", learned)
            query = asked_for(operation, learned)
            for headers in (house.headers("shop", role), {"Authorization": f"Bearer {house.keys['shop', role]}"}):
                body: dict[str, str] | None = {} if method == "POST" else None
                answer = await http.request(method, target, params=query, json=body, headers=headers)
                tried += 1
                assert not leaked(told(answer, target))
                assert answer.status_code == 403 or "{tenant}" not in path, target
    assert tried >= 2 * (3 * 13 + 4)


async def test_the_shops_own_paths_answer_to_the_banks_ids_as_to_those_of_nobody(
    http: httpx.AsyncClient, house: House
) -> None:
    learned = await seen_by_the_bank(http, house)
    nobodys = {**learned, "product_id": "NOBODY-HASX"}
    answered: dict[str, int] = {}
    for method, path, operation in await operations(http):
        if method != "GET" or "{tenant}" not in path or path.endswith("/live"):
            continue
        texts: Query = [
            (one["name"], learned.get(one["name"], "GIRO-SECRET"))
            for one in operation["parameters"]
            if one["in"] == "query" and not one["required"] and takes_text(one["schema"])
        ]
        further: list[Query] = [[], *([one] for one in texts), [("window", "all")], [("format", "parquet")]]
        further += [
            [("by", by), ("item", item)] for by, item in (("brand", "Hidden Brand"), ("category", "Hidden Category"))
        ]
        target, twin_target = (filled_in(path, "shop", ids) for ids in (learned, nobodys))
        for more in further:
            query = [*asked_for(operation, learned), *more]
            answer = await http.get(target, params=query, headers=house.headers())
            assert answer.status_code in (200, 404, 422), answer.text
            assert not leaked(told(answer, *(str(value) for _, value in query), "GIRO-SECRET"))
            answered.setdefault(path, answer.status_code)
            twin_query: Query = [(name, of_nobody(str(value))) for name, value in query]
            if (target, query) != (twin_target, twin_query) and "cursor" not in dict(query):
                twin = await http.get(twin_target, params=twin_query, headers=house.headers())
                assert (answer.status_code, timeless(answer)) == (twin.status_code, timeless(twin))
    assert list(answered.values()).count(200) >= 6  # it was let in, and had to look
    assert answered["/v1/tenants/{tenant}/products/{product_id}"] == 404


async def test_the_banks_cursor_shows_the_shop_its_own_products(http: httpx.AsyncClient, house: House) -> None:
    cursor = (await seen_by_the_bank(http, house))["cursor"]
    query: Query = [("window", "all"), ("limit", 1), ("cursor", cursor)]
    answer = await http.get("/v1/tenants/shop/products", params=query, headers=house.headers())
    assert not leaked(answer.text.replace(cursor, ""))
    assert answer.status_code == 422 or {one["product_id"] for one in answer.json()["products"]} <= {"LAMP-7"}


async def test_tenants_that_exist_and_that_do_not_are_told_apart_by_nothing(
    http: httpx.AsyncClient, house: House
) -> None:
    for method, path, operation in await operations(http):
        if "{tenant}" not in path:
            continue
        answers = []
        for tenant in ("bank", "nobody", "NOT%20AN%20ID", "sh%0Aop"):
            answer = await http.request(
                method,
                filled_in(path, tenant, {}),
                params=asked_for(operation, {}),
                json={} if method == "POST" else None,
                headers={**house.headers("shop", "admin"), "If-None-Match": "*"},
            )
            problem = answer.json()
            problem.pop("instance")
            answers.append((answer.status_code, problem, sorted(answer.headers)))
        assert answers == [answers[0]] * 4


TARGETS = (
    "/v1/tenants/shop/../bank/summary",
    "/v1/tenants/shop/%2e%2e/bank/summary",
    "/v1/tenants/shop%2F..%2Fbank/summary",
    "/v1/tenants/shop/products/..%2F..%2F..%2Fbank%2Fproducts",
    "/v1/tenants/shop/products/%2E%2E/%2E%2E/bank/products",
    "/v1/tenants//bank/summary",
    "//v1/tenants/bank/summary",
    "/v1/tenants/bank/summary/",
    "/v1/tenants/shop;/bank/summary",
    "/v1/tenants/bank%00/summary",
    "/v1/tenants/b%61nk/summary",
    "/v1/tenants/BANK/summary",
    "/v1/tenants/shop/products/GIRO-SECRET%00",
    "/v1/tenants/shop/products/shop%2FLAMP-7",
    "/v1/tenants/shop/products/bank%2FGIRO-SECRET",
    "/v1/tenants/shop/products/*",
    "/v1/tenants/shop/products?window=all&tenant=bank",
    "/v1/me?tenant=bank",
    "http://aura/v1/tenants/bank/summary",
    "/static/../v1/tenants/bank/summary",
    "/static/%2e%2e/%2e%2e/tenants.toml",
)


async def test_no_way_of_writing_a_path_leads_to_the_bank(url: str, house: House) -> None:
    # The bank's name stands wherever a careless server would look for it.
    lines = [f"X-API-Key: {house.keys['shop', 'admin']}", "Host: bank", "X-Tenant: bank", "X-Forwarded-Prefix: /bank"]
    lines += ["X-Original-URL: /v1/tenants/bank/summary", "Connection: close", "", ""]
    address = urlsplit(url)
    for target in TARGETS:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write("\r\n".join([f"GET {target} HTTP/1.1", *lines]).encode())
        async with asyncio.timeout(60):
            head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
        status = int(head.split()[1])
        assert status in (200, 307, 400, 403, 404, 405), target
        said = json.loads(body) if body else {}
        said.pop("instance", None)
        if status == 404:
            said.pop("detail", None)  # it names the product that was asked for
        assert not leaked(json.dumps(said)), target
        assert "hash" not in json.dumps(said), target
        assert said.get("tenant", "shop") == "shop", target
        assert {one["product_id"] for one in said.get("products", [])} <= {"LAMP-7"}, target


async def test_of_two_keys_in_one_request_one_counts_for_all_of_it(http: httpx.AsyncClient, house: House) -> None:
    both = {**house.headers("shop"), "Authorization": f"Bearer {house.keys['bank', 'admin']}"}
    assert (await http.get("/v1/me", headers=both)).json()["tenant"] == "shop"
    assert (await http.get("/v1/tenants/bank/summary", headers=both)).status_code == 403
    twice = [("X-API-Key", house.keys["shop", "read"]), ("X-API-Key", house.keys["bank", "read"])]
    for tenant, status in (("shop", 200), ("bank", 403)):
        assert (await http.get(f"/v1/tenants/{tenant}/summary", headers=twice)).status_code == status


@pytest.mark.parametrize("path", ["/v1/tenants/shop/reviews", "/v1/tenants/shop/reviews?tenant=bank"])
async def test_a_review_of_the_banks_cannot_be_planted(http: httpx.AsyncClient, house: House, path: str) -> None:
    review = {"tenant": "bank", "product_id": "GIRO-7", "text": "Planted."}
    for body in (review, [{"product_id": "LAMP-7", "text": "It works."}, review]):
        answer = await http.post(path, json=body, headers=house.headers("shop", "admin"))
        assert answer.status_code == 422
        assert [error["field"].split(".")[-1] for error in answer.json()["errors"]] == ["tenant"]


async def test_the_shops_live_stream_has_nothing_of_the_bank_even_from_its_last_id(
    url: str, house: House, filler: Filler
) -> None:
    async with watching(url, {**house.headers(), "Last-Event-ID": "0-1"}) as stream:
        await next_event(stream, "summary")
        await filler.put([of_the_bank(number, "secret-live") for number in range(20)])
        await filler.put([of_the_shop(100)])
        seen = []
        async with asyncio.timeout(60):
            async for event in stream:
                seen.append(event)
                if "own-100" in str(event.data):
                    break
    assert "reviews" in {event.name for event in seen}
    assert not leaked(str(seen))
    assert "secret-live" not in str(seen)
