"""``aura train`` with other networks, on shares of the data, and after a kill."""

import csv
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from infra.commands.train import train
from infra.commands.tune import tune
from infra.training_options import recipe_of
from models import artefact
from models.architectures.registry import ARCHITECTURES
from tests.infra.commands.running import aura
from tests.models.samples import write_reviews
from tests.models.stars import stars_artefact

__all__ = ["stars_artefact"]

SMALL = ("--set", "embedding=8", "--words", "60", "--length", "12", "--lr", "0.02", "--batch", "16")


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    write_reviews(path)
    return path


def test_every_part_of_the_recipe_can_be_said_and_stands_in_manifest_and_card(
    reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "two"
    ended = aura(
        capsys, "train", reviews, "--arch", "gru-2", *SMALL, "--set", "units=4,6", "--set", "dropouts=.1,0,.2",
        "--task", "bad", "--epochs", 2, "--optimizer", "nadam", "--class-weights", "balanced", "--patience", 1,
        "--split", "stratified", "--validation", 0.2, "--tensorboard", tmp_path / "logs", "--out", out,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    found = artefact.read(out).manifest
    assert (found.architecture, found.task, found.split.kind) == ("gru-2", "bad", "stratified")
    assert found.hyperparameters == {"embedding": 8, "units": [4, 6], "dropouts": [0.1, 0.0, 0.2]}
    assert (found.preprocessing.num_words, found.preprocessing.length) == (60, 12)
    assert (found.preprocessing.pad, found.preprocessing.stop_words) == ("front", "removed")
    training = found.training
    assert (training.optimizer, training.learning_rate, training.batch_size) == ("nadam", 0.02, 16)
    assert (training.class_weights, training.patience, training.epochs) == ("balanced", 1, 2)
    card = (out / "MODEL_CARD.md").read_text()
    for said in ("--arch gru-2 --task bad", "--set units=4,6", "--words 60", "--lr 0.02", "--class-weights balanced"):
        assert said in card
    assert list((tmp_path / "logs" / "train").glob("events.out.tfevents.*"))
    assert not list(tmp_path.glob("*.checkpoint"))


def test_app_reviews_are_trained_in_stars_and_predicted_in_stars(
    stars_artefact: Path, reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = artefact.read(stars_artefact).manifest
    assert (found.architecture, found.labels) == ("gru-app", ("1", "2", "3", "4", "5"))
    assert found.preprocessing.lemmas == "simplemma"
    assert "The same answers in stars:" in (stars_artefact / "MODEL_CARD.md").read_text()

    ended = aura(capsys, "predict", stars_artefact, reviews, "-o", tmp_path / "out.csv")
    assert ended.code == 0, ended.err
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    added = ["p_good", "p_bad", "label", "stars", "p_1", "p_2", "p_3", "p_4", "p_5"]
    assert list(rows[0]) == ["reviews_rating", "reviews_text", *added]
    for row in rows:
        shares = [float(row[f"p_{stars}"]) for stars in range(1, 6)]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert float(row["p_bad"]) == pytest.approx(sum(shares[:3]), abs=1e-5)
        assert row["label"] == ("bad" if float(row["p_bad"]) > 0.5 else "good")
        assert shares[int(row["stars"]) - 1] == max(shares)
    right = [row["label"] == ("bad" if int(row["reviews_rating"]) < 4 else "good") for row in rows]
    assert sum(right) > 0.9 * len(rows)


def test_shares_of_the_data_are_compared_with_all_of_them(
    reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "full"
    options = ("--arch", "gru-1", "--set", "units=4", *SMALL, "--epochs", 1, "--validation", 0.2)
    ended = aura(capsys, "train", reviews, "--out", out, "--subset", "0.3,0.6", *options)
    assert ended.code == 0, ended.err
    assert "Test part by share of the training data" in ended.out
    lines = [line.split() for line in ended.out.splitlines()]
    shares = [(words[1], words[3]) for words in lines if len(words) > 3 and words[1] in ("0.3", "0.6", "1")]
    full = artefact.read(out).manifest.split.train
    assert shares == [("0.3", str(round(0.3 * full))), ("0.6", str(round(0.6 * full))), ("1", str(full))]
    assert artefact.read(out).manifest.training.share == 1.0
    assert not list(tmp_path.glob("*.checkpoint"))


@pytest.mark.timeout(900)  # three processes, each of which imports TensorFlow
def test_a_killed_training_goes_on_and_ends_as_if_nothing_had_been(reviews: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from infra.cli import main; main()", "train", str(reviews), "--name", "same"]
    # Few reviews a step: each epoch lasts long enough to be killed in.
    options = ["--arch", "gru-1", "--set", "units=4", *SMALL[:-2], "--batch", "2", "--epochs", "3"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen([*command, *options, "--out", str(killed)], stderr=subprocess.DEVNULL)
    checkpoint = tmp_path / "killed.checkpoint"
    deadline = time.monotonic() + 300
    while not checkpoint.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not killed.exists()

    for out in (killed, whole):
        ended = subprocess.run([*command, *options, "--out", str(out)], capture_output=True, text=True, timeout=400)
        assert ended.returncode == 0, ended.stderr
        assert ("going on from" in ended.stderr) == (out == killed)
    assert (killed / artefact.WEIGHTS).read_bytes() == (whole / artefact.WEIGHTS).read_bytes()
    one, other = artefact.read(killed).manifest, artefact.read(whole).manifest
    assert (one.results, one.calibration, one.training.history) == (
        other.results, other.calibration, other.training.history,
    )  # fmt: skip
    assert not checkpoint.exists()


def test_a_checkpoint_of_another_recipe_is_refused_and_dropped_on_request(
    reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new.checkpoint").write_bytes(b"of another time")
    options = ("--arch", "gru-1", "--set", "units=4", *SMALL, "--epochs", 1, "--out", tmp_path / "new")
    refused = aura(capsys, "train", reviews, *options)
    assert refused.code == 1
    assert "new.checkpoint: not understood" in refused.err
    assert "remove it to train from the beginning" in refused.err
    assert aura(capsys, "train", reviews, *options, "--fresh").code == 0


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (("--set", "units"), 2, "not name=number"),
        (("--set", "units=many"), 2, "not name=number"),
        (("--set", "heads=8"), 1, "architecture gru-1: Object contains unknown field `heads`"),
        (("--set", "units=0"), 1, ">= 1"),
        (("--set", "units=4,4"), 1, "of length 1, got 2"),
        (("--subset", "0.1,2"), 2, "not shares above 0 and up to 1"),
        (("--subset", "half"), 2, "not shares above 0 and up to 1"),
        (("--patience", "2", "--validation", "0"), 2, "--validation 0 leaves none"),
        (("--read-title",), 1, "which column holds the headline"),
        (("--arch", "cnn-lstm", "--length", "12"), 1, "cnn-lstm cannot be built for 12 words a review"),
        (("--arch", "wide-deep", "--task", "stars"), 1, "columns is 1; 5 classes need 5"),
        (("--tensorboard", "/dev/null"), 1, "/dev/null/train: cannot be written: Not a directory"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_trained(
    options: tuple[str, ...],
    code: int,
    reason: str,
    reviews: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = aura(capsys, "train", reviews, "--arch", "gru-1", "--out", tmp_path / "new", *options)
    assert ended.code == code
    assert reason in " ".join(ended.err.replace("│", " ").split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reviews.csv"]


@pytest.mark.parametrize(("given", "expected"), [(None, 2), (0, 0), (5, 5)])
def test_a_network_has_its_own_patience_unless_told(given: int | None, expected: int) -> None:
    of_its_own: dict[str, Any] = dict.fromkeys(("words", "length", "epochs", "batch", "rate", "optimizer"))
    of_its_own |= {"read_title": None, "titled": True}
    made = recipe_of("wide-deep", [], **of_its_own, class_weights="none", patience=given, seed=1)
    assert made.fitting.patience == expected


@pytest.mark.parametrize("command", [train, tune])
def test_help_names_every_network(command: Callable[..., None]) -> None:
    (option,) = get_type_hints(command, include_extras=True)["architecture"].__metadata__
    named = option.help.partition(": ")[2].partition(".")[0].split(", ")
    assert named == list(ARCHITECTURES)
