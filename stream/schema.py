"""The published contract: a JSON Schema of the review event and an AsyncAPI document of the topics.

Both are generated from :class:`stream.event.ReviewEvent` and committed under ``stream/schemas``;
``python -m stream.schema`` writes them again after a change.

JSON Schema: https://json-schema.org/draft/2020-12. AsyncAPI: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from stream.deadletter import (
    CUT_HEADER,
    CUT_HEADERS_HEADER,
    FIELD_HEADER,
    OFFSET_HEADER,
    PARTITION_HEADER,
    REASON_HEADER,
    TIMESTAMP_HEADER,
    TOPIC_HEADER,
)
from stream.event import EVENT_VERSION, VERSION_HEADER, ReviewEvent
from stream.topics import REVIEWS, dead_letters

FOLDER: Final = Path(__file__).with_name("schemas")

_EXAMPLE: Final[dict[str, object]] = {
    "event_id": "shop-web-000184467",
    "tenant": "shop",
    "product_id": "kettle-17",
    "text": "Boils in two minutes and the handle stays cool. Would buy it again.",
    "occurred_at": "2025-03-14T09:26:53.589Z",
    "title": "Quick and quiet",
    "rating": 5,
    "product_name": "Kettle 1.7 l",
    "brand": "Nordhavn",
    "categories": ["Kitchen", "Kettles"],
    "language": "en",
    "source": "web",
}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one record's value."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:aura:review-event:{EVENT_VERSION}",
        **_payload(),
        "examples": [_EXAMPLE],
    }


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0 document of the topic of review events and its dead-letter topic."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Aura review events",
            "version": f"{EVENT_VERSION}.0.0",
            "description": "Customer reviews in; the records that no event could be made of out.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "reviews": _channel(
                REVIEWS,
                "ReviewEvent",
                "Review events. All reviews of a product share a key, and so a partition and an order.",
                {"topicConfiguration": {"cleanup.policy": ["delete"]}},
            ),
            "deadLetters": _channel(
                dead_letters(),
                "DeadLetter",
                "Records of the reviews topic that are not valid events, as they came, with where and why.",
                {},
            ),
        },
        "operations": {
            "publishReview": _operation("receive", "reviews", "ReviewEvent", "Aura takes review events from here."),
            "reportDeadLetter": _operation("send", "deadLetters", "DeadLetter", "Aura puts refused records here."),
        },
        "components": {
            "messages": {"ReviewEvent": _review_message(), "DeadLetter": _dead_letter_message()},
            "schemas": {"ReviewEvent": _payload()},
        },
    }


def documents() -> dict[str, str]:
    """File name under ``stream/schemas`` to its content."""
    return {
        f"review-event.v{EVENT_VERSION}.json": _text(json_schema()),
        "asyncapi.json": _text(asyncapi()),
    }


def main() -> None:
    """Write the documents."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _payload() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([ReviewEvent])
    return {**components["ReviewEvent"], "additionalProperties": True}


def _channel(topic: str, message: str, description: str, binding: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": topic,
        "description": description,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {"kafka": {"topic": topic, **binding, "bindingVersion": "0.5.0"}},
    }


def _operation(action: str, channel: str, message: str, summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
    }


def _review_message() -> dict[str, Any]:
    return {
        "title": "Review event",
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {
                VERSION_HEADER: {"type": "string", "const": str(EVENT_VERSION), "description": "Version of the event."}
            },
        },
        "payload": {"$ref": "#/components/schemas/ReviewEvent"},
        "bindings": _key("{tenant}/{product_id}, in UTF-8."),
        "examples": [{"name": "kettle", "headers": {VERSION_HEADER: str(EVENT_VERSION)}, "payload": _EXAMPLE}],
    }


def _dead_letter_message() -> dict[str, Any]:
    always = {
        TOPIC_HEADER: "Topic that the record was read from.",
        PARTITION_HEADER: "Its partition, in decimal digits.",
        OFFSET_HEADER: "Its offset, in decimal digits.",
        FIELD_HEADER: "The field at fault, empty when it is the whole record.",
        REASON_HEADER: "What was expected and what came. Never holds review text.",
    }
    some = {
        CUT_HEADER: "Where key or value were too large and only their beginning is there: bytes that the value had.",
        CUT_HEADERS_HEADER: "Where only the first of the record's headers are there: how many it had.",
        TIMESTAMP_HEADER: "Its timestamp in the log, ms since 1970-01-01 UTC. The record's own headers follow.",
    }
    return {
        "title": "Dead letter",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "required": list(always),
            "properties": {name: {"type": "string", "description": text} for name, text in (always | some).items()},
        },
        "payload": {"description": "The refused record's value, byte for byte."},
        "bindings": _key("The refused record's key, byte for byte."),
    }


def _key(description: str) -> dict[str, Any]:
    return {"kafka": {"key": {"type": "string", "description": description}, "bindingVersion": "0.5.0"}}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
