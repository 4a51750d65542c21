"""``--read-title`` and ``--no-read-title``: what is read of a review, and that it can be trained so again."""

import json
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models import artefact
from models.architectures.registry import find
from models.card import model_card
from models.classifier import Review, load
from models.manifest import Preprocessing
from models.training.recipe import Recipe, recipe
from tests.infra.commands.running import aura
from tests.infra.commands.training import end_searches_at_once, stop_before_training, write_titled

COLUMNS = ("--text", "reviews_text", "--rating", "reviews_rating")
TITLED = (*COLUMNS, "--title", "head")
TEXT, BOTH = ("text",), ("title", "text")
TINY = (
    "--set", "embedding=8", "--set", "filters=4", "--set", "widths=2,3", "--set", "buckets=997", "--words", "60",
    "--length", "12", "--epochs", "2", "--batch", "16", "--validation", "0.3",
)  # fmt: skip

CASES = [
    ("wide-deep", TITLED, BOTH),
    ("wide-deep", (*TITLED, "--read-title"), BOTH),
    ("wide-deep", (*TITLED, "--no-read-title"), TEXT),
    ("wide-deep", COLUMNS, TEXT),
    ("wide-deep", (*COLUMNS, "--no-read-title"), TEXT),
    ("gru-1", TITLED, TEXT),
    ("gru-1", (*TITLED, "--read-title"), BOTH),
    ("gru-1", COLUMNS, TEXT),
]
"""Network, options, and what is read then."""


@pytest.fixture(autouse=True)
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the current folder, with a column of headlines."""
    monkeypatch.chdir(tmp_path)
    write_titled(tmp_path / "reviews.csv")
    return tmp_path / "reviews.csv"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes that ``aura train`` would train by; it is interrupted before."""
    return stop_before_training(monkeypatch)


@pytest.mark.parametrize(("architecture", "options", "inputs"), CASES)
def test_the_command_of_the_card_reads_the_same(
    architecture: str,
    options: tuple[str, ...],
    inputs: tuple[str, ...],
    asked: list[Recipe],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = aura(capsys, "train", "reviews.csv", "--arch", architecture, *options, "--out", "new")
    assert ended.code == 130
    how = asked[0].preprocessing
    assert how == msgspec.structs.replace(find(architecture).preprocessing, inputs=inputs)

    command = shlex.split(card_of(asked[0], title="head" if "--title" in options else None).replace("\\\n", ""))
    again = aura(capsys, *command[1:])
    assert again.code == 130, again.err
    assert asked[1].preprocessing == how
    assert "reads the text alone" not in again.err  # it is what the command says


@pytest.mark.parametrize(("architecture", "options", "inputs"), CASES)
def test_the_command_that_a_search_prints_reads_the_same(
    architecture: str,
    options: tuple[str, ...],
    inputs: tuple[str, ...],
    asked: list[Recipe],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end_searches_at_once(monkeypatch)
    searched = ("--search", "dropout=0,0.4") if architecture == "wide-deep" else ()
    options = (*options, "--task", "bad", "--validation", "0.2", "--trials", "1", "--jobs", "1", "--out", "found")
    ended = aura(capsys, "tune", architecture, "reviews.csv", *options, *searched)
    assert ended.code == 0, ended.err
    document = json.loads(Path("found/trials.json").read_text())
    again = aura(capsys, *document["command"][1:])
    assert again.code == 130, again.err
    assert asked[0].preprocessing.inputs == inputs
    assert asked[0].preprocessing == msgspec.convert(document["search"]["recipe"]["preprocessing"], Preprocessing)
    assert "reads the text alone" not in again.err


def test_a_network_that_would_read_a_title_says_so_where_none_is_named(
    asked: list[Recipe], capsys: pytest.CaptureFixture[str]
) -> None:
    told = "no column of titles is named (--title COL): wide-deep reads the text alone"
    out = ("--out", "new")
    assert told in aura(capsys, "train", "reviews.csv", "--arch", "wide-deep", *COLUMNS, *out).err
    for quiet in (("wide-deep", *TITLED), ("wide-deep", *COLUMNS, "--no-read-title"), ("gru-1", *COLUMNS)):
        assert "reads the text alone" not in aura(capsys, "train", "reviews.csv", "--arch", *quiet, *out).err


def test_a_wide_deep_that_may_not_read_the_title_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    options = (*TITLED, "--no-read-title", *TINY)
    ended = aura(capsys, "train", "reviews.csv", "--arch", "wide-deep", *options, "--out", "alone")
    assert ended.code == 0, ended.err
    described = artefact.read(Path("alone")).manifest
    assert (described.preprocessing.inputs, described.preprocessing.marked) == (TEXT, True)
    card = Path("alone/MODEL_CARD.md").read_text()
    assert "reads the text of a review" in card
    assert "--no-read-title" in card
    assert "--title" not in card
    classifier = load("alone")
    bare, headed = (classifier.predict([Review("The kettle leaks", title)]) for title in (None, "a joy to use"))
    assert bare.tolist() == headed.tolist()

    # The same weights as where there is no title to leave out.
    ended = aura(capsys, "train", "reviews.csv", "--arch", "wide-deep", *COLUMNS, *TINY, "--out", "without")
    assert ended.code == 0, ended.err
    assert artefact.read(Path("without")).manifest.version == described.version


def test_of_a_data_set_without_titles_a_classifier_learns_to_read_them_where_it_is_told_to(
    shared_data: Path, asked: list[Recipe], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_DATASETS_DIR", str(shared_data))
    for options in ((), ("--read-title",)):
        aura(capsys, "train", "banks", "--arch", "wide-deep", *options, "--out", "new")
    card = (artefact.find("banks").path / "MODEL_CARD.md").read_text()
    again = command_of(card).removeprefix("aura ")
    Path("NOTES.md").write_text("as the command says")
    aura(capsys, *shlex.split(again.replace("\\\n", "")))
    assert [how.preprocessing.inputs for how in asked] == [TEXT, BOTH, BOTH]


def card_of(trained: Recipe, *, title: str | None) -> str:
    """The command on the card of what was trained so."""
    described = artefact.read(artefact.locate("reference")).manifest
    changes: dict[str, Any] = {
        "architecture": trained.architecture,
        "task": trained.task,
        "hyperparameters": recipe(trained.architecture).hyperparameters,
        "preprocessing": trained.preprocessing,
        "data": msgspec.structs.replace(described.data, data_set=None, file="reviews.csv", title_column=title),
    }
    card = model_card(msgspec.structs.replace(described, **changes), "")
    return command_of(card)


def command_of(card: str) -> str:
    """What the card says under its last heading."""
    return card.split("## Training it again")[1].split("```")[1].strip()
