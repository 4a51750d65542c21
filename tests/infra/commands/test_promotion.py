"""``aura models promote``, ``rollback`` and ``shadow`` on a tenants file."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.artefact import SHIPPED, find, pack_weights
from stream.tenants import load
from tests.infra.commands.running import aura
from tests.models.folders import put_weights

MODEL = "reference"
DEFAULT = "products"
PINNED = f"{MODEL}@{find(MODEL).digest}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tenants.toml"
    path.write_text(
        '[[tenants]]\nid = "shop"\nname = "Shop"\n\n[[tenants]]\nid = "bank"\nname = "Bank"\nmodel = "./old"  # ours\n'
    )
    return path


def of(path: Path, tenant: str = "bank") -> tuple[str, str | None, str | None]:
    found = load(path)[tenant]
    return found.model, found.previous_model, found.shadow_model


def test_a_promoted_model_is_pinned_and_the_one_before_remembered(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):  # a second time changes nothing
        ended = aura(capsys, "models", "promote", MODEL, "--tenant", "bank", "--file", str(path))
        assert ended.code == 0, ended.err
        assert of(path) == (PINNED, "./old", None)
        assert ended.out == f"bank: {PINNED}; before: ./old\n"
    assert of(path, "shop") == (DEFAULT, None, None)
    assert "# ours" in path.read_text()


def test_a_folder_is_named_by_its_absolute_path(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = shutil.copytree(SHIPPED / MODEL, path.parent / "mine")
    monkeypatch.chdir(path.parent)
    named = f"{mine.resolve()}@{find(MODEL).digest}"
    for model in ("./mine", "mine", f"mine@{find(MODEL).digest}", f"../{path.parent.name}/mine"):
        assert aura(capsys, "models", "promote", model, "--tenant", "bank", "--file", str(path)).code == 0
        assert of(path) == (named, "./old", None), model
    assert aura(capsys, "models", "shadow", "./mine", "--tenant", "shop", "--file", str(path)).code == 0
    assert of(path, "shop") == (DEFAULT, None, named)


def test_a_model_that_answers_nothing_is_not_promoted(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = Path(shutil.copytree(SHIPPED / MODEL, path.parent / "mine"))
    weights = find(MODEL).weights
    for number in (float("nan"), 3e38):  # the second is a number, and its sums are none
        changed = {**weights, "output/kernel": np.full_like(weights["output/kernel"], number)}
        put_weights(mine, pack_weights(changed))
        before = path.read_text()
        ended = aura(capsys, "models", "promote", str(mine), "--tenant", "bank", "--file", str(path))
        assert ended.code == 1, number
        assert path.read_text() == before


def test_rollback_goes_back_and_a_second_one_forth(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(path.read_text().replace('"./old"', '"mine@0123456789ab"') + f'previous_model = "{MODEL}"\n')
    old = shutil.copytree(SHIPPED / MODEL, path.parent / "old")
    said = json.loads(aura(capsys, "models", "rollback", "--tenant", "bank", "--file", str(path), "--json").out)
    assert said["tenants"]["bank"]["model"] == PINNED
    assert of(path) == (PINNED, "mine@0123456789ab", None)
    ended = aura(capsys, "models", "rollback", "--tenant", "bank", "--file", str(path))
    assert ended.code == 1
    assert "not shipped with aura" in ended.err, "what is gone is no way back"
    path.write_text(path.read_text().replace("mine@0123456789ab", str(old)))
    assert aura(capsys, "models", "rollback", "--tenant", "bank", "--file", str(path)).code == 0
    assert of(path) == (f"{old}@{find(MODEL).digest}", PINNED, None)


def test_a_shadow_comes_and_goes_and_ends_with_its_promotion(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = ("--tenant", "bank", "--tenant", "shop", "--file", str(path))
    assert aura(capsys, "models", "shadow", MODEL, *both).code == 0
    assert (of(path), of(path, "shop")) == (("./old", None, PINNED), (DEFAULT, None, PINNED))
    assert aura(capsys, "models", "shadow", "--off", "--tenant", "shop", "--file", str(path)).code == 0
    assert of(path, "shop") == (DEFAULT, None, None)
    assert aura(capsys, "models", "promote", MODEL, *both).code == 0
    assert of(path) == (PINNED, "./old", None)


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("promote", "absent", "--tenant", "bank"), 1, "not shipped with aura"),
        (("promote", f"{MODEL}@0123456789ab", "--tenant", "bank"), 1, "has the digest"),
        (("promote", MODEL, "--tenant", "cinema"), 1, "no tenant 'cinema'"),
        (("promote", MODEL), 2, "--tenant"),
        (("rollback", "--tenant", "bank"), 1, "tenant bank has no previous model"),
        (("shadow", "--tenant", "bank"), 2, "either a model, or --off"),
        (("shadow", MODEL, "--off", "--tenant", "bank"), 2, "either a model, or --off"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    arguments: tuple[str, ...], code: int, reason: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = path.read_text()
    ended = aura(capsys, "models", *arguments, "--file", str(path))
    assert (ended.code, ended.out) == (code, "")
    assert reason in " ".join(ended.err.replace("│", " ").split())
    assert path.read_text() == before
