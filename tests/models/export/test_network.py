"""Exported networks answer as the classifiers that they are made of, whatever the architecture."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models.architectures.registry import ARCHITECTURES, find
from models.architectures.weights import weights_of
from models.artefact import MANIFEST, VOCABULARY, Artefact
from models.artefact import find as find_artefact
from models.data.labelled import LABELS, Task
from models.data.read import read_labelled
from models.export import layers
from models.export.checking import AnswersDiffer, compare, sample
from models.export.folder import MODEL, export
from models.export.graph import Graph
from models.export.layers import NotExportable
from models.export.network import to_onnx
from models.inference import start
from models.manifest import Platt
from models.preprocessing.reader import Reader
from models.preprocessing.tokenizer import Vocabulary
from models.review import Review

SHIPPED = find_artefact("reference")
WORDS = 200
SMALLER: dict[str, dict[str, Any]] = {"gru-1": {"units": [32]}, "lstm-2": {"units": [16, 24]}}


def made(architecture: str, task: Task, calibration: Platt | None) -> Artefact:
    """An artefact of wild weights, so that reviews get answers far apart."""
    found = find(architecture)
    length = 60 if "cnn" in architecture else 20
    how = msgspec.structs.replace(found.preprocessing, num_words=WORDS, length=length, lemmas="no")
    sizes = SMALLER.get(architecture, {})
    network = found.build(
        len(LABELS[task]), num_words=WORDS, length=how.length, hyperparameters=found.choose(changes=sizes)
    )
    random = np.random.default_rng(5)
    weights: dict[str, NDArray[np.float32]] = {
        name: (random.normal(0, 1, array.shape) * wildness(architecture, name, array)).astype(np.float32)
        for name, array in weights_of(network).items()
    }
    manifest = msgspec.structs.replace(
        SHIPPED.manifest, architecture=architecture, hyperparameters=sizes, preprocessing=how, task=task,
        labels=LABELS[task], calibration=calibration,
    )  # fmt: skip
    words = Vocabulary([b"w%d" % number for number in range(1, WORDS)], num_words=WORDS)
    return Artefact(Path("made"), manifest, words, weights, "0" * 12)


def wildness(architecture: str, name: str, array: NDArray[np.float32]) -> float:
    # With 2 for the CNN-LSTM as well, Keras and ONNX Runtime round to 1.1e-5 off what float64 gives.
    scale = 1.5 if "cnn" in architecture else 2
    return 0.3 if "bias" in name else 1.0 if "embeddings" in name else scale / float(np.sqrt(array.shape[-2]))


def difference(artefact: Artefact, model: onnx.ModelProto) -> float:
    how = artefact.manifest.preprocessing
    reviews = sample(artefact.vocabulary, how.length)[:100]
    classifier = start(artefact)
    assert np.ptp(classifier.predict(reviews), axis=0).max() > 0.02, "else a wrong network could pass"
    return compare(model.SerializeToString(), classifier, Reader(how, artefact.vocabulary), reviews)


@pytest.mark.parametrize("task", ["bad", "stars"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_answers_alike_in_two_classes_and_in_five(architecture: str, task: Task) -> None:
    shifts = (0.0, 0.3, -0.2, 0.1, 0.4) if task == "stars" else ()
    calibration = Platt(a=1.3, b=0.0 if shifts else -0.4, rows=1, shifts=shifts)
    artefact = made(architecture, task, calibration)
    assert difference(artefact, to_onnx(artefact)) <= 1e-5


def test_without_a_calibration_the_networks_own_probabilities_come_out() -> None:
    for task in ("bad", "stars"):
        artefact = made("gru-2", task, None)
        assert difference(artefact, to_onnx(artefact)) <= 1e-5


def test_a_network_that_is_put_together_wrongly_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    artefact = made("lstm-2", "bad", None)
    monkeypatch.setattr(layers, "_gates", lambda array, order: array)
    with pytest.raises(AnswersDiffer) as raised:
        difference(artefact, to_onnx(artefact))
    assert raised.value.difference > 1e-3


def test_a_mask_at_the_front_is_refused() -> None:
    artefact = made("bilstm-sequence", "bad", None)
    how = msgspec.structs.replace(artefact.manifest.preprocessing, pad="front")
    at_front = artefact._replace(manifest=msgspec.structs.replace(artefact.manifest, preprocessing=how))
    with pytest.raises(NotExportable, match="stands at the front"):
        to_onnx(at_front)


def test_the_shipped_classifier_is_exported_whole_and_names_itself() -> None:
    exported = export(SHIPPED)
    assert sorted(exported.files) == sorted([MODEL, VOCABULARY, MANIFEST])
    assert exported.difference <= 1e-5
    assert exported.texts == 1_000
    props = {prop.key: prop.value for prop in onnx.load_from_string(exported.files[MODEL]).metadata_props}
    assert props == {"aura.name": "reference", "aura.digest": SHIPPED.digest, "aura.labels": "good,bad"}
    assert export(SHIPPED).files == exported.files, "the same artefact is exported to the same bytes"


def test_real_reviews_get_equal_answers(shared_data: Path) -> None:
    path = shared_data / "product_reviews.csv.gz"
    reviews = read_labelled(path, text="reviews_text", rating="reviews_rating").reviews[::25]
    assert len(reviews) > 1_000
    model = to_onnx(SHIPPED).SerializeToString()
    reader = Reader(SHIPPED.manifest.preprocessing, SHIPPED.vocabulary)
    assert compare(model, start(SHIPPED), reader, [*reviews, Review("")]) <= 1e-5


def test_a_number_stands_in_the_file_as_a_number() -> None:
    graph = Graph()
    graph.constant(np.int64(1))
    graph.constant(np.arange(6).reshape(2, 3).T)
    assert [list(constant.dims) for constant in graph.constants] == [[], [3, 2]]
