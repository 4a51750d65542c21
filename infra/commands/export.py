"""``aura models export``: a classifier for programs that are not Aura."""

import json
from pathlib import Path
from typing import Annotated

import typer

from infra.errors import CommandError
from infra.options import AsJson, PinnableModel


def export(
    model: PinnableModel,
    folder: Annotated[Path, typer.Argument(help="Folder to write; there must be none of that name.")],
    as_json: AsJson = False,
) -> None:
    """Write a classifier as ONNX, and prove that it answers alike.

    The folder gets model.onnx (ids in, calibrated probabilities out), vocabulary.txt (line N is the word of id N) and
    manifest.json (how a review becomes ids, what the columns are). Before anything is written, ONNX Runtime answers
    1,000 texts; no probability may differ from the classifier's own by more than 1e-5.
    """
    from models.artefact import ArtefactError, find, write
    from models.export.checking import AnswersDiffer
    from models.export.folder import MODEL
    from models.export.folder import export as make
    from models.export.layers import NotExportable

    if folder.exists():
        raise CommandError(f"{folder} exists already; name another folder or remove it first")
    try:
        made = make(find(model))
        write(folder, made.files)
    except (AnswersDiffer, ArtefactError, NotExportable) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{folder}: cannot be written: {error.strerror}") from error
    if as_json:
        said = {"folder": str(folder), "files": {name: len(content) for name, content in made.files.items()}}
        print(json.dumps(said | {"texts": made.texts, "largest_difference": made.difference}))
        return
    size = len(made.files[MODEL]) / 1e6
    print(f"{folder}: {MODEL} ({size:.1f} MB); {made.texts:,} texts, answers differ by {made.difference:.1e} at most")
