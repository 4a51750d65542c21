import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models import artefact, manifest
from models.artefact import ArtefactError
from models.classifier import Review, load

SHIPPED = artefact.SHIPPED / "product-cnn-lstm"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped artefact, to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "copy"))


def describe(folder: Path, **changes: object) -> None:
    """Change fields of the folder's manifest."""
    found = manifest.decode((folder / artefact.MANIFEST).read_bytes())
    (folder / artefact.MANIFEST).write_bytes(manifest.encode(msgspec.structs.replace(found, **changes)))


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


def test_weights_of_another_architecture_are_refused(folder: Path) -> None:
    weights = artefact.pack_weights({"output/kernel": np.zeros((2, 2), np.float32)})
    (folder / artefact.WEIGHTS).write_bytes(weights)
    files = artefact.read(SHIPPED).manifest.files | {artefact.WEIGHTS: artefact.sha256(weights)}
    describe(folder, files=files)
    with pytest.raises(ArtefactError, match="does not fit architecture cnn-lstm"):
        load(folder)


def test_weights_are_never_unpickled(folder: Path) -> None:
    np.savez(folder / artefact.WEIGHTS, array=np.array([print], dtype=object))
    files = artefact.read(SHIPPED).manifest.files
    describe(folder, files=files | {artefact.WEIGHTS: artefact.sha256((folder / artefact.WEIGHTS).read_bytes())})
    with pytest.raises(ArtefactError, match="not understood"):
        load(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 99}', b'{"format": 1}', b"\xff"])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    (folder / artefact.MANIFEST).write_bytes(content)
    with pytest.raises(ArtefactError, match=r"manifest\.json is not understood"):
        load(folder)


def test_a_bare_name_that_is_not_shipped_lists_those_that_are() -> None:
    with pytest.raises(ArtefactError, match=r"no-such: .*shipped: product-cnn-lstm"):
        load("no-such")


def test_a_bare_name_means_the_shipped_artefact_whatever_stands_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "product-cnn-lstm").mkdir()
    monkeypatch.chdir(tmp_path)
    assert artefact.locate("product-cnn-lstm") == SHIPPED
    assert artefact.locate("./product-cnn-lstm") == Path("product-cnn-lstm")


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


def test_the_shipped_artefact_is_small_and_names_no_path() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 8_000_000
    described = artefact.read(SHIPPED).manifest
    assert described.version == described.files[artefact.WEIGHTS][:12]
    assert "/" not in described.data.file
    assert described.split.kind == "by-text"


def test_the_copy_answers_as_the_original(folder: Path) -> None:
    reviews = [Review("A pleasant surprise, it does what it says."), Review("")]
    assert np.array_equal(load(folder).predict(reviews), load("product-cnn-lstm").predict(reviews))
