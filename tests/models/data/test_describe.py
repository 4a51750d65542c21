from pathlib import Path

import pytest

from models.csv_files import DataError
from models.data.catalogue import CATALOGUE
from models.data.describe import by_rating, describe
from models.data.labelled import NO_TIME
from models.data.pictures import length_histograms
from models.data.read import read_data_set
from models.data.table import Table, count
from tests.models.samples import labelled

TABLE = Table(9, {"text": 2, "stars": 0})


def test_rows_and_blank_fields_are_counted_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,stars\nfine,4\n"  ",\n\nNA,5\n')
    (tmp_path / "b.csv").write_text("text,stars\nshort\n")
    assert count([tmp_path / "a.csv", tmp_path / "b.csv"]) == Table(4, {"text": 1, "stars": 2})


def test_files_of_other_columns_are_not_added_up(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,stars\nfine,4\n")
    (tmp_path / "b.csv").write_text("stars,text\n4,fine\n")
    with pytest.raises(DataError, match=r"b\.csv: has columns stars, text; expected text, stars"):
        count([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_lengths_are_words_with_their_quartiles_by_rating() -> None:
    texts = [" ".join("w" * words) for words in (1, 2, 3, 4, 5)] + ["one\n two\tthree"]
    one, five, everything = describe(labelled(texts, scores=[1] * 5 + [5]), TABLE).lengths
    assert (one.rating, one.reviews, one.longest) == ("1", 5, 5)
    assert (one.lower_quartile, one.median, one.upper_quartile) == (2, 3, 4)
    assert one.percentile_95 == pytest.approx(4.8)
    assert (five.rating, five.median) == ("5", 3)
    assert (everything.rating, everything.reviews, everything.median) == ("all", 6, 3)


def test_facts_are_of_the_usable_rows_and_blanks_of_all() -> None:
    rows = labelled(
        ["one", "two", "Two ", "two", "three"],
        scores=[1, 3, 4, 5, 5],
        product=list("aabbc"),
        time_ms=[NO_TIME, 86_400_000, 0, 5_000, 1_000],
    )
    found = describe(rows._replace(left_out={"no text": 4}), TABLE)
    assert (found.rows, found.nulls, found.left_out, found.usable) == (9, TABLE.nulls, {"no text": 4}, 5)
    assert found.ratings == {"1": 1, "3": 1, "4": 1, "5": 2}
    assert (found.bad, found.products) == (2, 3)
    assert (found.earliest, found.latest) == ("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z")
    assert found.without_time == 1
    assert (found.repeated, found.repeated_normalised) == (1, 2)


def test_the_leak_of_a_random_split_is_told() -> None:
    found = describe(labelled(["same words"] * 50), TABLE).random_split
    assert found is not None
    assert (found.test, found.leaks) == (10, 10)
    found = describe(labelled([f"text {number}" for number in range(50)]), TABLE).random_split
    assert found is not None
    assert found.leaks == 0


def test_a_single_row_is_described_without_a_split() -> None:
    found = describe(labelled(["alone"], scores=[5]), TABLE)
    assert (found.random_split, found.bad, found.earliest) == (None, 0, None)
    assert [lengths.rating for lengths in found.lengths] == ["5", "all"]


def test_many_different_ratings_are_shown_as_good_and_bad() -> None:
    rows = labelled([f"text {number}" for number in range(40)], scores=[number / 8 for number in range(40)])
    found = describe(rows, TABLE)
    assert found.ratings == {}
    assert [(lengths.rating, lengths.reviews) for lengths in found.lengths] == [("bad", 32), ("good", 8), ("all", 40)]


@pytest.mark.parametrize("words", [[1], [1, 1, 1], list(range(1, 900))])
def test_a_picture_is_drawn_of_few_reviews_and_of_many(words: list[int]) -> None:
    rows = labelled([" ".join("w" * number) for number in words])
    assert length_histograms(by_rating(rows), "Ours").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "rows", "left_out", "ratings", "repeated"),
    [
        ("products", 25_541, {}, {"1": 1162, "2": 372, "3": 1174, "4": 5112, "5": 17721}, 2296),
        ("clothing", 21_281, {"no text": 845}, {"1": 745, "2": 1399, "3": 2570, "4": 4420, "5": 11302}, 6),
        ("apps", 7_114, {}, {"1": 1201, "2": 1145, "3": 2230, "4": 1227, "5": 1311}, 244),
        ("banks", 13_091, {}, {"1": 2825, "2": 875, "3": 1163, "4": 1221, "5": 7007}, 2255),
    ],
)
def test_the_real_data_hold_what_is_said_of_them(
    shared_data: Path, name: str, rows: int, left_out: dict[str, int], ratings: dict[str, int], repeated: int
) -> None:
    read = read_data_set(CATALOGUE[name], shared_data)
    found = describe(read, count(read.paths))
    assert (found.rows, found.left_out, found.ratings, found.repeated) == (rows, left_out, ratings, repeated)
    assert found.usable == rows - sum(left_out.values()) == sum(ratings.values())


def test_a_value_shifted_into_the_time_of_a_real_row_is_survived(shared_data: Path) -> None:
    rows = read_data_set(CATALOGUE["products"], shared_data)
    assert rows.time_ms is not None
    # 37 blank, 6 with words of a product's description.
    assert int((rows.time_ms == NO_TIME).sum()) == 43
    assert rows.reviews[0].title is not None
