import json
from pathlib import Path

import pytest

from tests.infra.commands.running import aura


def test_a_classifier_is_exported_with_the_proof_that_it_answers_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "onnx"
    ended = aura(capsys, "models", "export", "reference", str(folder), "--json")
    assert ended.code == 0, ended.err
    said = json.loads(ended.out)
    assert said["texts"] == 1_000
    assert 0 <= said["largest_difference"] <= 1e-5
    assert {path.name: path.stat().st_size for path in folder.iterdir()} == said["files"]
    assert sorted(said["files"]) == ["manifest.json", "model.onnx", "vocabulary.txt"]


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("absent", "not shipped with aura"),
        ("reference@0123456789ab", "has the digest"),
    ],
)
def test_what_cannot_be_exported_leaves_nothing(
    model: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(capsys, "models", "export", model, str(tmp_path / "onnx"))
    assert (ended.code, ended.out) == (1, "")
    assert reason in ended.err
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = aura(capsys, "models", "export", "reference", str(tmp_path))
    assert ended.code == 1
    assert "exists already" in ended.err
