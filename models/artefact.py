"""The folder that holds a trained classifier: read with its hashes checked, written all or nothing."""

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models import consistency
from models import manifest as manifest_json
from models.manifest import Manifest
from models.preprocessing.tokenizer import Vocabulary
from models.reference import DIGITS, Reference
from models.shipped import MANIFESTS

SHIPPED: Final = Path(__file__).parent / "artefacts"
"""Artefacts that come with Aura, by name."""

MANIFEST: Final = "manifest.json"
WEIGHTS: Final = "weights.npz"
VOCABULARY: Final = "vocabulary.txt"

Weights = Mapping[str, NDArray[np.float32]]
"""``layer/variable`` (``conv1d/kernel``) to array."""


class ArtefactError(Exception):
    """An artefact that cannot be used.

    Attributes:
        path: the folder.
        reason: what is wrong with it, and what to do.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"artefact {path}: {reason}")
        self.path = path
        self.reason = reason


class Artefact(NamedTuple):
    """What a folder holds, checked."""

    path: Path
    manifest: Manifest
    vocabulary: Vocabulary
    weights: Weights
    digest: str
    """First twelve hex digits of the manifest's SHA-256. The manifest has the hashes of the other files, calibration
    and preprocessing: two artefacts of one digest answer alike (:attr:`Manifest.version` names the weights alone)."""


def find(named: Path | str) -> Artefact:
    """Read an artefact by its folder or its :class:`~models.reference.Reference`: ``films``, ``./mine@4f2e9c01ab37``.

    Raises:
        ArtefactError: there is none; or it is damaged, or not in the state that the reference is pinned to.
    """
    reference = Reference.parse(named) if isinstance(named, str) else None
    found = read(locate(named if reference is None else reference.artefact))
    if reference is not None and reference.digest not in (None, found.digest):
        raise ArtefactError(
            found.path,
            f"has the digest {found.digest}, and {reference} is asked for: put the artefact back that was there, or "
            "choose this one",
        )
    return found


def describe(named: str) -> Manifest:
    """What an artefact says of itself, its other files unread: a millisecond, where :func:`find` takes a second.

    Raises:
        ArtefactError: there is none; or its manifest is damaged, or not in the state that the reference is pinned to.
    """
    reference = Reference.parse(named)
    folder = locate(reference.artefact)
    content = _bytes(folder, MANIFEST)
    _check_shipped(folder, content)
    if reference.digest not in (None, sha256(content)[:DIGITS]):
        raise ArtefactError(folder, f"is not in the state {reference} that is asked for")
    return _decoded(folder, content)


def locate(path: Path | str) -> Path:
    """The folder meant by ``path``: a bare name is one of :data:`SHIPPED` before it is a path.

    Raises:
        ArtefactError: there is no such folder.
    """
    bare = isinstance(path, str) and Path(path).name == path and path not in ("", ".", "..")
    if bare and path in shipped():
        return SHIPPED / path
    if Path(path).is_dir():
        return Path(path)
    if bare:
        names = ", ".join(shipped()) or "none"
        raise ArtefactError(Path(path), f"no such folder here, and not shipped with aura (shipped: {names})")
    raise ArtefactError(Path(path), "no such folder")


def shipped() -> list[str]:
    """Names of the artefacts that come with Aura."""
    return sorted(MANIFESTS)


def read(folder: Path) -> Artefact:
    """Read an artefact and check each file against the manifest's hash before it is parsed.

    The manifest of one that comes with Aura is checked against :mod:`models.shipped`, every manifest against what the
    files hold (:mod:`models.consistency`), but for the shapes of the weights: :mod:`models.inference` has them checked.

    Raises:
        ArtefactError: a file is missing, does not have its hash, cannot be parsed, or is not as the manifest says.
    """
    content = _bytes(folder, MANIFEST)
    _check_shipped(folder, content)
    manifest = _decoded(folder, content)
    weights = _checked(folder, WEIGHTS, manifest)
    words = _checked(folder, VOCABULARY, manifest)
    try:
        vocabulary = Vocabulary.from_bytes(words, num_words=manifest.preprocessing.num_words)
        with np.load(io.BytesIO(weights), allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ArtefactError(folder, f"{WEIGHTS} or {VOCABULARY} is not understood: {error}") from None
    if fault := consistency.fault(manifest, vocabulary, held, sha256(weights)):
        raise ArtefactError(folder, fault)
    return Artefact(folder, manifest, vocabulary, held, sha256(content)[:DIGITS])


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write an artefact beside ``folder`` and rename it into place, so that nobody ever sees half of one.

    Raises:
        ArtefactError: ``folder`` exists already.
        OSError: it cannot be written.
    """
    if folder.exists():
        raise ArtefactError(folder, "exists already; name another folder or remove it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in files.items():
            with (partial / name).open("wb") as file:
                file.write(content)
                os.fsync(file.fileno())
        partial.chmod(0o755)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def pack_weights(weights: Weights) -> bytes:
    """``weights.npz``: deflated, no pickles, the same bytes for the same arrays."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in weights.items():
            content = io.BytesIO()
            np.save(content, np.ascontiguousarray(array, np.float32), allow_pickle=False)
            # A fixed time in place of the clock's keeps the file, and so the artefact's version, reproducible.
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(member, content.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return packed.getvalue()


def sha256(content: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(content).hexdigest()


def _check_shipped(folder: Path, manifest: bytes) -> None:
    where, found = folder.resolve(), sha256(manifest)
    expected = MANIFESTS.get(where.name) if where.parent == SHIPPED.resolve() else None
    if expected not in (None, found):
        raise ArtefactError(
            folder,
            f"{MANIFEST} is not as it shipped (SHA-256 {found}, not {expected}): install aura again; an artefact of "
            "your own belongs in a folder of its own, and models/shipped.py has the hash of one that ships anew",
        )


def _decoded(folder: Path, content: bytes) -> Manifest:
    try:
        return manifest_json.decode(content)
    except msgspec.DecodeError as error:
        raise ArtefactError(folder, f"{MANIFEST} is not understood: {error}") from None


def _checked(folder: Path, name: str, manifest: Manifest) -> bytes:
    content = _bytes(folder, name)
    expected, found = manifest.files.get(name), sha256(content)
    if found != expected:
        raise ArtefactError(folder, f"{name} is not the file that {MANIFEST} names (SHA-256 {found}, not {expected})")
    return content


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        raise ArtefactError(folder, f"{name} is missing") from None
    except OSError as error:
        raise ArtefactError(folder, f"{name} cannot be read: {error.strerror}") from None
