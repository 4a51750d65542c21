import json
import shutil
from pathlib import Path

import pytest

from models.artefact import locate, read
from tests.infra.commands.running import aura
from tests.models.samples import write_reviews

COLUMNS = ("--text", "reviews_text", "--rating", "reviews_rating")
MODEL = "reference"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_reviews(tmp_path / "reviews.csv")
    return tmp_path / "reviews.csv"


def test_the_list_has_what_is_shipped(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ended = aura(capsys, "models", "list")
    assert ended.code == 0
    assert all(words in ended.out for words in (MODEL, read(locate(MODEL)).manifest.version, "good, bad", "0.9091"))
    said = {one["name"]: one for one in json.loads(aura(capsys, "models", "list", "--json").out)}
    assert list(said) == ["banks", "films", "products", "reference"]
    assert round(said[MODEL]["results"]["roc_auc"], 4) == 0.9091


def test_a_classifier_is_shown_as_its_card_or_as_its_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    assert "What it is for" in aura(capsys, "models", "show", MODEL).out
    shown = json.loads(aura(capsys, "models", "show", MODEL, "--json").out)
    assert shown["name"] == MODEL


def test_a_damaged_card_is_shown_as_far_as_it_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(locate(MODEL), tmp_path / "mine")
    (tmp_path / "mine" / "MODEL_CARD.md").write_bytes(b"Legible, then \xff")
    ended = aura(capsys, "models", "show", tmp_path / "mine")
    assert (ended.code, "Legible" in ended.out) == (0, True)


def test_both_live_ratios_are_measured_over_products_or_groups_at_random(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(capsys, "models", "ratios", MODEL, path, *COLUMNS, "--size", "8", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert (found["reviews"], found["typical"]) == (found["groups"] * 8, 8)
    assert [each["ratio"] for each in found["errors"]] == ["good_ratio", "mean_p_good"]
    assert all(abs(each["bias"]) <= each["error"] and each["held"] <= found["groups"] for each in found["errors"])
    shown = aura(capsys, "models", "ratios", MODEL, path, *COLUMNS, "--product", "reviews_rating", "--least", "2")
    assert shown.code == 0, shown.err
    assert "products with 2 reviews or more" in " ".join(shown.out.split())
    for options, said in (
        (("--size", "10000"), "there are no groups of 10,000 reviews"),
        ((), "no column of the product"),
    ):
        ended = aura(capsys, "models", "ratios", MODEL, path, *COLUMNS, *options)
        assert (ended.code, said in ended.err) == (1, True), ended.err


def test_compared_classifiers_stand_beside_baselines_with_intervals(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(
        capsys, "models", "compare", MODEL, str(locate(MODEL)), path, *COLUMNS,
        "--split", "by-text", "--resamples", "100", "--json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert found["rows"] == 32
    assert "split by-text, seed 42" in found["measured_on"]
    assert [model["version"] for model in found["models"]] == [read(locate(MODEL)).manifest.version] * 2
    assert all(model["reviews_per_second"] > 0 and 1 < model["megabytes"] < 30 for model in found["models"])
    assert [line["kind"] for line in found["lines"]] == ["model", "model", "baseline", "baseline", "baseline"]
    first, same, *_, balanced = found["lines"]
    assert first["versus"] is None
    assert same["versus"]["differences"]["roc_auc"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert same["versus"]["mcnemar"]["p"] == 1
    assert balanced["figures"]["accuracy"]["low"] <= balanced["figures"]["accuracy"]["value"]


def test_the_table_says_what_it_is_of(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ended = aura(capsys, "models", "compare", MODEL, MODEL, path, *COLUMNS, "--resamples", "100")
    assert ended.code == 0, ended.err
    assert "160 reviews, all rows" in ended.out
    assert "TF-IDF + LR, 5-fold" in ended.out
    assert "each answered by a fit on the others" in ended.out
    assert all(words in ended.out for words in ("Macro-F1", "ROC-AUC", "McNemar p", "Reviews/s", f"Less {MODEL}"))


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ((MODEL, "{}", *COLUMNS), 2, "two classifiers or more"),
        ((MODEL, "absent", "{}", *COLUMNS), 1, "not shipped with aura"),
        ((MODEL, MODEL, "{}", *COLUMNS, "--split", "by-luck"), 2, "is none of auto, all, random"),
        ((MODEL, MODEL, "{}", *COLUMNS, "--split", "by-time"), 1, "split by-time"),
        ((MODEL, MODEL, "{}", "--text", "words", "--rating", "reviews_rating"), 1, "no column 'words'"),
    ],
)
def test_failures_say_what_to_do(
    arguments: tuple[str, ...], code: int, reason: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(capsys, "models", "compare", *(argument.format(path) for argument in arguments))
    assert (ended.code, ended.out) == (code, "")
    assert reason in " ".join(ended.err.replace("│", " ").split())
