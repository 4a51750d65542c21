"""The OpenAPI document: request bodies that routes read themselves, and problems in place of FastAPI's own errors."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel

from api import incoming, shapes
from stream.schema import json_schema

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


def describe(app: FastAPI) -> None:
    """Make ``app`` say what it really answers."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        components = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            components.pop(name, None)
        for model in (shapes.ProblemBody, shapes.LiveSummary, shapes.LiveReviews):
            _add(components, model)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _add(components: dict[str, Any], model: type[BaseModel]) -> None:
    schema = model.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    for name, definition in schema.pop("$defs", {}).items():
        components.setdefault(name, definition)
    components[schema["title"]] = schema


def _body(schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}
