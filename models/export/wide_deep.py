"""``wide-deep`` in ONNX, from its weights: it is no chain of layers, and its wide part is no layer of Keras' own."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from onnx import TensorProto

from models.artefact import Weights
from models.engines.wide_deep import widths_of
from models.export.graph import Graph, Name
from models.wide.grams import DAMPING, FACTOR, MARK_ID, ORDERS, SALT

_END: Final = np.array([np.iinfo(np.int64).max])
_POSITIONS: Final = np.array([1])


def last_sums(graph: Graph, weights: Weights, ids: Name) -> Name:
    """The last layer's sums, (n, classes), from ``ids`` of shape (n, length), as the network has them."""
    ids = graph.node("Cast", ids, to=TensorProto.INT64)
    seen = graph.node("Concat", *_deep(graph, weights, ids), _wide(graph, weights, ids), axis=1)
    sums = graph.node("MatMul", seen, graph.constant(weights["output/kernel"]))
    return graph.node("Add", sums, graph.constant(weights["output/bias"]))


def _deep(graph: Graph, weights: Weights, ids: Name) -> Iterator[Name]:
    """What each convolution saw at most, then the words' damped mean."""
    there = _as_floats(graph, graph.node("Greater", ids, graph.constant(np.int64(0))))
    there = graph.node("Unsqueeze", there, graph.constant(np.array([2])))
    words = graph.node("Mul", graph.node("Gather", graph.constant(weights["embedding/embeddings"]), ids), there)
    turned, there_turned = (graph.node("Transpose", value, perm=[0, 2, 1]) for value in (words, there))
    for width in widths_of(weights):
        kernel, bias = (weights[f"conv_{width}/{name}"] for name in ("kernel", "bias"))
        left = (width - 1) // 2
        operands = (graph.constant(kernel.transpose(2, 1, 0)), graph.constant(bias))
        sums = graph.node("Conv", turned, *operands, pads=[left, width - 1 - left])
        yield graph.node("ReduceMax", graph.node("Mul", graph.node("Relu", sums), there_turned), axes=[2], keepdims=0)
    count = graph.node("Max", _sum(graph, there), graph.constant(np.float32(1)))
    yield graph.node("Div", _sum(graph, words), graph.node("Sqrt", count))


def _wide(graph: Graph, weights: Weights, ids: Name) -> Name:
    """See :func:`models.wide.grams.groups`."""
    marks = _as_integers(graph, graph.node("Equal", ids, graph.constant(np.int64(MARK_ID))))
    marks_so_far = graph.node("CumSum", marks, graph.constant(np.int64(1)))
    in_title = _as_integers(graph, graph.node("Equal", marks_so_far, graph.constant(np.int64(0))))
    word = _as_integers(graph, graph.node("Greater", ids, graph.constant(np.int64(MARK_ID))))
    hashed, whole, title = ids, word, in_title
    parts = []
    for order, name in enumerate(ORDERS):
        table = weights[f"wide/{name}"]
        if order:
            before, title = _slice(graph, hashed, 0, -1), _slice(graph, title, 0, -1)
            before = graph.node("Mul", before, graph.constant(np.int64(FACTOR)))
            hashed = graph.node("Add", before, _slice(graph, ids, order, None))
            whole = graph.node("Mul", _slice(graph, whole, 0, -1), _slice(graph, word, order, None))
        apart = SALT if order else len(table) // 2
        addresses = graph.node("Add", hashed, graph.node("Mul", title, graph.constant(np.int64(apart))))
        if order:
            addresses = graph.node("Mod", addresses, graph.constant(np.int64(len(table))))
        found = graph.node("Gather", graph.constant(table), addresses)
        text = graph.node("Sub", graph.constant(np.int64(1)), title)
        for field in (title, text):
            here = _as_floats(graph, graph.node("Mul", whole, field))
            here = graph.node("Unsqueeze", here, graph.constant(np.array([2])))
            count = graph.node("Max", _sum(graph, here), graph.constant(np.float32(1)))
            damped = graph.node("Pow", count, graph.constant(np.float32(DAMPING)))
            parts.append(graph.node("Div", _sum(graph, graph.node("Mul", found, here)), damped))
    return graph.node("Sum", *parts)


def _sum(graph: Graph, value: Name) -> Name:
    return graph.node("ReduceSum", value, graph.constant(_POSITIONS), keepdims=0)


def _slice(graph: Graph, value: Name, start: int, end: int | None) -> Name:
    """Positions from ``start`` to before ``end``."""
    stop = _END if end is None else np.array([end])
    return graph.node(
        "Slice", value, graph.constant(np.array([start])), graph.constant(stop), graph.constant(_POSITIONS)
    )


def _as_integers(graph: Graph, value: Name) -> Name:
    return graph.node("Cast", value, to=TensorProto.INT64)


def _as_floats(graph: Graph, value: Name) -> Name:
    return graph.node("Cast", value, to=TensorProto.FLOAT)
