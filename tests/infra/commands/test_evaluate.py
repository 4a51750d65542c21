import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from models import artefact
from models.data.read import read_labelled
from models.split import divide
from tests.infra.commands.running import aura

HEADER = "stars,review,head\n"
COLUMNS = ("--text", "review", "--rating", "stars")


def evaluate(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> dict[str, object]:
    """The one object that ``--json`` prints."""
    ended = aura(capsys, "evaluate", "reference", path, *COLUMNS, "--json", *options)
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def test_json_is_one_object_of_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reviews.csv.gz"
    rows = "5,I love it and it works great,Joy\n1,Terrible waste of money. Do not buy,\n3,,x\n,no stars,y\n4,Fine,\n"
    path.write_bytes(gzip.compress((HEADER + rows).encode()))
    found = evaluate(capsys, path, "--title", "head")
    assert {"rows", "accuracy", "macro_f1", "recall_bad", "roc_auc", "log_loss", "ece"} <= set(found)
    assert (found["rows"], found["skipped"]) == (3, 2)
    assert found["roc_auc"] == 1.0
    assert found["bad_share"] == pytest.approx(1 / 3)


def test_rows_left_out_are_told_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reviews.csv").write_text(HEADER + "5,Fine,\n5,  ,\n")
    ended = aura(capsys, "evaluate", "reference", tmp_path / "reviews.csv", *COLUMNS)
    assert ended.code == 0
    assert "1 rows without a text or a rating are left out" in ended.err
    assert "Macro-F1" in ended.out
    assert "reference" in ended.out


def test_a_file_of_one_kind_has_no_area_under_the_curve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reviews.csv").write_text(HEADER + "5,Fine,\n4,Good,\n")
    found = evaluate(capsys, tmp_path / "reviews.csv")
    assert found["roc_auc"] is None
    assert found["recall_bad"] is None
    assert found["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ("reference", "{}", "--text", "words", "--rating", "stars"),
            "no column 'words'; the columns are stars, review",
        ),
        (("absent", "{}", *COLUMNS), "not shipped with aura (shipped: "),
        (("./absent", "{}", *COLUMNS), "no such folder"),
        (("reference", "absent.csv", *COLUMNS), "absent.csv: No such file"),
    ],
)
def test_failures_are_one_sentence(
    arguments: tuple[str, ...], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(HEADER + "5,Fine,\n")
    ended = aura(capsys, "evaluate", *(argument.format(path) for argument in arguments), "--json")
    assert (ended.code, ended.out) == (1, "")
    assert reason in ended.err
    assert ended.err.count("\n") == 1


def test_a_file_without_a_usable_row_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reviews.csv").write_text(HEADER + "many,Fine,\n")
    ended = aura(capsys, "evaluate", "reference", tmp_path / "reviews.csv", *COLUMNS)
    assert ended.code == 1
    assert "none of 1 rows has both a text and a number as rating" in ended.err


def test_the_shipped_classifier_measures_as_its_manifest_says(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described = artefact.read(artefact.locate("reference")).manifest
    table = pd.read_csv(shared_data / described.data.file, dtype=str, keep_default_na=False)
    rows = read_labelled(shared_data / described.data.file, text="reviews_text", rating="reviews_rating")
    split = described.split
    parts = divide(rows, split.kind, validation=split.validation_share, seed=split.seed)
    table.iloc[parts.test].rename(columns={"reviews_text": "review", "reviews_rating": "stars"}).to_csv(
        tmp_path / "test.csv", index=False
    )
    found = evaluate(capsys, tmp_path / "test.csv")
    expected = described.results.shipped
    assert found["rows"] == expected.rows
    for field in ("accuracy", "macro_f1", "recall_bad", "roc_auc", "pr_auc", "log_loss", "ece"):
        assert found[field] == pytest.approx(getattr(expected, field), abs=1e-4)


def test_a_part_of_rows_that_it_was_not_trained_on_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reviews.csv").write_text(HEADER + "5,Fine,\n")
    ended = aura(capsys, "evaluate", "reference", tmp_path / "reviews.csv", *COLUMNS, "--part", "test")
    assert (ended.code, ended.out) == (1, "")
    assert "reference was trained on a part of product_reviews.csv.gz with 25,541 reviews" in ended.err
