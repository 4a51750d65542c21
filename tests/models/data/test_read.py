import gzip
import hashlib
from pathlib import Path

import pytest

from models.csv_files import DataError, UnknownColumn
from models.data.catalogue import CATALOGUE, DataFile, DataSet
from models.data.labelled import NO_TIME, TEN_POINTS, Columns
from models.data.read import MissingFile, read_data_set, read_labelled, unlike_published
from models.review import Review

FILMS = DataSet(
    "films",
    "Films of our own",
    (DataFile("early.csv.gz", "0" * 64, part="train"), DataFile("late.csv.gz", "1" * 64, part="test")),
    Columns("words", "points", product="film"),
    "ours",
    "these tests",
    TEN_POINTS,
)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with both files of FILMS."""
    (tmp_path / "early.csv.gz").write_bytes(gzip.compress(b"words,points,film\nslow,4,a\n,9,a\nfine,7,b\n"))
    (tmp_path / "late.csv.gz").write_bytes(gzip.compress(b"words,points,film\ngrand,10,c\n"))
    return tmp_path


def test_rows_without_text_or_rating_are_left_out_and_counted_by_reason(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text('text,stars,head\nfine,5,A\n"  ",1,B\n,4,C\nNA,3.0,\nodd,many,D\ngone,,E\nlong,inf,F\nbad,1,NA\n')
    rows = read_labelled(path, text="text", rating="stars", title="head")
    assert rows.reviews == [Review("fine", "A"), Review("NA", None), Review("bad", "NA")]
    assert rows.bad.tolist() == [False, True, True]
    assert rows.stars.tolist() == [5, 3, 1]
    assert rows.left_out == {"no text": 2, "no number as rating": 2, "no rating": 1}
    assert rows.skipped == 5


def test_a_rating_that_is_not_on_the_scale_is_left_out_and_counted(tmp_path: Path, films: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(
        "text,stars\n" + "".join(f"fine,{stars}\n" for stars in ("1", "5.0", "0", "-3", "7", "1e300", "3_0"))
    )
    rows = read_labelled(path, text="text", rating="stars")
    assert rows.scores.tolist() == [1, 5]
    assert rows.left_out == {"rating not from 1 to 5": 4, "no number as rating": 1}
    (films / "late.csv.gz").write_bytes(gzip.compress(b"words,points,film\ngrand,10,c\nbeyond,11,c\n"))
    assert read_data_set(FILMS, films).left_out == {"no text": 1, "rating not from 1 to 10": 1}


def test_a_shifted_value_in_a_time_costs_the_time_and_not_the_row(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    times = ("1970-01-01T00:00:01.500Z", "1970-01-02", "1970-01-01 02:00:00+02:00", "slides onto any hook", "")
    path.write_text("text,stars,at\n" + "".join(f"fine,5,{time}\n" for time in times))
    rows = read_labelled(path, text="text", rating="stars", time="at")
    assert rows.time_ms is not None
    assert rows.time_ms.tolist() == [1500, 86_400_000, 0, NO_TIME, NO_TIME]


def test_columns_that_are_not_named_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("text,stars\nfine,4\n")
    rows = read_labelled(path, text="text", rating="stars")
    assert (rows.product, rows.time_ms, rows.official) == (None, None, None)
    assert (rows.name, rows.file, rows.path) == ("reviews.csv", "reviews.csv", path)
    assert rows.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == rows.digests[0]


def test_a_data_set_of_two_files_is_one_in_their_order(films: Path) -> None:
    rows = read_data_set(FILMS, films)
    assert [review.text for review in rows.reviews] == ["slow", "fine", "grand"]
    assert rows.product == ["a", "b", "c"]
    assert rows.official is not None
    assert rows.official.tolist() == ["train", "train", "test"]
    assert rows.left_out == {"no text": 1}
    assert rows.file == "early.csv.gz + late.csv.gz"
    content = b"".join((films / file.name).read_bytes() for file in FILMS.files)
    assert rows.sha256 == hashlib.sha256(content).hexdigest()


def test_ten_points_are_no_stars_and_have_a_middle_of_their_own(films: Path) -> None:
    rows = read_data_set(FILMS, films)
    assert rows.bad.tolist() == [True, False, False]
    assert rows.stars.tolist() == [0, 0, 0]
    assert rows.scale.target == "bad = rating < 5 of 10"


def test_another_copy_is_named(films: Path) -> None:
    rows = read_data_set(FILMS, films)
    published = (FILMS.files[0], FILMS.files[1]._replace(sha256=rows.digests[1]))
    assert unlike_published(rows, published) == ["early.csv.gz"]


def test_a_missing_file_of_a_data_set_is_named_with_the_folder_looked_in(films: Path) -> None:
    (films / "late.csv.gz").unlink()
    with pytest.raises(MissingFile, match=f"data set films needs late.csv.gz in the folder {films}") as raised:
        read_data_set(FILMS, films)
    assert raised.value.data == FILMS
    assert raised.value.path == films / "late.csv.gz"


def test_the_catalogue_lists_each_set_under_its_name_with_whole_digests() -> None:
    assert list(CATALOGUE) == ["products", "imdb", "clothing", "apps", "banks"]
    for name, data in CATALOGUE.items():
        assert data.name == name
        assert all(len(bytes.fromhex(file.sha256)) == 32 for file in data.files)


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
        (gzip.compress(b"text,stars\nfine,4\n", mtime=0)[:-9], "Compressed file ended"),
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
