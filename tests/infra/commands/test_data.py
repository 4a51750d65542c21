import csv
import gzip
import json
from pathlib import Path

import pytest

from tests.infra.commands.running import aura

HEADER = ("review", "stars", "thing", "at")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data sets."""
    monkeypatch.setenv("AURA_DATASETS_DIR", str(tmp_path))
    return tmp_path


def write_apps(folder: Path) -> None:
    """Three reviews of our own in the file and columns of the data set ``apps``."""
    with gzip.open(folder / "app_reviews.csv.gz", "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["content", "score", "appId", "at"])
        writer.writerow(["It counts my steps and nothing else", 4, "steps", "2020-05-01 10:00:00"])
        writer.writerow(["Crashes whenever it rains", 1, "umbrella", "2020-05-02 10:00:00"])
        writer.writerow(["", 5, "steps", "2020-05-03 10:00:00"])


def test_the_list_says_what_is_there_and_what_is_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_apps(folder)
    (folder / "imdb_train.csv.gz").write_bytes(gzip.compress(b"review,rating\nfine,9\n"))
    ended = aura(capsys, "data", "list", "--json")
    assert ended.code == 0, ended.err
    listed = {data["name"]: data for data in json.loads(ended.out)}
    assert list(listed) == ["products", "imdb", "clothing", "apps", "banks"]
    assert (listed["apps"]["rows"], listed["products"]["rows"], listed["imdb"]["rows"]) == (3, None, None)
    assert listed["apps"]["files"] == [{"name": "app_reviews.csv.gz", "present": True, "as_published": False}]
    assert [file["present"] for file in listed["imdb"]["files"]] == [True, False]
    assert all(data["licence"] and data["source"] for data in listed.values())

    table = aura(capsys, "data", "list").out
    for words in ("another copy", "missing", "app_reviews.csv.gz", "CC0"):
        assert words in table


def test_a_named_data_set_is_described_with_its_own_columns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_apps(folder)
    ended = aura(capsys, "data", "describe", "apps", "--json", "--out", folder / "out")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert (found["rows"], found["usable"], found["products"], found["bad"]) == (3, 2, 2, 1)
    assert found["latest"] == "2020-05-02T10:00:00Z"
    assert "app_reviews.csv.gz is another copy" in ended.err
    assert "1 rows without a text or a rating are left out (no text 1)" in ended.err
    assert json.loads((folder / "out" / "apps.json").read_bytes()) == found
    assert (folder / "out" / "apps-lengths.png").read_bytes().startswith(b"\x89PNG")


def test_any_file_is_described_by_the_columns_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ours.csv"
    rows = [("It hums", 2, "fan", "2021-01-01"), ("it  hums", 5, "fan", "2021-01-02"), ("Quiet", 5, "", "then")]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    columns = ("--text", "review", "--rating", "stars", "--product", "thing", "--time", "at")
    ended = aura(capsys, "data", "describe", path, *columns)
    assert ended.code == 0, ended.err
    for words in (
        "ours.csv",
        "1 (33.3%)",
        "2021-01-01T00:00:00Z",
        "without a time",
        "Median",
        "Leak of a random split",
    ):
        assert words in ended.out


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("products",), 1, "data set products needs product_reviews.csv.gz in the folder {}; AURA_DATASETS_DIR names"),
        (("prodcts", "--text", "a", "--rating", "b"), 1, "prodcts: No such file"),
        (("prodcts", "--text", "a", "--rating", "b"), 1, "data sets with a name are products, imdb, clothing"),
        (("ours.csv",), 2, "name its columns of the review and of the stars"),
        (("apps", "--text", "words"), 1, "no column 'words'; the columns are content, score"),
        (("apps", "--out", "{}/app_reviews.csv.gz/x"), 1, "cannot be written"),
    ],
)
def test_failures_are_said_in_a_sentence(
    folder: Path, arguments: tuple[str, ...], code: int, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_apps(folder)
    ended = aura(capsys, "data", "describe", *(argument.format(folder) for argument in arguments))
    assert (ended.code, ended.out) == (code, "")
    assert reason.format(folder) in " ".join(ended.err.split())
    assert "Traceback" not in ended.err
