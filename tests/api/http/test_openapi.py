"""The OpenAPI document says what the API really answers."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from api.clock import now_ms
from stream.event import ReviewEvent
from stream.fold import Scored
from tests.api.filling import Filler, House


@pytest.fixture
async def document(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/openapi.json")).json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Validate ``value``, looking references up in the document."""
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(value)


async def test_the_document_is_the_same_each_time(http: httpx.AsyncClient, document: dict[str, Any]) -> None:
    assert (await http.get("/openapi.json")).json() == document
    for _, path, operation in operations(document):
        names = [(one["name"], one["in"]) for one in operation.get("parameters", [])]
        assert len(set(names)) == len(names), path


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = [reference.removeprefix("#/components/schemas/") for reference in references(document)]
    assert set(names) <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_the_endpoints_are_those_promised(document: dict[str, Any]) -> None:
    tenant = "/v1/tenants/{tenant}"
    assert {(method, path) for method, path, _ in operations(document)} == {
        ("get", "/v1/me"),
        ("get", f"{tenant}/summary"),
        ("get", f"{tenant}/products"),
        ("get", f"{tenant}/products/{{product_id}}"),
        ("get", f"{tenant}/products/{{product_id}}/timeline"),
        ("get", f"{tenant}/products/{{product_id}}/reviews"),
        ("get", f"{tenant}/timeline"),
        ("get", f"{tenant}/groups"),
        ("get", f"{tenant}/movers"),
        ("get", f"{tenant}/compare"),
        ("get", f"{tenant}/drift"),
        ("get", f"{tenant}/accuracy"),
        ("get", f"{tenant}/products/{{product_id}}/accuracy"),
        ("get", f"{tenant}/drivers"),
        ("get", f"{tenant}/products/{{product_id}}/drivers"),
        ("get", f"{tenant}/export/products"),
        ("get", f"{tenant}/export/products/{{product_id}}/timeline"),
        ("get", f"{tenant}/alerts"),
        ("get", f"{tenant}/alerts/rules"),
        ("get", f"{tenant}/models"),
        ("get", f"{tenant}/models/comparisons/{{comparison}}/disagreements"),
        ("get", f"{tenant}/live"),
        ("post", f"{tenant}/reviews"),
        ("post", f"{tenant}/classify"),
        ("post", f"{tenant}/explain"),
        ("get", "/healthz"),
        ("get", "/readyz"),
        ("get", "/metrics"),
    }


def test_every_operation_is_called_something_that_a_client_may_call_it(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+){0,3}", name)] == []
    assert len(set(names)) == len(names)


def test_every_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    """Of a file, in one of its formats; of a problem, for each kind, with the status and path that it stands at."""
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if status == "304":
                continue
            found = 0
            for media_type, content in response["content"].items():
                examples = [one["value"] for one in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                found += len(examples)
                for example in examples:
                    check(document, content["schema"], example)
                    if media_type == "application/problem+json":
                        assert example["status"] == int(status)
                        assert re.fullmatch(re.sub(r"{[a-z_]+}", "[^/]+", path), example["instance"])
            assert found, f"{method} {path} {status}"


def test_every_operation_is_described_with_its_problems_and_its_key(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        assert operation["summary"]
        assert operation["description"]
        if not path.startswith("/v1/"):
            continue
        assert operation["security"] == [{"APIKeyHeader": []}, {"HTTPBearer": []}]
        assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
        assert all("Retry-After" in operation["responses"][status]["headers"] for status in ("429", "503"))
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]


def test_examples_of_bodies_are_valid(document: dict[str, Any]) -> None:
    seen = 0
    for _, _, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {})
        for body in content.values():
            check(document, body["schema"], body["example"])
            seen += 1
    assert seen == 3


async def test_answers_fit_their_schemas(
    http: httpx.AsyncClient, house: House, filler: Filler, document: dict[str, Any]
) -> None:
    event = ReviewEvent("e1", "shop", "LAMP-7", "It works.", now_ms(), rating=5)
    await filler.put([Scored(event, 900_000, now_ms())])
    checked = []
    for method, path, operation in operations(document):
        if method != "get" or path.endswith("/live") or path == "/metrics" or "/export/" in path:
            continue
        for product in ("LAMP-7", "UNKNOWN"):
            actual = path.replace("{tenant}", "shop").replace("{product_id}", product)
            answer = await http.get(actual, headers=house.headers())
            content = operation["responses"][str(answer.status_code)]["content"]
            check(document, content[answer.headers["content-type"]]["schema"], answer.json())
            checked.append(answer.status_code)
    assert checked.count(200) >= 11
    assert {404, 503} <= set(checked)


async def test_problems_of_a_bad_request_fit_their_schema(
    http: httpx.AsyncClient, house: House, document: dict[str, Any]
) -> None:
    problem = document["components"]["schemas"]["Problem"]
    headers = house.headers("shop", "write")
    for answer in (
        await http.post("/v1/tenants/shop/reviews", json=[{}], headers=headers),
        await http.post("/v1/tenants/shop/classify", json={"reviews": []}, headers=headers),
        await http.get("/v1/tenants/shop/timeline?step=2d", headers=headers),
    ):
        assert answer.status_code == 422
        check(document, problem, answer.json())


async def test_a_problem_names_the_ids_with_which_to_post_again(
    http: httpx.AsyncClient, house: House, document: dict[str, Any]
) -> None:
    problem = document["components"]["schemas"]["Problem"]
    body = {"product_id": "LAMP-7", "text": "It works."}
    answer = await http.post("/v1/tenants/shop/reviews", json=body, headers=house.headers("shop", "write"))
    assert answer.status_code == 503
    check(document, problem, answer.json())
    assert answer.json().keys() <= problem["properties"].keys()


def test_times_and_ratios_name_their_units(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            assert not re.search(r"(_at|_time|timestamp)$", field), f"{name}.{field}"
