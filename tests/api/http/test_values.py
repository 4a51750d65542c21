"""Bodies of very many values are refused before anything is made of them; texts may hold what they like."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http import values
from api.http.values import MAX_MARKS, few, plainly_few
from api.incoming import MAX_REVIEWS
from stream.event import MAX_CATEGORIES
from tests.api.filling import House

HALF = MAX_MARKS // 2 + 1
TOO_MANY = {
    "lists": b"[" + b"[]," * HALF + b"[]]",
    "objects": b"[" + b"{}," * HALF + b"{}]",
    "numbers": b"[" + b"1," * MAX_MARKS + b"1]",
    "texts": b"[" + b'"",' * MAX_MARKS + b'""]',
    "texts of backslashes": b"[" + rb'"\\",' * MAX_MARKS + b'""]',
    "texts of quotes": b"[" + rb'"\"\\\"",' * MAX_MARKS + b'""]',
    "names": b"{" + b'"a":"b",' * MAX_MARKS + b'"a":1}',
    "an unknown field": b'{"more":[' + b"[]," * HALF + b"[]]}",
}


@pytest.mark.parametrize("kind", TOO_MANY)
@pytest.mark.parametrize("path", ["reviews", "classify", "explain"])
async def test_bodies_of_very_many_values_are_refused_with_a_sentence(
    http: httpx.AsyncClient, house: House, path: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(_: object) -> None:
        raise AssertionError("decoded all the same")

    monkeypatch.setattr(msgspec.json, "decode", decode)
    headers = house.headers("shop", "write")
    answer = await http.post(f"/v1/tenants/shop/{path}", content=TOO_MANY[kind], headers=headers)
    assert answer.status_code == 422
    assert b"body: expected at most 75,000 commas and opening brackets outside texts" in answer.content


def test_the_largest_body_of_reviews_has_few() -> None:
    review = {
        **dict.fromkeys(("event_id", "tenant", "product_id", "occurred_at", "rating", "language", "source"), "x"),
        **dict.fromkeys(("text", "title", "product_name", "brand"), '",[{\\' * 10),
        "categories": ['"]'] * MAX_CATEGORIES,
    }
    body = json.dumps([review] * MAX_REVIEWS).encode()
    assert not plainly_few(body)
    assert few(body)


json_values = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('",[{\\ ]}:a\n')),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.sampled_from('",[{\\ ]}:a')), inner),
)


def _marks(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(0, len(inner) - 1) + sum(_marks(one) for one in inner)


@settings(max_examples=50, deadline=None)
@given(json_values)
def test_marks_within_texts_do_not_count(value: Any) -> None:
    body = json.dumps(value).encode()
    marks = _marks(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "MAX_MARKS", marks)
        assert few(body)
        patch.setattr(values, "MAX_MARKS", marks - 1)
        assert not few(body)
        assert not plainly_few(body)
