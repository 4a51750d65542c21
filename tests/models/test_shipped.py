"""What ships, on the test parts of the data that it was trained on."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from models import artefact
from models.card import model_card
from models.shipped import MANIFESTS
from tests.infra.commands.running import aura

MEGABYTES = 30
"""That all of them may have together."""


class Shipped(NamedTuple):
    name: str
    data: str
    split: str


REFERENCE = Shipped("reference", "products", "by-text")
DEFAULTS = [Shipped("products", "products", "by-text"), Shipped("banks", "banks", "by-text"),
            Shipped("films", "imdb", "official")]  # fmt: skip
ALL = [REFERENCE, *DEFAULTS]
FIGURES = ("accuracy", "macro_f1", "recall_bad", "precision_bad", "roc_auc", "pr_auc", "log_loss", "ece")


@pytest.fixture(autouse=True)
def _data(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "shared_data" in request.fixturenames:
        monkeypatch.setenv("AURA_DATASETS_DIR", str(request.getfixturevalue("shared_data")))


def test_four_ship_and_are_small_together() -> None:
    assert sorted(artefact.shipped()) == sorted(shipped.name for shipped in ALL)
    assert sum(path.stat().st_size for path in artefact.SHIPPED.rglob("*")) < MEGABYTES * 1_000_000


def test_the_table_has_the_hash_of_every_manifest() -> None:
    found = {path.parent.name: artefact.sha256(path.read_bytes()) for path in artefact.SHIPPED.glob("*/manifest.json")}
    table = "".join(f'        "{name}": "{found[name]}",\n' for name in sorted(found))
    assert found == MANIFESTS, f"if the artefacts are meant to be as they are, models/shipped.py needs\n{table}"


@pytest.mark.parametrize("shipped", ALL, ids=lambda shipped: shipped.name)
def test_each_has_a_card_of_what_it_is(shipped: Shipped) -> None:
    found = artefact.find(shipped.name)
    described, notes = found.manifest, (found.path / "NOTES.md").read_text("utf-8")
    assert (found.path / "MODEL_CARD.md").read_text("utf-8") == model_card(described, notes)
    assert all(word in notes for word in ("## What it is for", "## The data", "## Limits", "licence"))
    assert described.name == shipped.name
    assert described.version == described.files[artefact.WEIGHTS][:12]
    assert "/" not in described.data.file
    assert described.split.kind == shipped.split


@pytest.mark.parametrize("shipped", ALL, ids=lambda shipped: shipped.name)
def test_its_figures_are_those_of_its_manifest(
    shipped: Shipped, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(capsys, "evaluate", shipped.name, shipped.data, "--part", "test", "--json")
    assert ended.code == 0, ended.err
    found, said = json.loads(ended.out), artefact.find(shipped.name).manifest.results.shipped
    assert found["rows"] == said.rows
    assert {name: found[name] for name in FIGURES} == pytest.approx({n: getattr(said, n) for n in FIGURES}, abs=1e-4)


# Not films: TF-IDF on its 25,000 long reviews takes longer than all else in this file. README has the command.
@pytest.mark.parametrize("shipped", DEFAULTS[:2], ids=lambda shipped: shipped.name)
def test_each_default_beats_what_it_has_to_beat(
    shipped: Shipped, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared = ("models", "compare", shipped.name, "reference", shipped.data, "--resamples", "200", "--json")
    ended = aura(capsys, *compared)
    assert ended.code == 0, ended.err
    lines = {line["name"]: line for line in json.loads(ended.out)["lines"]}
    for name in ("reference", "majority class", "TF-IDF + LR", "TF-IDF + LR, balanced"):
        differences = lines[name]["versus"]["differences"]
        assert differences["roc_auc"]["high"] < 0, name
        assert differences["log_loss"]["low"] > 0, name
