"""Whole files, format by format."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stream.readers.fields import Fields
from stream.readers.rows import DATAFINITI, Accepted, Format, Layout, LayoutError, Rejected, read
from stream.readers.source import Source

Rows = list[Accepted | Rejected]


def rows_of(path: Path, kind: Format, columns: dict[str, str] | None = None, **more: Any) -> Rows:
    fields = Fields("shop", constants=more.pop("constants", {}))
    with Source(path) as source:
        return list(read(source, Layout(kind, fields, columns or {}, **more)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reviews"


def test_columns_of_the_fields_own_names_need_no_mapping(file: Path) -> None:
    file.write_text("product_id,text,occurred_at,rating,helpful\nkettle,Boils fast.,2024-05-06,5,3\n")
    (row,) = rows_of(file, "csv")
    assert isinstance(row, Accepted)
    assert (row.row, row.line, row.event.product_id, row.event.rating) == (1, 2, "kettle", 5)


def test_any_column_can_be_named_and_any_field_left_out(file: Path) -> None:
    file.write_text("app;said;when;rating;title\nmail;Good.;2024-05-06;10;x\n")
    columns = {"product_id": "app", "text": "said", "occurred_at": "when", "rating": "", "title": ""}
    (row,) = rows_of(file, "csv", columns, delimiter=";")
    assert isinstance(row, Accepted)
    assert (row.event.rating, row.event.title, row.event.text) == (None, None, "Good.")


def test_faulty_rows_are_numbered_and_named_and_end_nothing(file: Path) -> None:
    file.write_bytes(
        b"product_id,text,occurred_at\n"
        b"a,one,2024-05-06\n"
        b"a,caf\xe9,2024-05-06\n"
        b"\n"
        b"a,nul\x00,2024-05-06\n"
        b"a,short\n"
        b'a,"quoted\nover two",2024-05-06\n'
        b'a,"open,2024-05-06\n'
        b"a,two,never\n"
        b"a,three,2024-05-06\n"
    )
    rows = rows_of(file, "csv")
    assert [row.row for row in rows] == list(range(1, 9))
    assert [row.event.text for row in rows if isinstance(row, Accepted)] == ["one", "quoted\nover two", "three"]
    assert [(row.row, row.line, row.field) for row in rows if isinstance(row, Rejected)] == [
        (2, 3, "text"),
        (3, 5, "text"),
        (4, 6, ""),
        (6, 9, ""),
        (7, 10, "occurred_at"),
    ]


def test_a_column_that_is_not_there_is_named_with_those_that_are(file: Path) -> None:
    file.write_text("a,b\n1,2\n")
    with pytest.raises(LayoutError, match="no such column: text=c; it has a, b") as caught:
        rows_of(file, "csv", {"text": "c"})
    assert (caught.value.missing, caught.value.columns) == (("text=c",), ("a", "b"))
    with pytest.raises(LayoutError, match="which column is product_id, occurred_at"):
        rows_of(file, "csv", {"text": "b"})


@pytest.mark.parametrize("content", ["", "\n\n", '"open\n'])
def test_a_file_without_header_is_refused(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(LayoutError, match="expected a header"):
        rows_of(file, "csv")


def test_json_lines_that_are_no_reviews_are_named(file: Path) -> None:
    good = {"product_id": "a", "text": "one", "occurred_at": "2024-05-06T07:08:09Z"}
    lines = [
        json.dumps(good),
        json.dumps({**good, "tenant": "shop", "event_id": "own", "rating": 4.0}),
        "",
        "{broken",
        "[1]",
        json.dumps({**good, "tenant": "bank"}),
        json.dumps({**good, "text": None}),
        json.dumps({**good, "rating": 9}),
        '{"text": "\\ud800"}',
        "x" * (1024 * 1024 + 1),
        json.dumps(good),
    ]
    file.write_text("\n".join(lines))
    rows = rows_of(file, "jsonl")
    accepted = [row for row in rows if isinstance(row, Accepted)]
    assert [row.row for row in accepted] == [1, 2, 10]
    assert accepted[1].event.event_id == "own"
    assert accepted[0].event.event_id != accepted[2].event.event_id
    assert [(row.row, row.line, row.field) for row in rows if isinstance(row, Rejected)] == [
        (3, 4, ""),
        (4, 5, ""),
        (5, 6, "tenant"),
        (6, 7, "text"),
        (7, 8, "rating"),
        (8, 9, ""),
        (9, 10, ""),
    ]


def test_members_of_json_lines_can_be_named(file: Path) -> None:
    file.write_text(json.dumps({"asin": 17, "reviewText": "Good.", "unixReviewTime": 1_252_800_000, "overall": 5.0}))
    columns = {"product_id": "asin", "text": "reviewText", "occurred_at": "unixReviewTime", "rating": "overall"}
    (row,) = rows_of(file, "jsonl", columns)
    assert isinstance(row, Accepted)
    assert (row.event.product_id, row.event.occurred_ms, row.event.rating) == ("17", 1_252_800_000_000, 5)


def test_datafiniti_falls_back_to_the_date_it_added_the_review(file: Path) -> None:
    columns = [*DATAFINITI.values(), "reviews.dateAdded"]
    row = {"id": "a", "reviews.text": "Good.", "reviews.dateAdded": "2016-07-08T09:10:11Z"}
    file.write_text(",".join(columns) + "\n" + ",".join(row.get(column, "") for column in columns) + "\n")
    (read_row,) = rows_of(file, "datafiniti")
    assert isinstance(read_row, Accepted)
    assert read_row.event.occurred_ms == 1_467_969_011_000
    assert read_row.event.source == "datafiniti"


def test_the_real_datafiniti_layout_gives_an_event_for_every_row_with_a_date(shared_data: Path) -> None:
    path = shared_data / "product_reviews_datafiniti_layout.csv.gz"
    rows = rows_of(path, "datafiniti")
    accepted = [row for row in rows if isinstance(row, Accepted)]
    rejected = [row for row in rows if isinstance(row, Rejected)]

    frame = pd.read_csv(path, low_memory=False)
    dates = pd.to_datetime(frame["reviews.date"], errors="coerce", utc=True, format="ISO8601")
    dated = frame[dates.notna()]
    assert len(rows) == len(frame) == 25_541
    assert len(accepted) == len(dated)
    assert [row.row - 1 for row in accepted] == list(dated.index)
    assert Counter(row.event.product_id for row in accepted) == Counter(dated["id"])
    assert [row.event.text for row in accepted] == list(dated["reviews.text"])
    assert [row.event.rating for row in accepted] == list(dated["reviews.rating"])
    assert [row.event.occurred_ms for row in accepted] == [int(at.timestamp() * 1000) for at in dates[dates.notna()]]
    assert [row.event.title for row in accepted] == [None if pd.isna(t) else t for t in dated["reviews.title"]]
    assert {(row.row - 1, row.field) for row in rejected} == {
        (index, "occurred_at") for index in frame.index[dates.isna()]
    }
    # Rows that are equal in everything are each somebody's review.
    assert dated.duplicated().sum() > 0
    assert len({row.event.event_id for row in accepted}) == len(accepted)


def test_the_same_file_gives_the_same_events_packed_or_not(shared_data: Path, tmp_path: Path) -> None:
    packed = shared_data / "app_reviews.csv.gz"
    plain = tmp_path / "app_reviews.csv"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    columns = {"text": "content", "rating": "score", "occurred_at": "at", "product_id": "appId"}
    rows = rows_of(packed, "csv", columns)
    assert rows == rows_of(plain, "csv", columns)
    assert len(rows) == 7_114
    assert all(isinstance(row, Accepted) for row in rows)
