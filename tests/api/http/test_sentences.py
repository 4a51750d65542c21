"""Whatever is wrong with a request is said in one tone, on every route."""

import re
from typing import Annotated, Any, Literal

import httpx
import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from api.http.sentences import sentence
from tests.api.filling import House


class _Body(BaseModel):
    text: str


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (int, "x", "expected a whole number"),
        (Annotated[int, Field(ge=1)], 0, "expected 1 or more"),
        (Annotated[float, Field(le=0.5)], 0.7, "expected 0.5 or less"),
        (float, "x", "expected a number"),
        (bool, "x", "expected true or false"),
        (Literal["up", "down", "any"], "secret", "expected up, down or any"),
        (Annotated[str, Field(max_length=3)], "secret", "expected at most 3 characters"),
        (Annotated[str, Field(min_length=1)], "", "expected at least 1 characters"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "expected at most 1 of them, got 2"),
        (_Body, {}, "required, but missing"),
        (_Body, "secret", "expected a valid dictionary or instance of _Body"),
        (Annotated[str, Field(pattern="^a$")], "secret", "String should match pattern '^a$'"),
    ],
)
def test_an_error_of_pydantic_is_said_in_our_words_and_without_what_was_given(kind: Any, given: Any, said: str) -> None:
    with pytest.raises(ValidationError) as failed:
        TypeAdapter(kind).validate_python(given)
    (error,) = failed.value.errors()
    assert sentence(error) == said


async def test_every_choice_and_number_in_a_query_is_answered_with_what_is_expected(
    http: httpx.AsyncClient, house: House
) -> None:
    document = (await http.get("/openapi.json")).json()
    said = {}
    for path, operations in document["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", []):
            schema = parameter["schema"]
            schemas = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
            told = [one.get("enum") or one.get("const") or one.get("type") for one in schemas]
            if parameter["in"] != "query" or told[0] in ("string", "array") or "$ref" in schemas[0]:
                continue
            where = re.sub(r"{\w+}", "x", path.replace("{tenant}", "shop"))
            needed = {
                one["name"]: ["a", "b"] if one["name"] == "item" else "a"
                for one in operations["get"]["parameters"]
                if one["in"] == "query" and one["required"] and one["name"] != parameter["name"]
            }
            answer = await http.get(where, params=needed | {parameter["name"]: "~"}, headers=house.headers())
            assert answer.status_code == 422, f"{path}: {parameter['name']}"
            wrong = {error["field"]: error["reason"] for error in answer.json()["errors"]}
            said[f"{path} {parameter['name']}"] = wrong[parameter["name"]]
    assert len(said) > 25, said
    assert [one for one in said.items() if not one[1].startswith("expected ")] == []
