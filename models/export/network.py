"""An artefact's network and calibration as one ONNX model: ids in, calibrated probabilities out."""

from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.architectures.architecture import OUTPUT
from models.architectures.registry import find
from models.architectures.weights import set_weights
from models.artefact import Artefact
from models.export import wide_deep
from models.export.graph import Graph, Name
from models.export.layers import NotExportable, Value, sums, translate
from models.manifest import Platt

IDS: Final = "ids"
PROBABILITIES: Final = "probabilities"

OPSET: Final = 17
"""Of 2022: it has all that we use, and runtimes of the last years know it."""

IR: Final = 8
"""The file format that came with :data:`OPSET`; the newest is refused by runtimes that are older than it."""


def to_onnx(artefact: Artefact) -> onnx.ModelProto:
    """The model: ``ids``, int32 of shape (n, length), to ``probabilities``, float32 of shape (n, classes).

    Raises:
        UnknownArchitecture, InvalidHyperparameters: the manifest names a network that there is not.
        KeyError, ValueError: the weights are not that network's.
        NotExportable: a layer of it has no form in ONNX here.
    """
    manifest, how = artefact.manifest, artefact.manifest.preprocessing
    found, classes = find(manifest.architecture), len(manifest.labels)
    sizes = found.choose(changes=manifest.hyperparameters)
    model = found.build(classes, num_words=how.num_words, length=how.length, hyperparameters=sizes)
    set_weights(model, artefact.weights)
    graph, scaling = Graph(), manifest.calibration
    if manifest.architecture == "wide-deep":
        last = wide_deep.last_sums(graph, artefact.weights, IDS)
    else:
        last = _last_sums(graph, model, how.pad)
    if classes > 2:
        said = _of_many(graph, last, classes, scaling)
    elif found.one_unit(classes):
        said = _of_odds(graph, last, scaling)
    else:  # the log-odds of bad are the difference of its sum and that of good
        said = _of_odds(graph, graph.node("MatMul", last, graph.constant(np.array([[-1], [1]], np.float32))), scaling)
    graph.nodes.append(helper.make_node("Identity", [said], [PROBABILITIES]))
    whole = helper.make_graph(
        graph.nodes, manifest.name,
        [helper.make_tensor_value_info(IDS, TensorProto.INT32, ["n", how.length])],
        [helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["n", classes])],
        graph.constants,
    )  # fmt: skip
    exported = helper.make_model(
        whole, producer_name="aura", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR
    )
    described = {"name": manifest.name, "digest": artefact.digest, "labels": ",".join(manifest.labels)}
    helper.set_model_props(exported, {f"aura.{name}": value for name, value in described.items()})
    onnx.checker.check_model(exported, full_check=True)
    return exported


def _last_sums(graph: Graph, model: Any, pad: str) -> Name:
    """Every layer but the last one's activation."""
    values: dict[int, Value] = {id(model.input): Value(IDS)}
    # Masks go from layer to layer as inputs of their own; here, as lengths beside the value.
    masks = {id(one.output) for one in model.operations if type(one).__name__ == "NotEqual"}
    for layer in model.layers[1:]:
        first, *others = layer.input if isinstance(layer.input, list) else [layer.input]
        if id(first) not in values or any(id(other) not in masks for other in others):
            raise NotExportable(f"layer {layer.name} has several inputs")
        value = values[id(first)]
        if layer.name == OUTPUT:
            return sums(graph, layer, value).name
        values[id(layer.output)] = value = translate(graph, layer, value)
        if value.lengths is not None and pad != "end":
            raise NotExportable("padding is masked, and stands at the front; ONNX knows masks at the end alone")
    raise NotExportable(f"the network has no layer {OUTPUT}")


def _of_odds(graph: Graph, odds: Name, scaling: Platt | None) -> Name:
    """Log-odds of bad, (n, 1), to P(good) and P(bad), as :func:`models.calibration.probabilities` does."""
    slope, shift = (1, 0) if scaling is None else (scaling.a, scaling.b)
    scaled = graph.node("Mul", odds, graph.constant(np.float32(slope)))
    bad = graph.node("Add", scaled, graph.constant(np.float32(shift)))
    return graph.node("Sigmoid", graph.node("Concat", graph.node("Neg", bad), bad, axis=1))


def _of_many(graph: Graph, found: Name, classes: int, scaling: Platt | None) -> Name:
    """Sums, (n, classes), to probabilities, as :func:`models.scaling.answers` does."""
    slope, shifts = (1, np.zeros(classes)) if scaling is None else (scaling.a, np.array(scaling.shifts))
    scaled = graph.node("Mul", found, graph.constant(np.float32(slope)))
    return graph.node("Softmax", graph.node("Add", scaled, graph.constant(shifts.astype(np.float32))), axis=1)
