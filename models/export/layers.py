"""What each layer of our networks is in ONNX.

Between layers, values have Keras' shapes: (n, positions, channels) or (n, channels). Gates of recurrent layers stand in
another order in ONNX than in Keras; the arithmetic is the same (ONNX operators LSTM and GRU, the latter with
``linear_before_reset``, which Keras calls ``reset_after``).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from models.export.graph import Graph, Name

_ACTIVATIONS: Final = MappingProxyType({"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"})


class NotExportable(Exception):
    """A network that has no form in ONNX here; the message says which layer, and why."""


class Value(NamedTuple):
    """What a layer takes and gives."""

    name: Name
    lengths: Name | None = None
    """Of each sequence, int32 of shape (n,), where what follows its end is masked; None where nothing is."""


def translate(graph: Graph, layer: Any, value: Value) -> Value:
    """Add what a Keras layer computes in inference.

    Raises:
        NotExportable: no form is known of it.
    """
    kind = type(layer).__name__
    if kind not in _LAYERS:
        raise NotExportable(f"layer {layer.name} is a {kind}; those that can be exported are {', '.join(_LAYERS)}")
    return _LAYERS[kind](graph, layer, value)


def _embedding(graph: Graph, layer: Any, ids: Value) -> Value:
    (table,) = layer.get_weights()
    lengths = None
    if layer.mask_zero:
        words = graph.node("Cast", graph.node("Greater", ids.name, graph.constant(np.int32(0))), to=TensorProto.INT32)
        lengths = graph.node("ReduceSum", words, graph.constant(np.array([1])), keepdims=0)
    return Value(graph.node("Gather", graph.constant(table), ids.name), lengths)


def _convolution(graph: Graph, layer: Any, value: Value) -> Value:
    if (layer.padding, layer.data_format, layer.groups) != ("valid", "channels_last", 1):
        raise NotExportable(f"layer {layer.name} pads, groups or has its channels first")
    kernel, *bias = layer.get_weights()  # (positions, channels in, channels out)
    operands = [graph.constant(array) for array in (kernel.transpose(2, 1, 0), *bias)]
    seen = _channels_first(graph, value.name)
    seen = graph.node("Conv", seen, *operands, strides=list(layer.strides), dilations=list(layer.dilation_rate))
    return Value(_activated(graph, layer, _channels_first(graph, seen)))


def _maximum(graph: Graph, layer: Any, value: Value) -> Value:
    if (layer.padding, layer.data_format) != ("valid", "channels_last"):
        raise NotExportable(f"layer {layer.name} pads or has its channels first")
    seen = _channels_first(graph, value.name)
    seen = graph.node("MaxPool", seen, kernel_shape=list(layer.pool_size), strides=list(layer.strides))
    return Value(_channels_first(graph, seen))


def _recurrent(graph: Graph, layer: Any, value: Value) -> Value:
    return _run_over(graph, [layer], layer.return_sequences, value)


def _both_ways(graph: Graph, layer: Any, value: Value) -> Value:
    if layer.merge_mode != "concat":
        raise NotExportable(f"layer {layer.name} merges by {layer.merge_mode}")
    return _run_over(graph, [layer.forward_layer, layer.backward_layer], layer.return_sequences, value)


def _dense(graph: Graph, layer: Any, value: Value) -> Value:
    return Value(_activated(graph, layer, sums(graph, layer, value).name), value.lengths)


def sums(graph: Graph, dense: Any, value: Value) -> Value:
    """What a dense layer has before its activation."""
    kernel, *bias = dense.get_weights()
    found = graph.node("MatMul", value.name, graph.constant(kernel))
    for shift in bias:
        found = graph.node("Add", found, graph.constant(shift))
    return Value(found)


def _run_over(graph: Graph, cells: list[Any], every_step: bool, value: Value) -> Value:
    """One or two recurrent layers of a kind, the second from the end to the beginning, side by side."""
    kind, weights = _operator(cells[0]), [_weights(cell) for cell in cells]
    operands = [graph.constant(np.stack(each)) for each in zip(*weights, strict=True)]
    directions = "bidirectional" if len(cells) == 2 else "forward"
    reset = {"linear_before_reset": 1} if kind == "GRU" else {}
    steps = graph.node("Transpose", value.name, perm=[1, 0, 2])
    every, last = graph.outputs(
        kind, [steps, *operands, value.lengths or ""], 2,
        hidden_size=cells[0].units, direction=directions, **reset,
    )  # fmt: skip
    if every_step:  # (positions, directions, n, units)
        turned, shape = graph.node("Transpose", every, perm=[2, 0, 1, 3]), [0, 0, -1]
    else:  # (directions, n, units)
        turned, shape = graph.node("Transpose", last, perm=[1, 0, 2]), [0, -1]
    flat = graph.node("Reshape", turned, graph.constant(np.array(shape)))
    return Value(flat, value.lengths if every_step else None)


def _operator(cell: Any) -> str:
    kind = type(cell).__name__
    plain = cell.activation.__name__ == "tanh" and cell.recurrent_activation.__name__ == "sigmoid" and cell.use_bias
    if kind not in ("LSTM", "GRU") or not plain or cell.go_backwards != cell.name.startswith("backward_"):
        raise NotExportable(f"layer {cell.name} is no LSTM or GRU of Keras' default form")
    if kind == "GRU" and not cell.reset_after:
        raise NotExportable(f"layer {cell.name} resets before it multiplies")
    return kind


def _weights(cell: Any) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Kernel, recurrent kernel and biases as ONNX has them: gates one below the other."""
    kernel, recurrent, bias = cell.get_weights()
    if type(cell).__name__ == "LSTM":  # from in, forget, candidate, out to in, out, forget, candidate
        kernel, recurrent, bias = (_gates(array, (0, 3, 1, 2)) for array in (kernel, recurrent, bias))
        bias = np.concatenate([bias, np.zeros_like(bias)])
    return kernel.T, recurrent.T, bias.reshape(-1)


def _gates(array: NDArray[np.float32], order: tuple[int, ...]) -> NDArray[np.float32]:
    parts = np.split(array, len(order), axis=-1)
    return np.concatenate([parts[gate] for gate in order], axis=-1)


def _channels_first(graph: Graph, name: Name) -> Name:
    """Channels before positions; a second time it turns them back."""
    return graph.node("Transpose", name, perm=[0, 2, 1])


def _activated(graph: Graph, layer: Any, name: Name) -> Name:
    activation = layer.activation.__name__
    if activation == "linear":
        return name
    if activation not in _ACTIVATIONS:
        raise NotExportable(f"layer {layer.name} has the activation {activation}")
    return graph.node(_ACTIVATIONS[activation], name)


_LAYERS: Final[Mapping[str, Callable[[Graph, Any, Value], Value]]] = MappingProxyType(
    {
        "Embedding": _embedding,
        "Dropout": lambda _graph, _layer, value: value,
        "SpatialDropout1D": lambda _graph, _layer, value: value,
        "Conv1D": _convolution,
        "MaxPooling1D": _maximum,
        "LSTM": _recurrent,
        "GRU": _recurrent,
        "Bidirectional": _both_ways,
        "Dense": _dense,
    }
)
