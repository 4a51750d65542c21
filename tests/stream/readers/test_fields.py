"""Loose values to an event."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stream.event import InvalidEvent, ReviewEvent
from stream.readers.fields import Fields

ROW: dict[str, Any] = {"product_id": "kettle", "text": "Boils fast.", "occurred_at": "2024-05-06T07:08:09Z"}
MAY_6 = 1_714_979_289_000


def event(changes: dict[str, Any], fields: Fields | None = None, row: int = 1, content: bytes = b"") -> ReviewEvent:
    return (fields or Fields("shop")).event({**ROW, **changes}, row, content)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-05-06T07:08:09Z", MAY_6),
        ("2024-05-06T09:08:09+02:00", MAY_6),
        ("2024-05-06 07:08:09", MAY_6),
        ("2024-05-06T07:08:09.123Z", MAY_6 + 123),
        ("2024-05-06T07:08", MAY_6 - 9_000),
        ("2024-05-06", 1_714_953_600_000),
        ("1714979289", MAY_6),
        ("1714979289.0", MAY_6),
        ("1714979289123", MAY_6 + 123),
        (1_714_979_289, MAY_6),
        (1_714_979_289.5, MAY_6 + 500),
        (1_714_979_289_123, MAY_6 + 123),
        ("  2024-05-06T07:08:09Z  ", MAY_6),
    ],
)
def test_times_as_files_write_them(written: object, expected: int) -> None:
    assert event({"occurred_at": written}).occurred_ms == expected


def test_a_time_without_zone_is_in_the_given_one_and_utc_by_default() -> None:
    written = {"occurred_at": "2024-05-06 07:08:09"}
    assert event(written, Fields("shop", timezone=ZoneInfo("Europe/Berlin"))).occurred_ms == MAY_6 - 2 * 3_600_000
    assert event(written, Fields("shop", timezone=UTC)).occurred_ms == MAY_6


def test_a_time_of_a_given_form() -> None:
    fields = Fields("shop", time_format="%d.%m.%Y %H:%M:%S")
    assert event({"occurred_at": "06.05.2024 07:08:09"}, fields).occurred_ms == MAY_6
    with pytest.raises(InvalidEvent, match="of the form %d"):
        event({"occurred_at": "2024-05-06"}, fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("occurred_at", " hooks slide into any position."),
        ("occurred_at", ""),
        ("occurred_at", "1960-01-01"),
        ("occurred_at", "0001-01-01"),
        ("occurred_at", True),
        ("occurred_at", 1e30),
        ("rating", "five"),
        ("rating", "4.5"),
        ("rating", "0"),
        ("rating", "nan"),
        ("rating", "inf"),
        ("rating", 7),
        ("text", ""),
        ("text", "nul \x00 byte"),
        ("text", "caf\udce9"),
        ("text", "x" * 20_001),
        ("product_id", " "),
        ("product_id", "x" * 129),
        ("product_id", "."),
        ("product_id", " .. "),
        ("product_id", ["list"]),
        ("categories", 5),
        ("language", "not a language"),
    ],
)
def test_what_cannot_be_put_right_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InvalidEvent) as caught:
        event({field: value})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("written", "expected"), [("5", 5), ("5.0", 5), (" 3 ", 3), (4.0, 4), ("", None), (None, None)]
)
def test_ratings_as_files_write_them(written: object, expected: int | None) -> None:
    assert event({"rating": written}).rating == expected


def test_categories_are_split_each_once_and_capped() -> None:
    assert event({"categories": "Kitchen, Kettles,,Kitchen ," + "x" * 400}).categories == (
        "Kitchen",
        "Kettles",
        "x" * 300,
    )
    assert len(event({"categories": ",".join(map(str, range(80)))}).categories or ()) == 50
    assert event({"categories": " , "}).categories == ()
    assert event({"categories": ["a", "b"]}).categories == ("a", "b")


def test_labels_that_are_too_long_are_cut() -> None:
    made = event({"title": "t" * 2_000, "product_name": "n" * 400, "brand": "b" * 400})
    assert (len(made.title or ""), len(made.product_name or ""), len(made.brand or "")) == (1_000, 300, 300)


def test_a_name_used_as_id_keeps_its_meaning() -> None:
    made = event({"product_id": " Electric kettle 1/2 l "})
    assert (made.product_id, made.product_name) == ("Electric-kettle-1-2-l", "Electric kettle 1/2 l")
    assert event({"product_id": "a b", "product_name": "Given"}).product_name == "Given"
    assert event({"product_id": "a-b"}).product_name is None
    assert event({"product_id": 17}).product_id == "17"


def test_constants_stand_in_where_the_file_gives_nothing() -> None:
    fields = Fields("shop", constants={"language": "en", "brand": "Nordhavn"})
    assert event({}, fields).brand == "Nordhavn"
    assert event({"brand": "  "}, fields).brand == "Nordhavn"
    assert event({"brand": "Own"}, fields).brand == "Own"
    assert event({}, fields).language == "en"


def test_the_tenant_is_the_publishers_to_say() -> None:
    assert event({"tenant": "bank"}).tenant == "shop"


def test_ids_are_the_same_each_time_and_different_for_equal_rows() -> None:
    first, second = event({}, row=1, content=b"same"), event({}, row=2, content=b"same")
    assert first.event_id == event({}, row=1, content=b"same").event_id
    assert first.event_id != second.event_id
    assert first.event_id != event({}, row=1, content=b"other").event_id
    assert event({"event_id": "own"}).event_id == "own"
