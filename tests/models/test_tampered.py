"""A manifest or weights that somebody edited, and hashed again, are found out."""

import io
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from models import artefact, inference
from models.artefact import ArtefactError, Weights
from models.classifier import load
from models.engines.choose import Choice
from models.manifest import LONGEST, Platt
from tests.models.folders import describe, put_weights

WIDE_DEEP, CNN_LSTM = "products", "reference"


@pytest.fixture
def ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where artefacts ship: copies, to spoil."""
    monkeypatch.setattr(artefact, "SHIPPED", Path(shutil.copytree(artefact.SHIPPED, tmp_path / "ships")))
    return artefact.SHIPPED


@pytest.fixture(params=[WIDE_DEEP, CNN_LSTM])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy elsewhere of one with each of the engines."""
    return copy_of(request.param, tmp_path)


def copy_of(name: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(artefact.SHIPPED / name, tmp_path / "copy"))


def test_what_ships_ships_in_one_state_alone_and_a_copy_is_a_model_of_its_own(ships: Path, tmp_path: Path) -> None:
    untouched = load(WIDE_DEEP).digest
    mine, link = copy_of(WIDE_DEEP, tmp_path), tmp_path / "link"
    link.symlink_to(ships / WIDE_DEEP)
    for edited in (ships / WIDE_DEEP, mine):
        describe(edited, calibration=Platt(a=1, b=3, rows=9))
    for named in (WIDE_DEEP, ships / WIDE_DEEP, str(ships / WIDE_DEEP), link):
        with pytest.raises(ArtefactError, match=r"manifest\.json is not as it shipped .*install aura again"):
            load(named)
    assert load(mine).digest != untouched


def test_one_that_is_gone_is_missed_by_its_name(ships: Path) -> None:
    shutil.rmtree(ships / WIDE_DEEP)
    with pytest.raises(ArtefactError, match=r"manifest\.json is missing"):
        load(WIDE_DEEP)


def test_a_version_is_that_of_the_weights(folder: Path) -> None:
    describe(folder, version="0123456789ab")
    with pytest.raises(ArtefactError, match="it calls the weights version 0123456789ab, and their SHA-256 begins"):
        load(folder)


@pytest.mark.parametrize("slope", [-5.0, 0.0, float("inf"), float("nan")])
def test_a_calibration_that_turns_the_ranking_round_is_refused(folder: Path, slope: float) -> None:
    describe(folder, calibration=Platt(a=slope, b=0, rows=9))
    with pytest.raises(ArtefactError, match=r"\$\.calibration\.a"):
        load(folder)


def test_a_calibration_of_more_classes_is_refused(folder: Path) -> None:
    describe(folder, calibration=Platt(a=1, b=0, rows=9, shifts=(0, 0, 0, 0, 0)))
    with pytest.raises(ArtefactError, match="its calibration has 5 shifts, and 2 labels need 0"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        (WIDE_DEEP, {"buckets": 1000}, r"wide/pairs has shape \(262139, 1\), the network \(1000, 1\)"),
        (WIDE_DEEP, {"columns": 5}, r"wide/words has shape \(40000, 1\), the network \(40000, 5\)"),
        (WIDE_DEEP, {"widths": [2, 3]}, "output/kernel has shape"),
        (WIDE_DEEP, {"embedding": 99}, "embedding/embeddings has shape"),
        (WIDE_DEEP, {"filters": 0}, ">= 1"),
        (WIDE_DEEP, {"heads": 8}, "unknown field `heads`"),
        (CNN_LSTM, {"units": 32}, "lstm/kernel has shape"),
        (CNN_LSTM, {"filters": 32}, "conv_1/kernel has shape"),
    ],
)
def test_sizes_that_the_weights_do_not_have_are_refused(
    name: str, changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    folder = copy_of(name, tmp_path)
    describe(folder, hyperparameters=artefact.read(folder).manifest.hyperparameters | changes)
    with pytest.raises(ArtefactError, match=reason):
        load(folder)


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        (WIDE_DEEP, {"num_words": 30_000}, "embedding/embeddings has shape"),
        (CNN_LSTM, {"num_words": 30_000}, "embedding/embeddings has shape"),
        (WIDE_DEEP, {"marked": False}, "says that texts are not marked, and the vocabulary begins with the mark"),
        (CNN_LSTM, {"marked": True}, "says that texts are marked, and the vocabulary does not begin with the mark"),
        (WIDE_DEEP, {"length": LONGEST + 1}, r"<= 100000 .*length"),
        (CNN_LSTM, {"length": 48}, "48 ids a review are too few"),
    ],
)
def test_a_reading_that_the_files_do_not_have_is_refused(
    name: str, changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    folder = copy_of(name, tmp_path)
    how = artefact.read(folder).manifest.preprocessing
    describe(folder, preprocessing=msgspec.structs.replace(how, **changes))
    with pytest.raises(ArtefactError, match=reason):
        load(folder)


def test_more_labels_than_the_network_tells_apart_are_refused(folder: Path) -> None:
    describe(folder, task="stars", labels=("1", "2", "3", "4", "5"), calibration=None)
    with pytest.raises(ArtefactError, match=r"tells 2 classes apart, and .* names 5 labels"):
        load(folder)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused(folder: Path, number: float) -> None:
    put_weights(folder, stored(filled(folder, "output/bias", number)))
    with pytest.raises(ArtefactError, match="weight output/bias holds NaN or infinity"):
        load(folder)


def test_weights_whose_sums_are_no_numbers_are_refused(folder: Path) -> None:
    put_weights(folder, stored(filled(folder, "output/kernel", 3e38)))
    with pytest.raises(ArtefactError, match="does not answer with probabilities"):
        load(folder)


def test_a_word_alone_that_has_no_answer_is_found(tmp_path: Path) -> None:
    folder = copy_of(WIDE_DEEP, tmp_path)
    weights = filled(folder, "output/bias", 0)
    weights["wide/words"][15_000] = 3e38
    weights["output/kernel"][-1] = 1e3
    put_weights(folder, stored(weights))
    with pytest.raises(ArtefactError, match="does not answer with probabilities"):
        load(folder)


def test_weights_of_another_type_are_refused(folder: Path) -> None:
    weights = artefact.read(folder).weights
    put_weights(folder, stored({name: array.astype(np.float64) for name, array in weights.items()}))
    with pytest.raises(ArtefactError, match="is no array of float32"):
        load(folder)


class Says:
    """An engine that gives the same sums whatever it is asked."""

    def __init__(self, *sums: float) -> None:
        self._sums = sums

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        return np.array([self._sums] * len(ids), np.float32)


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        (Says(np.nan, 0), "does not answer with probabilities"),
        (Says(0, 0, 0), r"answers 1 reviews with shape \(1, 3\)"),
    ],
)
def test_an_engine_that_does_not_answer_is_found_before_a_review_comes(
    engine: Says, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "choose", lambda *_: Choice(engine, "CPU"))
    found = artefact.find(CNN_LSTM)
    uncalibrated = found._replace(manifest=msgspec.structs.replace(found.manifest, calibration=None))
    with pytest.raises(ArtefactError, match=reason):
        inference.start(uncalibrated)


def stored(weights: dict[str, Any]) -> bytes:
    """As :func:`models.artefact.pack_weights` gives them, of any type and not compressed, which takes seconds."""
    packed = io.BytesIO()
    np.savez(packed, **weights)
    return packed.getvalue()


def filled(folder: Path, name: str, value: float) -> dict[str, NDArray[np.float32]]:
    """The folder's weights, one array of one value."""
    weights: Weights = artefact.read(folder).weights
    return {**weights, name: np.full_like(weights[name], value)}
