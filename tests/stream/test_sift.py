"""Choosing letters, and whose they seem to be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.event import MAX_EVENT_BYTES
from stream.record import TopicPartition
from stream.sift import MAX_TENANT_CHARS, Sift, tenant_of
from tests.stream.letters import letter
from tests.stream.samples import NOON_MS

LETTER = letter(field="categories[3]", reason="Expected `str`, got 7", replayed_at=NOON_MS + 5)


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ({}, True),
        ({"reason": "expected"}, True),
        ({"reason": "GOT 7"}, True),
        ({"reason": "missing"}, False),
        ({"field": "categories"}, True),
        ({"field": "categories[3]"}, True),
        ({"field": "categories[2]"}, False),
        ({"field": ""}, False),
        ({"tenant": "bank"}, True),
        ({"tenant": "shop"}, False),
        ({"from_ms": NOON_MS}, True),
        ({"from_ms": NOON_MS + 1}, False),
        ({"to_ms": NOON_MS + 1}, True),
        ({"to_ms": NOON_MS}, False),
        ({"partition": 0, "offset": 17}, True),
        ({"partition": 1}, False),
        ({"offset": 18}, False),
        ({"replayed": True}, True),
        ({"replayed": False}, False),
    ],
)
def test_a_letter_is_taken_when_all_that_is_asked_holds(wanted: dict[str, Any], taken: bool) -> None:
    assert Sift(**wanted).takes(LETTER) is taken


def test_the_empty_field_is_the_whole_payload_and_offset_zero_is_an_offset() -> None:
    whole = letter(0, field="")
    assert Sift(field="", offset=0).takes(whole)
    assert not Sift(field="text").takes(whole)


@pytest.mark.parametrize(
    ("value", "tenant"),
    [
        (b'{"text": "\\"tenant\\": \\"bank\\"", "tenant": "shop"}', "shop"),
        (b'{"product_id": "p", "tenant" : "shop", "text": "cut he', "shop"),
        (b'{"tenant":"shop","text":"\xff"}', "shop"),
        (b'{"tenant": "not a valid id!"}', "not a valid id!"),
        (b'{"tenant": "shop", "text": "' + bytes(1_000_000) + b'"}', "shop"),
        (b'{"text": "' + b"a" * MAX_EVENT_BYTES + b'", "tenant": "shop"}', "keyed"),
        (b'{"tenant": "' + b"a" * 64 + b'"}', "a" * 64),
        (b'{"tenant": "' + b"a" * 65 + b'"}', "a" * 63 + "…"),
        (b'{"tenant": 7}', "keyed"),
        (b'["tenant"]', "keyed"),
        (b"[" * 100_000, "keyed"),
        (b"", "keyed"),
        (None, "keyed"),
    ],
)
def test_the_tenant_is_read_as_far_as_it_can_be(value: bytes | None, tenant: str) -> None:
    assert tenant_of(letter(value=value, key=b"keyed/product")) == tenant


@pytest.mark.parametrize("key", [None, b"", b"no-slash", b"/product"])
def test_a_letter_of_which_nothing_says_whose_it_is_is_nobodys(key: bytes | None) -> None:
    assert tenant_of(letter(value=b"{", key=key)) is None


@given(st.binary(max_size=300), st.binary(max_size=30) | st.none())
def test_no_bytes_break_the_reading_of_a_tenant(value: bytes, key: bytes | None) -> None:
    for content in (value, b'{"tenant": "' + value, b'"tenant":"' + value * 20):
        tenant = tenant_of(letter(value=content, key=key))
        assert tenant is None or 0 < len(tenant) <= MAX_TENANT_CHARS


def test_letters_of_another_partition_are_another_letter() -> None:
    assert not Sift(partition=0, offset=17).takes(letter(source=TopicPartition("aura.reviews", 1)))
