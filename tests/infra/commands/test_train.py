import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import artefact
from models.classifier import Review, load
from tests.infra.commands.running import aura
from tests.models.samples import write_reviews


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    write_reviews(path)
    return path


def test_a_trained_classifier_is_written_measured_and_loaded(
    reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("Made for this test.")
    options = ("--notes", notes, "--licence", "ours", "--data-name", "Sentences of our own", "--split", "random")
    ended = aura(capsys, "train", reviews, "--out", tmp_path / "kettles", "--epochs", 12, "--validation", 0.2, *options)
    assert ended.code == 0, ended.err
    assert "Test loss" in ended.out
    for figure in ("Accuracy", "Macro-F1", "Recall of bad", "ROC-AUC", "PR-AUC", "Log loss", "epoch 12"):
        assert figure in ended.out
    assert "cnn-lstm on" in ended.err
    assert "epoch 12/12" in ended.err

    files = {path.name for path in (tmp_path / "kettles").iterdir()}
    pictures = {"learning-curves.png", "confusion-matrix.png"}
    assert files == {"weights.npz", "vocabulary.txt", "manifest.json", "MODEL_CARD.md", "NOTES.md"} | pictures
    for picture in pictures:
        assert (tmp_path / "kettles" / picture).read_bytes().startswith(b"\x89PNG")

    described = artefact.read(tmp_path / "kettles").manifest
    assert (described.name, described.data.licence, described.data.rows) == ("kettles", "ours", 160)
    assert described.data.bad_share == pytest.approx(0.5)
    assert str(tmp_path) not in (tmp_path / "kettles" / "manifest.json").read_text()
    card = (tmp_path / "kettles" / "MODEL_CARD.md").read_text()
    assert "Made for this test." in card
    assert "aura train reviews.csv" in card
    assert str(tmp_path) not in card

    answers = load(tmp_path / "kettles").predict(
        [Review("This lamp works very well"), Review("The kettle broke on the second day")]
    )
    assert np.argmax(answers, axis=1).tolist() == [0, 1]


def test_an_interrupted_training_leaves_nothing(reviews: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from infra.cli import main; main()", "train", str(reviews)]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "half"), "--epochs", "1000"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    # Written just before the first epoch; a thousand of them take minutes.
    assert "cnn-lstm on" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; no artefact was written" in rest
    assert {path.name for path in tmp_path.iterdir()} <= {"reviews.csv", "half.checkpoint"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--text", "words"), "no column 'words'; the columns are reviews_rating, reviews_text"),
        (("--architecture", "abacus"), "unknown architecture 'abacus' (this version of aura knows cnn-lstm"),
        (("--notes", "absent.md"), "absent.md: cannot be read"),
        (("--out", "."), ". exists already"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_sentence(
    options: tuple[str, str], reason: str, reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(capsys, "train", reviews, "--out", tmp_path / "new", *options)
    assert ended.code == 1
    assert reason in ended.err
    assert ended.out == ""
    assert not (tmp_path / "new").exists()


def test_a_folder_that_every_command_would_take_for_what_ships_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = aura(capsys, "train", "reviews.csv", "--out", "films")
    assert (ended.code, ended.out) == (1, "")
    assert "films means the classifier of that name that ships with Aura; name another folder: my-films" in ended.err


def test_rows_of_one_kind_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reviews.csv").write_text("reviews_text,reviews_rating\n" + "fine,5\n" * 20)
    ended = aura(capsys, "train", tmp_path / "reviews.csv", "--out", tmp_path / "new")
    assert ended.code == 1
    assert "both kinds are needed" in ended.err


def test_a_named_data_set_is_trained_with_its_columns_name_and_licence_and_its_leak_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AURA_DATASETS_DIR", str(tmp_path))
    path = tmp_path / "app_reviews.csv.gz"
    columns = "content,score,appId,at\n"
    lines = "".join(f"Words number {n % 40},{1 + n % 5},app{n % 9},2020-01-{1 + n % 28:02}\n" for n in range(200))
    path.write_bytes(gzip.compress((columns + lines).encode()))
    options = ("--out", tmp_path / "apps", "--epochs", 1)
    ended = aura(capsys, "train", "apps", *options, "--split", "by-time")
    assert ended.code == 0, ended.err
    described = artefact.read(tmp_path / "apps").manifest
    assert (described.data.data_set, described.data.licence) == ("apps", "No data licence")
    assert described.data.name == "Google Play reviews of 15 productivity apps, August 2020"
    assert described.split.leaks == described.split.test
    leak = f"{described.split.test:,} of the {described.split.test:,} test reviews (100.0%) have the text of a review"
    assert leak in ended.err
    card = (tmp_path / "apps" / "MODEL_CARD.md").read_text()
    assert "aura train apps --text content --rating score" in card
    assert "--time at" in card

    measured = aura(capsys, "evaluate", tmp_path / "apps", "apps", "--part", "test", "--json")
    assert measured.code == 0, measured.err
    assert json.loads(measured.out)["rows"] == described.split.test
    assert leak in measured.err


def test_a_split_that_the_rows_do_not_allow_is_refused(
    reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(capsys, "train", reviews, "--out", tmp_path / "new", "--split", "by-product")
    assert ended.code == 1
    assert "no column of products is named" in ended.err
    assert not (tmp_path / "new").exists()
