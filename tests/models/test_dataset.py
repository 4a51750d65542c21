import gzip
from pathlib import Path

import pytest

from models.csv_files import DataError, UnknownColumn
from models.dataset import read_labelled
from models.review import Review


def test_rows_without_text_or_rating_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text('text,stars,head\nfine,5,A\n"  ",1,B\n,4,C\nNA,3.0,\nodd,many,D\ngone,,E\nlong,inf,F\nbad,1,NA\n')
    rows = read_labelled(path, text="text", rating="stars", title="head")
    assert rows.reviews == [Review("fine", "A"), Review("NA", None), Review("bad", "NA")]
    assert rows.bad.tolist() == [False, True, True]
    assert rows.skipped == 5


def test_compressed_files_are_known_by_their_content(tmp_path: Path) -> None:
    path = tmp_path / "reviews"
    path.write_bytes(gzip.compress(b"text,stars\nfine,4\n"))
    assert read_labelled(path, text="text", rating="stars").reviews == [Review("fine")]


def test_an_unknown_column_is_named_beside_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("text,stars\nfine,4\n")
    with pytest.raises(UnknownColumn, match="no column 'rating'; the columns are text, stars") as raised:
        read_labelled(path, text="text", rating="rating")
    assert raised.value.columns == ("text", "stars")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty; expected a line of column names"),
        (b"text,stars\nfine,4\nfine, really,4\n", "line 3: 3 fields, but the header has 2"),
        (b"text,stars\n\xff\xfe,4\n", "not UTF-8"),
        (gzip.compress(b"text,stars\nfine,4\n")[:-9], "Compressed file ended"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason):
        read_labelled(path, text="text", rating="stars")


def test_a_comma_at_each_line_end_shifts_no_column(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("text,stars,\nfine,4,,\npoor,1,,\n")
    rows = read_labelled(path, text="text", rating="stars")
    assert (rows.reviews, rows.bad.tolist()) == ([Review("fine"), Review("poor")], [False, True])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent.csv: No such file"):
        read_labelled(tmp_path / "absent.csv", text="text", rating="stars")
