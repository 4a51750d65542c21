"""The wire contract: what is an event, and how a refusal names the field."""

import json
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream import event as contract
from stream.event import InvalidEvent, ReviewEvent, check_not_future, decode, encode, from_fields
from tests.stream.strategies import events

GOOD: dict[str, Any] = {
    "event_id": "e-1",
    "tenant": "shop",
    "product_id": "kettle",
    "text": "Boils fast.",
    "occurred_at": 1_700_000_000_000,
}


def refusal(changes: dict[str, Any], *, missing: str | None = None) -> list[tuple[str, str]]:
    """Field and reason with which both ways in refuse GOOD after ``changes``."""
    fields = {**GOOD, **changes}
    if missing:
        del fields[missing]
    found = []
    with pytest.raises(InvalidEvent) as caught:
        decode(json.dumps(fields).encode())
    found.append((caught.value.field, caught.value.reason))
    with pytest.raises(InvalidEvent) as caught:
        from_fields(fields)
    found.append((caught.value.field, caught.value.reason))
    return found


@pytest.mark.parametrize("field", ["event_id", "tenant", "product_id", "text", "occurred_at"])
def test_a_missing_required_field_is_named(field: str) -> None:
    assert refusal({}, missing=field) == [(field, "required, but missing")] * 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", ""),
        ("event_id", "x" * 129),
        ("event_id", 7),
        ("tenant", "Shop"),
        ("tenant", "-shop"),
        ("tenant", "s" * 64),
        ("tenant", "shop\n"),
        ("product_id", "two words"),
        ("product_id", "a/b"),
        ("product_id", "."),
        ("product_id", ".."),
        ("product_id", "kettle\n"),
        ("product_id", "x" * 129),
        ("product_id", ""),
        ("text", ""),
        ("text", " \n\t"),
        ("text", "x" * 20_001),
        ("text", None),
        ("occurred_at", None),
        ("occurred_at", True),
        ("occurred_at", 1_700_000_000),
        ("occurred_at", 10**30),
        ("occurred_at", 1_700_000_000_000.5),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2024-02-30T00:00:00Z"),
        ("occurred_at", "2024-02-03T00:00:00"),
        ("occurred_at", "1960-01-01T00:00:00Z"),
        ("occurred_at", "9999-12-31T23:59:59-23:59"),
        ("title", "x" * 1_001),
        ("rating", 0),
        ("rating", 6),
        ("rating", 4.5),
        ("rating", "5"),
        ("product_name", ""),
        ("brand", "x" * 301),
        ("categories", "Kitchen"),
        ("categories", ["x"] * 51),
        ("language", "english language"),
        ("language", "en-"),
        ("language", "en" + "-x" * 50),
        ("source", 1),
    ],
)
def test_a_wrong_value_is_refused_by_name_on_both_ways_in(field: str, value: object) -> None:
    for named, reason in refusal({field: value}):
        assert named == field
        assert reason
        assert "regex" not in reason
        assert "`" not in reason


def test_a_wrong_category_is_named_with_its_position() -> None:
    assert refusal({"categories": ["Kitchen", ""]}) == [("categories[1]", "Expected str of length >= 1")] * 2


def test_reasons_never_hold_review_text() -> None:
    secret = "my address is Elm Street"
    for _, reason in refusal({"text": secret + " " * 20_000}) + refusal({"language": secret}):
        assert "Elm" not in reason


@pytest.mark.parametrize(
    "payload",
    [
        None,
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"text": "\xff"}',
        b'{"text": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b" " * (contract.MAX_EVENT_BYTES + 1),
    ],
    ids=lambda payload: repr(payload[:20] if payload else payload),
)
def test_a_payload_that_is_no_object_is_refused_as_a_whole(payload: bytes | None) -> None:
    with pytest.raises(InvalidEvent) as caught:
        decode(payload)
    assert caught.value.field == ""
    assert str(caught.value) == caught.value.reason != ""


def test_an_error_says_the_field_first() -> None:
    assert str(InvalidEvent("rating", "expected 1 to 5")) == "rating: expected 1 to 5"


def test_unknown_fields_are_kept_out_not_refused() -> None:
    event = decode(json.dumps({**GOOD, "helpful_votes": 3, "nested": {"a": [1]}}).encode())
    assert json.loads(encode(event)) == GOOD


def test_whole_floats_are_integers_as_json_schema_says() -> None:
    fields = {**GOOD, "rating": 4.0, "occurred_at": 1_700_000_000_000.0}
    for event in (decode(json.dumps(fields).encode()), from_fields(fields)):
        assert (event.rating, event.occurred_at) == (4, 1_700_000_000_000)
        assert type(event.rating) is int


def test_of_two_faults_the_one_that_whole_floats_do_not_cure_is_named() -> None:
    assert refusal({"rating": 4.0}, missing="text") == [("text", "required, but missing")] * 2


@pytest.mark.parametrize("field", ["occurred_at", "rating"])
@pytest.mark.parametrize("literal", ["1e400", "-1e400", "9" * 5_000, str(1 << 64)], ids=lambda x: x[:9])
def test_a_number_out_of_all_range_is_refused_by_name(field: str, literal: str) -> None:
    payload = json.dumps({**GOOD, field: "HERE"}).replace('"HERE"', literal).encode()
    with pytest.raises(InvalidEvent) as caught:
        decode(payload)
    assert caught.value.field == field


@pytest.mark.parametrize("more", ["1e400", "9" * 5_000, r'"\u00e9\ud83d\ude00"', "[[{}]]", '"\x7f"', '{"rating": "x"}'])
@pytest.mark.parametrize("rating", ["5", "5.0"])
def test_what_an_unknown_field_holds_plays_no_part(more: str, rating: str) -> None:
    payload = f'{{"more": {more}, "rating": {rating}, {json.dumps(GOOD)[1:-1]}, "m\\u00f6re": {more}}}'.encode()
    assert decode(payload) == from_fields({**GOOD, "rating": 5})


@pytest.mark.parametrize("first", ['"five"', "1e400", "4.5", "3", "null"])
def test_of_a_name_given_twice_the_last_counts(first: str) -> None:
    good = json.dumps(GOOD)[1:-1]
    assert decode(f'{{"rating": {first}, {good}, "rating": 5.0}}'.encode()).rating == 5
    assert decode(f'{{"tenant": "bank", "r\\u0061ting": {first}, {good}, "rating": 2}}'.encode()).tenant == "shop"
    with pytest.raises(InvalidEvent) as caught:
        decode(f'{{"rating": 5, {good}, "rating": "{first[1:-1]}"}}'.encode())
    assert caught.value.field == "rating"


def test_how_deep_an_event_may_be_nested_does_not_depend_on_who_reads_it() -> None:
    def nested(depth: int) -> bytes:
        return f'{json.dumps(GOOD)[:-1]}, "more": {"[" * depth}"]]"{"]" * depth}}}'.encode()

    def read_within(frames: int, payload: bytes) -> ReviewEvent:
        return read_within(frames - 1, payload) if frames else decode(payload)

    for frames in (0, 500, sys.getrecursionlimit() - 300):
        assert read_within(frames, nested(99)) == from_fields(GOOD)
        with pytest.raises(InvalidEvent, match="nested deeper than 100"):
            read_within(frames, nested(100))


@pytest.mark.parametrize("field", ["event_id", "text", "title", "product_name", "categories", "occurred_at", "rating"])
@pytest.mark.parametrize("value", ["caf\udce9", ["fine", "caf\udce9"]])
def test_text_that_utf8_cannot_hold_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InvalidEvent) as caught:
        from_fields({**GOOD, field: value})
    assert caught.value.field == field


@pytest.mark.parametrize("value", ["caf\udce9", 1])
def test_a_name_that_utf8_cannot_hold_is_no_field_s_fault(value: object) -> None:
    with pytest.raises(InvalidEvent, match="not valid Unicode") as caught:
        from_fields({**GOOD, "caf\udce9": value})
    assert caught.value.field == ""


@pytest.mark.parametrize(
    "at",
    [
        "2024-05-06T07:08:09.123Z",
        "2024-05-06T09:08:09.123+02:00",
        1_714_979_289_123,
        datetime(2024, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC),
        datetime(2024, 5, 6, 2, 8, 9, 123_000, tzinfo=timezone(timedelta(hours=-5))),
    ],
    ids=str,
)
def test_every_form_of_time_gives_the_same_milliseconds(at: object) -> None:
    event = from_fields({**GOOD, "occurred_at": at})
    assert event.occurred_ms == 1_714_979_289_123
    assert decode(encode(event)).occurred_ms == 1_714_979_289_123


def test_a_datetime_without_zone_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="timezone") as caught:
        from_fields({**GOOD, "occurred_at": datetime(2024, 5, 6)})
    assert caught.value.field == "occurred_at"


def test_the_key_is_tenant_and_product() -> None:
    assert from_fields({**GOOD, "product_id": "crème"}).key == "shop/crème".encode()


def test_an_event_may_be_ten_minutes_ahead_of_the_log_and_no_more() -> None:
    event = from_fields(GOOD)
    check_not_future(event, event.occurred_ms - 600_000)
    with pytest.raises(InvalidEvent) as caught:
        check_not_future(event, event.occurred_ms - 601_000)
    assert (caught.value.field, caught.value.reason) == ("occurred_at", "601 s ahead of the log; at most 600 s")


def test_a_record_stamped_in_microseconds_makes_no_future_a_past() -> None:
    event = from_fields({**GOOD, "occurred_at": "9999-12-31T00:00:00Z"})
    with pytest.raises(InvalidEvent, match="expected milliseconds"):
        check_not_future(event, 1_700_000_000_000_000)


def test_the_largest_event_is_small_enough_to_be_decoded() -> None:
    worst = "\x01"  # escaped to six bytes
    event = from_fields(
        {
            "event_id": worst * 128,
            "tenant": "s" * 63,
            "product_id": "\U0001f600" * 128,
            "text": "x" + worst * 19_999,
            "occurred_at": 1_700_000_000_000,
            "title": worst * 1_000,
            "rating": 5,
            "product_name": worst * 300,
            "brand": worst * 300,
            "categories": [worst * 300] * 50,
            "language": "abcdefgh" + "-abc" * 23,
            "source": worst * 300,
        }
    )
    assert len(encode(event)) < contract.MAX_EVENT_BYTES
    assert decode(encode(event)) == event


@given(events)
def test_encoding_and_decoding_give_the_same_event(fields: dict[str, Any]) -> None:
    event = from_fields(fields)
    assert decode(encode(event)) == event
    assert decode(encode(event)).occurred_ms == event.occurred_ms


@given(st.binary(max_size=200) | events.map(msgspec.json.encode).map(lambda payload: payload[:-3] + b"}"))
def test_whatever_the_bytes_decoding_gives_an_event_or_a_reason(payload: bytes) -> None:
    outcome: ReviewEvent | InvalidEvent
    try:
        outcome = decode(payload)
    except InvalidEvent as refused:
        outcome = refused
    assert isinstance(outcome, ReviewEvent) or outcome.reason


@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "rating", "categories", "language"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(timezones=st.none()),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
    )
)
def test_whatever_the_fields_an_event_or_a_named_reason(changes: dict[str, Any]) -> None:
    outcome: ReviewEvent | InvalidEvent
    try:
        outcome = from_fields({**GOOD, **changes})
    except InvalidEvent as refused:
        outcome = refused
    if isinstance(outcome, ReviewEvent):
        assert decode(encode(outcome)) == outcome
    else:
        assert outcome.field.partition("[")[0] in changes
