"""``--untitled``: reviews learned once more without their titles, and that it can be done so again."""

import json
import shlex
from pathlib import Path

import pytest

from models import artefact
from tests.infra.commands.running import aura
from tests.infra.commands.training import end_searches_at_once, stop_before_training, write_titled

COLUMNS = ("--text", "reviews_text", "--rating", "reviews_rating", "--title", "head")
TINY = (
    "--set", "embedding=8", "--set", "filters=4", "--set", "widths=2,3", "--set", "buckets=997", "--words", "60",
    "--length", "12", "--epochs", "1", "--batch", "16", "--validation", "0.3",
)  # fmt: skip


@pytest.fixture(autouse=True)
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the current folder, most of them with a headline."""
    monkeypatch.chdir(tmp_path)
    write_titled(Path("reviews.csv"))


def test_manifest_card_and_its_command_say_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = (*COLUMNS, *TINY, "--untitled", "0.4")
    ended = aura(capsys, "train", "reviews.csv", "--arch", "wide-deep", *options, "--out", "new")
    assert ended.code == 0, ended.err
    assert artefact.read(Path("new")).manifest.training.untitled == 0.4
    card = Path("new/MODEL_CARD.md").read_text()
    assert "a share of 0.4 of the titled reviews learned once more without their title" in card
    command = shlex.split(card.split("## Training it again")[1].split("```")[1].replace("\\\n", ""))
    asked = stop_before_training(monkeypatch)
    assert aura(capsys, *command[1:], "--out", "again").code == 130
    assert [recipe.untitled for recipe in asked] == [0.4]


@pytest.mark.parametrize("options", [(), ("--untitled", "0.4")])
def test_the_command_that_a_search_prints_says_it(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    end_searches_at_once(monkeypatch)
    search = ("--search", "dropout=0,0.4", "--validation", "0.2", "--trials", "1", "--jobs", "1", "--out", "found")
    ended = aura(capsys, "tune", "wide-deep", "reviews.csv", *COLUMNS, *search, *options)
    assert ended.code == 0, ended.err
    asked = stop_before_training(monkeypatch)
    document = json.loads(Path("found/trials.json").read_text())
    assert aura(capsys, *document["command"][1:]).code == 130
    assert [recipe.untitled for recipe in asked] == [0.4 if options else 0]
    assert document["search"]["recipe"]["untitled"] == asked[0].untitled


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (("--no-read-title", "--untitled", "0.4"), 1, "untitled is 0.4, but titles are not read"),
        (("--arch", "gru-1", "--untitled", "0.4"), 1, "untitled is 0.4, but titles are not read"),
        (("--untitled", "1.5"), 2, "Input should be less than or equal to 1"),
    ],
)
def test_what_cannot_be_is_said_before_training(
    options: tuple[str, ...], code: int, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(capsys, "train", "reviews.csv", "--arch", "wide-deep", *COLUMNS, *options, "--out", "new")
    assert ended.code == code
    assert reason in " ".join(ended.err.replace("│", " ").split())
    assert not Path("new").exists()
