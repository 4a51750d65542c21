"""The folder that an export is: the network, the words that it reads, and the manifest that says how."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from models.artefact import MANIFEST, VOCABULARY, Artefact
from models.export.checking import compare, sample
from models.export.network import to_onnx
from models.inference import start
from models.preprocessing.reader import Reader

MODEL: Final = "model.onnx"


class Exported(NamedTuple):
    """Files by name, and how far they were checked."""

    files: Mapping[str, bytes]
    texts: int
    difference: float
    """Largest one of a probability between the exported model and the classifier."""


def export(artefact: Artefact) -> Exported:
    """Make an artefact's files and compare their answers with its own.

    Raises:
        ArtefactError: it cannot be loaded.
        NotExportable: a layer of its network has no form in ONNX here.
        AnswersDiffer: the exported model is not the classifier.
    """
    manifest = artefact.manifest
    classifier = start(artefact)
    model = to_onnx(artefact).SerializeToString(deterministic=True)
    reviews = sample(artefact.vocabulary, manifest.preprocessing.length)
    difference = compare(model, classifier, Reader(manifest.preprocessing, artefact.vocabulary), reviews)
    files = {
        MODEL: model,
        VOCABULARY: (artefact.path / VOCABULARY).read_bytes(),
        MANIFEST: (artefact.path / MANIFEST).read_bytes(),
    }
    return Exported(files, len(reviews), difference)
