"""The published schemas are up to date, and say what the decoder does."""

import json
from typing import Any

import jsonschema
import pytest

from stream import schema
from stream.event import InvalidEvent, decode

VALIDATOR = jsonschema.Draft202012Validator(schema.json_schema())

GOOD: dict[str, Any] = {
    "event_id": "e-1",
    "tenant": "shop",
    "product_id": "kettle",
    "text": "Boils fast.",
    "occurred_at": "2024-05-06T07:08:09Z",
}


def both(event: object) -> tuple[bool, bool]:
    """Whether the schema and whether the decoder accept ``event``."""
    try:
        decode(json.dumps(event).encode())
    except InvalidEvent:
        decoded = False
    else:
        decoded = True
    return VALIDATOR.is_valid(event), decoded


@pytest.mark.parametrize("name", schema.documents())
def test_committed_documents_are_up_to_date(name: str) -> None:
    committed = (schema.FOLDER / name).read_text(encoding="utf-8")
    assert committed == schema.documents()[name], "run: python -m stream.schema"


def test_no_stale_document_lies_beside_them() -> None:
    assert {path.name for path in schema.FOLDER.iterdir()} == set(schema.documents())


def test_the_schema_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.json_schema())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"occurred_at": 1_700_000_000_000},
        {"occurred_at": 1_700_000_000_000.0},
        {"occurred_at": "2024-05-06T07:08:09.123456789+05:30"},
        {"occurred_at": "2024-05-06 07:08:09z"},
        {"rating": 1},
        {"rating": 5.0},
        {"rating": None, "title": None, "categories": None},
        {"title": "", "product_name": "Kettle", "brand": "B", "language": "pt-BR", "source": "web"},
        {"categories": []},
        {"categories": ["Kitchen"] * 50},
        {"product_id": "crème-brûlée"},
        {"product_id": "..."},
        {"product_id": ".x"},
        {"product_id": "..%"},
        {"product_id": "\U0001f600" * 128},
        {"text": "\U0001f600" * 20_000},
        {"tenant": "0_a-b"},
        {"unknown": {"kept": "out"}},
    ],
    ids=str,
)
def test_schema_and_decoder_accept(changes: dict[str, Any]) -> None:
    assert both({**GOOD, **changes}) == (True, True)


@pytest.mark.parametrize("field", GOOD)
def test_schema_and_decoder_miss_the_same_fields(field: str) -> None:
    assert both({name: value for name, value in GOOD.items() if name != field}) == (False, False)


@pytest.mark.parametrize(
    "changes",
    [
        {"occurred_at": "2024-05-06T07:08:09"},
        {"occurred_at": "2024-05-06"},
        {"occurred_at": "2024-05-06T07:08Z"},
        {"occurred_at": "2024-05-06T07:08:60Z"},
        {"occurred_at": "2024-05-06T07:08:09+02"},
        {"occurred_at": "1700000000000"},
        {"occurred_at": 1_700_000_000},
        {"occurred_at": 1_700_000_000_000.5},
        {"occurred_at": 10**20},
        {"occurred_at": True},
        {"occurred_at": None},
        {"rating": 0},
        {"rating": 6},
        {"rating": 2.5},
        {"rating": "5"},
        {"rating": True},
        {"text": "  \n"},
        {"text": "x" * 20_001},
        {"text": 1},
        {"product_id": "a b"},
        {"product_id": "a/b"},
        {"product_id": "."},
        {"product_id": ".."},
        {"product_id": "a\n"},
        {"product_id": "x" * 129},
        {"tenant": "Shop"},
        {"tenant": "shop\n"},
        {"event_id": ""},
        {"event_id": "x" * 129},
        {"title": "x" * 1_001},
        {"brand": ""},
        {"categories": ["a", 1]},
        {"categories": [""]},
        {"categories": ["a"] * 51},
        {"categories": "a"},
        {"language": "en_GB"},
        {"source": "x" * 301},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_schema_and_decoder_refuse(changes: dict[str, Any]) -> None:
    assert both({**GOOD, **changes}) == (False, False)


@pytest.mark.parametrize("other", [[], None, "text", 1])
def test_schema_and_decoder_refuse_what_is_no_object(other: object) -> None:
    assert both(other) == (False, False)


@pytest.mark.parametrize("at", ["1960-01-01T00:00:00Z", "2024-02-30T00:00:00Z"])
def test_what_json_schema_cannot_say_the_decoder_refuses_alone(at: str) -> None:
    """No keyword compares dates, and ``format`` is an annotation unless a validator is told otherwise."""
    assert both({**GOOD, "occurred_at": at}) == (True, False)


def test_what_is_outside_rfc_3339_the_decoder_takes_alone() -> None:
    assert both({**GOOD, "occurred_at": "2024-05-06T07:08:09+0200"}) == (False, True)


def test_the_asyncapi_document_names_topics_key_and_headers() -> None:
    document = schema.asyncapi()
    assert {channel["address"] for channel in document["channels"].values()} == {
        "aura.reviews",
        "aura.reviews.dead-letters",
    }
    review, dead = document["components"]["messages"]["ReviewEvent"], document["components"]["messages"]["DeadLetter"]
    assert review["headers"]["properties"]["aura-event-version"]["const"] == "1"
    assert review["bindings"]["kafka"]["key"]["description"].startswith("{tenant}/{product_id}")
    assert set(dead["headers"]["properties"]) == {
        "aura-source-topic",
        "aura-source-partition",
        "aura-source-offset",
        "aura-field",
        "aura-reason",
        "aura-cut-from-bytes",
        "aura-cut-from-headers",
        "aura-source-timestamp",
    }
    assert "aura-reason" in dead["headers"]["required"]
    assert "aura-source-timestamp" not in dead["headers"]["required"], "letters of before are without"


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = schema.asyncapi()

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            return [node["$ref"]] if "$ref" in node else [r for value in node.values() for r in references(value)]
        return [r for value in node for r in references(value)] if isinstance(node, list) else []

    found = references(document)
    assert found
    for reference in found:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target


def test_the_examples_are_events() -> None:
    examples = [*schema.json_schema()["examples"]]
    examples += [e["payload"] for e in schema.asyncapi()["components"]["messages"]["ReviewEvent"]["examples"]]
    for example in examples:
        assert both(example) == (True, True)
