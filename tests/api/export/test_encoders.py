"""The same rows as CSV and as Parquet."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from api.export import parquet_encoder
from api.export.columns import Column, Row
from api.export.csv_encoder import FORMULA_STARTS, CsvEncoder
from api.export.parquet_encoder import ParquetEncoder
from api.export.response import Encoder

COLUMNS = (
    Column("id", "text"),
    Column("tags", "texts"),
    Column("n", "count"),
    Column("share", "share"),
    Column("at", "time"),
)
ROWS: list[Row] = [
    ("LAMP-7", ("Desk", "Light"), 3, -0.25, 1_716_206_400_000),
    ('Ünï,"q"\nx', (), 0, None, 0),
    ("=1+1", ("@SUM(A1)",), 1, 1.0, None),
]


def written(encoder: Encoder, rows: list[Row]) -> bytes:
    return encoder.begin() + b"".join(encoder.rows([row]) for row in rows) + encoder.end()


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_csv_holds_times_as_rfc_3339_and_nothing_for_what_is_not_known() -> None:
    assert read_csv(written(CsvEncoder(COLUMNS), ROWS)) == [
        ["id", "tags", "n", "share", "at"],
        ["LAMP-7", "Desk; Light", "3", "-0.25", "2024-05-20T12:00:00.000Z"],
        ['Ünï,"q"\nx', "", "0", "", "1970-01-01T00:00:00.000Z"],
        ["'=1+1", "'@SUM(A1)", "1", "1.0", ""],
    ]
    assert written(CsvEncoder(COLUMNS), ROWS[:1]).count(b"\r\n") == 2


def test_csv_begins_with_a_byte_order_mark_for_whoever_asks() -> None:
    plain, marked = (written(CsvEncoder(COLUMNS, mark=mark), ROWS) for mark in (False, True))
    assert marked == b"\xef\xbb\xbf" + plain


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_text_of_a_csv_file_is_a_formula(start: str) -> None:
    row: Row = (f"{start}cmd|' /C calc'!A0", (start, "x"), 1, -1.0, 0)
    _, fields = read_csv(written(CsvEncoder(COLUMNS), [row]))
    assert fields[0] == f"'{start}cmd|' /C calc'!A0"
    assert fields[1].startswith(f"'{start}")
    assert fields[3] == "-1.0"  # a number is none


def calculates(cell: str) -> bool:
    return cell.lstrip(' "\t\r\n').startswith(("=", "+", "-", "@"))


@given(st.text(';=+-@\t\r\n" ,a', max_size=12), st.text(';=-" a', max_size=5))
def test_no_text_is_a_formula_where_lines_are_split_at_semicolons(text: str, tag: str) -> None:
    content = written(CsvEncoder(COLUMNS), [("LAMP-7" + text, (tag, f"={tag}"), 1, None, None)]).decode()
    for delimiter in ";\t":
        for line in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter):
            assert not [cell for cell in line if calculates(cell)], content
    for cell in re.split(r"[;\t\r\n]", content):  # by one that heeds no quotes at all
        assert not calculates(cell), content


def test_parquet_holds_types_and_texts_as_they_are() -> None:
    table = parquet.read_table(io.BytesIO(written(ParquetEncoder(COLUMNS), ROWS)))
    assert [str(field.type) for field in table.schema] == [
        "string", "list<element: string>", "int64", "double", "timestamp[ms, tz=UTC]",
    ]  # fmt: skip
    found = table.to_pylist()
    assert [(row["id"], tuple(row["tags"]), row["n"], row["share"]) for row in found] == [row[:4] for row in ROWS]
    assert [row["at"] and int(row["at"].timestamp() * 1000) for row in found] == [row[4] for row in ROWS]


def test_parquet_is_sent_while_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_encoder, "ROW_GROUP", 3)
    encoder = ParquetEncoder(COLUMNS)
    chunks = [encoder.begin(), *(encoder.rows([row]) for row in [*ROWS, *ROWS]), encoder.end()]
    assert [bool(chunk) for chunk in chunks] == [True, False, False, True, False, False, True, True]
    assert parquet.ParquetFile(io.BytesIO(b"".join(chunks))).metadata.num_row_groups == 2


@pytest.mark.parametrize("encoder", [CsvEncoder(COLUMNS), ParquetEncoder(COLUMNS)])
def test_a_file_without_rows_has_its_columns(encoder: Encoder) -> None:
    content = written(encoder, [])
    if encoder.media_type == "text/csv":
        assert content == b"id,tags,n,share,at\r\n"
    else:
        assert parquet.read_table(io.BytesIO(content)).shape == (0, 5)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
rows = st.lists(
    st.tuples(texts, st.lists(texts, max_size=3).map(tuple), st.integers(0, 2**40), st.floats(-1, 1), st.none()),
    max_size=5,
)


@given(rows)
def test_whatever_products_are_called_they_can_be_read_back(rows: list[Row]) -> None:
    lines = read_csv(written(CsvEncoder(COLUMNS), rows))[1:]
    assert [line[0].replace("'", "") for line in lines] == [str(row[0]).replace("'", "") for row in rows]
    table = parquet.read_table(io.BytesIO(written(ParquetEncoder(COLUMNS), rows)))
    assert [row["id"] for row in table.to_pylist()] == [row[0] for row in rows]
