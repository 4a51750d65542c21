import io
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models import artefact
from models.artefact import ArtefactError
from models.classifier import Review, load
from tests.models.folders import describe, put_weights

SHIPPED = artefact.SHIPPED / "reference"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped artefact, to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "copy"))


def test_what_is_written_is_read(tmp_path: Path, folder: Path) -> None:
    before = artefact.read(folder)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files[artefact.WEIGHTS] = artefact.pack_weights(before.weights)
    artefact.write(tmp_path / "again", files)
    after = artefact.read(tmp_path / "again")
    assert after.manifest == before.manifest
    assert after.vocabulary.ordered == before.vocabulary.ordered
    assert all(np.array_equal(after.weights[name], value) for name, value in before.weights.items())


@pytest.mark.parametrize("name", [artefact.WEIGHTS, artefact.VOCABULARY])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(ArtefactError, match=f"{name} is not the file that manifest.json names") as raised:
        load(folder)
    assert raised.value.path == folder


@pytest.mark.parametrize("name", [artefact.MANIFEST, artefact.WEIGHTS, artefact.VOCABULARY])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtefactError, match=f"{name} is missing"):
        load(folder)


def test_an_unknown_architecture_is_named_beside_the_known(folder: Path) -> None:
    describe(folder, architecture="abacus")
    with pytest.raises(ArtefactError, match=r"unknown architecture 'abacus' .*cnn-lstm"):
        load(folder)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"labels": ("bad", "good")}, "its labels bad, good are not those of task bad"),
        ({"task": "stars"}, "its labels good, bad are not those of task stars"),
    ],
)
def test_a_manifest_that_describes_no_network_is_refused(folder: Path, changes: dict[str, object], reason: str) -> None:
    describe(folder, **changes)
    with pytest.raises(ArtefactError, match=reason):
        load(folder)


def test_weights_of_another_architecture_are_refused(folder: Path) -> None:
    put_weights(folder, artefact.pack_weights({"output/kernel": np.zeros((2, 2), np.float32)}))
    with pytest.raises(ArtefactError, match="does not fit architecture cnn-lstm"):
        load(folder)


def test_weights_are_never_unpickled(folder: Path) -> None:
    packed = io.BytesIO()
    np.savez(packed, array=np.array([print], dtype=object))
    put_weights(folder, packed.getvalue())
    with pytest.raises(ArtefactError, match="not understood"):
        load(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 99}', b'{"format": 1}', b"\xff"])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    (folder / artefact.MANIFEST).write_bytes(content)
    with pytest.raises(ArtefactError, match=r"manifest\.json is not understood"):
        load(folder)


def test_a_bare_name_that_is_not_shipped_lists_those_that_are() -> None:
    with pytest.raises(ArtefactError, match=r"no-such: .*shipped: .*reference"):
        load("no-such")


def test_a_bare_name_means_the_shipped_artefact_whatever_stands_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reference").mkdir()
    monkeypatch.chdir(tmp_path)
    assert artefact.locate("reference") == SHIPPED
    assert artefact.locate("./reference") == Path("reference")


def test_a_bare_name_that_is_not_shipped_means_a_folder_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my-model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert artefact.locate("my-model") == Path("my-model")


def test_an_existing_folder_is_not_written_over(folder: Path) -> None:
    with pytest.raises(ArtefactError, match="exists already"):
        artefact.write(folder, {"a": b"b"})


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-folder"):
        artefact.write(tmp_path / "new", {"a": b"b", "no-such-folder/c": b"d"})
    assert list(tmp_path.iterdir()) == []


def test_the_copy_answers_as_the_original(folder: Path) -> None:
    reviews = [Review("A pleasant surprise, it does what it says."), Review("")]
    assert np.array_equal(load(folder).predict(reviews), load("reference").predict(reviews))


def test_a_reference_that_is_pinned_loads_what_was_pinned_and_nothing_else(folder: Path) -> None:
    digest = artefact.find(folder).digest
    pinned = f"{folder}@{digest}"
    assert load(pinned).digest == digest
    assert load("reference").digest == digest, "a copy answers alike"
    calibration = artefact.find(folder).manifest.calibration
    assert calibration is not None
    describe(folder, calibration=msgspec.structs.replace(calibration, b=3.0))
    changed = load(folder).digest
    assert changed != digest, "every answer has changed, though weights and vocabulary have not"
    with pytest.raises(ArtefactError, match=f"has the digest {changed}, and .*@{digest} is asked for"):
        load(pinned)


def test_a_pinned_reference_to_nothing_names_what_is_missing() -> None:
    with pytest.raises(ArtefactError, match=r"no-such: .*shipped: .*reference"):
        load("no-such@0123456789ab")
