"""``aura evaluate --out``: both files of a report."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from infra.evaluation_report import make_report
from models.artefact import locate, read
from models.data.labelled import LABELS
from models.data.read import read_labelled
from models.evaluation.report.page import page
from models.review import ReviewLike
from tests.infra.commands.running import aura
from tests.models.samples import write_reviews

COLUMNS = ("--text", "reviews_text", "--rating", "reviews_rating")
MODEL = "reference"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_reviews(tmp_path / "reviews.csv")
    return tmp_path / "reviews.csv"


def test_a_report_is_a_page_and_its_json(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "report"
    ended = aura(capsys, "evaluate", MODEL, path, *COLUMNS, "--out", folder, "--no-texts", "--json")
    assert ended.code == 0, ended.err
    said = json.loads((folder / "report.json").read_text())
    assert [line["kind"] for line in said["lines"]] == ["model", "uncalibrated"] + ["baseline"] * 3
    assert said["baselines"].startswith("fitted on these data in 5 folds")
    assert said["lines"][0]["figures"]["roc_auc"]["value"] == pytest.approx(json.loads(ended.out)["roc_auc"])
    assert said["model"]["reviews_per_second"] > 0
    assert said["model"]["megabytes"] < 30
    assert said["bad_share_by_product"] is None
    assert "Bad share" not in ended.out
    page = (folder / "report.html").read_text()
    assert "The kettle" not in page
    assert f"<h1>{MODEL}</h1>" in page


def test_a_report_is_never_on_learned_rows(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = aura(capsys, "evaluate", MODEL, path, *COLUMNS, "--out", tmp_path / "report", "--part", "train")
    assert ended.code == 2
    assert not (tmp_path / "report").exists()


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_measured(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(*_: object, **__: object) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr("infra.evaluation_report.make_report", measure)
    (tmp_path / "file").touch()
    ended = aura(capsys, "evaluate", MODEL, path, *COLUMNS, "--out", tmp_path / "file" / "report")
    assert (ended.code, ended.out) == (1, "")
    assert "cannot be made: Not a directory" in ended.err


def test_bad_shares_by_product_are_in_both_files_and_on_the_terminal(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    bad = [int(row["reviews_rating"]) < 4 for row in rows]
    with_product = tmp_path / "with-product.csv"
    with with_product.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reviews_rating", "reviews_text", "thing"])
        writer.writerows((*row.values(), "hose" if number % 4 == 0 else "") for number, row in enumerate(rows))
    folder = tmp_path / "report"
    ended = aura(capsys, "evaluate", MODEL, with_product, *COLUMNS, "--product", "thing", "--out", folder)
    assert ended.code == 0, ended.err
    said = json.loads((folder / "report.json").read_text())
    found = said["bad_share_by_product"]
    assert found["products"] == 1
    [hose] = found["biggest"]
    assert (hose["product"], hose["reviews"], hose["bad"]) == ("hose", 40, sum(bad[::4]) / 40)
    assert [line["name"] for line in found["errors"]] == [line["name"] for line in said["lines"]]
    first = found["errors"][0]
    assert first["p_bad"]["value"] == pytest.approx(abs(hose["p_bad"] - hose["bad"]))
    assert first["labelled_bad"]["value"] == pytest.approx(abs(hose["labelled_bad"] - hose["bad"]))
    assert "Bad share by product" in (folder / "report.html").read_text()
    for name in ("labelled_bad", "p_bad"):
        assert f"{first[name]['value']:.4f}" in ended.out
    assert " ".join(ended.out.split()).count("Bad share") == 2


class OfStars:
    """Answers with the number of words, from 1 to 5 of them, most of the time."""

    digest = "0" * 12
    device = "paper"
    manifest = msgspec.structs.replace(
        read(locate(MODEL)).manifest, name="counter", task="stars", labels=LABELS["stars"], calibration=None
    )

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        words = np.array([min(len(review.text.split()), 5) for review in reviews])
        answers: NDArray[np.float32] = np.eye(5, dtype=np.float32)[words - 1] * np.float32(0.6) + np.float32(0.08)
        return answers


def test_a_classifier_of_stars_has_a_report_too(tmp_path: Path) -> None:
    file = tmp_path / "stars.csv"
    texts = [" ".join([f"word{row % 7}"] * (row % 5 + 1)) for row in range(100)]
    stars = [5 if row == 0 else row % 5 + 1 for row in range(100)]
    lines = (f"{text},{star}" for text, star in zip(texts, stars, strict=True))
    file.write_text("review,stars\n" + "\n".join(lines) + "\n")
    rows = read_labelled(file, text="review", rating="stars", product="stars")
    made = make_report(str(locate(MODEL)), OfStars(), rows, threads=None, texts=True)
    model, majority, tfidf, _ = made.lines
    assert (model.figures["accuracy"].value, model.figures["mae"].value) == (0.99, 0.04)
    assert majority.figures["recall_5"].value == 1
    assert tfidf.name == "TF-IDF + LR, 5-fold"
    assert [diagram.of for diagram in made.diagrams] == ["confidence"]
    assert [(mistake.truth, mistake.answer) for mistake in made.mistakes] == [("5", "1")]
    assert "Recall of 3" in page(made)
    shares = made.bad_share_by_product
    assert shares is not None
    assert {each.product: (each.bad, each.labelled_bad) for each in shares.biggest} == {
        "1": (1, 1), "2": (1, 1), "3": (1, 1), "4": (0, 0), "5": (0, 1 / 21),
    }  # fmt: skip
    of_three, of_four = (next(each.p_bad for each in shares.biggest if each.product == stars) for stars in "34")
    assert (of_three, of_four) == pytest.approx((0.84, 0.24))
