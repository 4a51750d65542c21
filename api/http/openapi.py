"""The OpenAPI document: request bodies that routes read themselves, and problems in place of FastAPI's own errors."""

from functools import cache
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api import incoming, shapes
from api.drivers import occlusion_shapes as explain_shapes
from stream.schema import json_schema

_JSON: Final = "application/json"

_OPTIONAL: Final = ("event_id", "tenant", "occurred_at")
"""What a producer must say, but a client that posts to a tenant's path may leave out."""


def reviews_body() -> dict[str, Any]:
    """The body of POST reviews: the review event, with less required."""
    schema = json_schema()
    review = {name: value for name, value in schema.items() if name not in ("$schema", "$id", "examples", "title")}
    review["required"] = [name for name in schema["required"] if name not in _OPTIONAL]
    example = {"product_id": "LAMP-7", "text": "Stopped working after a week.", "rating": 2}
    many = {"type": "array", "items": review, "minItems": 1, "maxItems": incoming.MAX_REVIEWS}
    return _body({"anyOf": [review, many]}, example)


def classify_body() -> dict[str, Any]:
    """The body of POST classify."""
    schema = shapes.ClassifyRequest.model_json_schema()
    definitions = schema.pop("$defs")
    schema["properties"]["reviews"]["items"] = definitions["ToClassify"]
    return _body(schema, {"reviews": [{"title": "Broken", "text": "Stopped working after a week."}]})


def explain_body() -> dict[str, Any]:
    """The body of POST explain."""
    example = {"title": "Disappointed", "text": "The battery died after a week, but the case is nice."}
    return _body(explain_shapes.ExplainRequest.model_json_schema(), example)


def answer(example: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """An example of what a route answers, for its OpenAPI entry."""
    # FastAPI leaves out whatever is null anywhere in the document, also where it means something: text passes.
    return {status: {"content": {_JSON: {"example": msgspec.json.encode(example).decode()}}}}


def operation_id(route: APIRoute) -> str:
    """What clients made from the document call an operation: as the function here is called."""
    return route.name


def describe(app: FastAPI) -> None:
    """Make ``app`` say what it really answers."""
    generate = app.openapi

    @cache  # FastAPI keeps its document and gives the same one again: what is added here would be added each time
    def openapi() -> dict[str, Any]:
        document = generate()
        components = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            components.pop(name, None)
        for model in (shapes.ProblemBody, shapes.LiveSummary, shapes.LiveReviews):
            _add(components, model)
        for path, operations in document["paths"].items():
            for operation in operations.values():
                _decode_examples(operation)
                if path.startswith("/v1/"):
                    _describe_tags(operation)
                _name_instances(operation, path)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _decode_examples(operation: dict[str, Any]) -> None:
    for response in operation["responses"].values():
        content = response.get("content", {}).get(_JSON, {})
        if isinstance(content.get("example"), str):
            content["example"] = msgspec.json.decode(content["example"])


_TAG: Final = {"schema": {"type": "string"}, "example": 'W/"5f0c4de1a2b3948f7d6e0c1b2a394857"'}


def _describe_tags(operation: dict[str, Any]) -> None:
    """What :mod:`api.http.conditional` does to JSON answers."""
    found = operation["responses"].get("200", {})
    if _JSON not in found.get("content", {}) or "requestBody" in operation:
        return
    found.setdefault("headers", {})["ETag"] = {"description": "Changes with the answer.", **_TAG}
    operation["responses"]["304"] = {
        "description": "The client's copy still holds; its `at_ms` is less than a minute old.",
        "headers": {"ETag": {"description": "That of the copy.", **_TAG}},
    }
    asked = {"name": "If-None-Match", "in": "header", "required": False, **_TAG}
    asked["description"] = "The `ETag` of a copy, several with commas between them, or `*`."
    operation.setdefault("parameters", []).append(asked)


def _name_instances(operation: dict[str, Any], path: str) -> None:
    """Let examples of problems name a path of the operation that they stand at."""
    names = {one["name"]: one["schema"].get("examples") for one in operation.get("parameters", [])}
    for name, examples in names.items():
        path = path.replace(f"{{{name}}}", str((examples or [name])[0]))
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            for name, example in content.get("examples", {}).items():
                if "instance" in example["value"]:
                    value = {**example["value"], "instance": path}
                    content["examples"] = {**content["examples"], name: {**example, "value": value}}


def _add(components: dict[str, Any], model: type[BaseModel]) -> None:
    schema = model.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    for name, definition in schema.pop("$defs", {}).items():
        components.setdefault(name, definition)
    components[schema["title"]] = schema


def _body(schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {_JSON: {"schema": schema, "example": example}}}
