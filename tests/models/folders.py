"""Folders of artefacts, changed."""

from pathlib import Path

import msgspec

from models import artefact, manifest


def describe(folder: Path, **changes: object) -> None:
    """Change fields of the folder's manifest."""
    found = manifest.decode((folder / artefact.MANIFEST).read_bytes())
    (folder / artefact.MANIFEST).write_bytes(manifest.encode(msgspec.structs.replace(found, **changes)))


def put_weights(folder: Path, content: bytes) -> None:
    """Other weights, and a manifest that says so."""
    (folder / artefact.WEIGHTS).write_bytes(content)
    files = manifest.decode((folder / artefact.MANIFEST).read_bytes()).files
    hashed = artefact.sha256(content)
    describe(folder, files=files | {artefact.WEIGHTS: hashed}, version=hashed[:12])
