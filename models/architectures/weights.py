"""Weights of a network by name, out of it and into it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def weights_of(model: Any) -> dict[str, NDArray[np.float32]]:
    """A copy of a model's weights under ``layer/variable``.

    Where a layer has several variables of a name, as a bidirectional one has, what stands between them in Keras' path
    tells them apart: ``bilstm_1/forward_lstm/lstm_cell/kernel``.
    """
    return {name: weight.numpy().copy() for layer in model.layers for name, weight in _named(layer)}


def set_weights(model: Any, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Put :func:`weights_of`'s arrays into a model of the same architecture and sizes.

    Raises:
        KeyError: one is missing.
        ValueError: one has another shape, or is of no variable of the model.
    """
    wanted = {name: weight for layer in model.layers for name, weight in _named(layer)}
    check_shapes(weights, {name: tuple(weight.shape) for name, weight in wanted.items()})
    for name, weight in wanted.items():
        weight.assign(weights[name])


def check_shapes(weights: Mapping[str, NDArray[np.float32]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that these are a network's weights: all of them, in its shapes, and none besides.

    Raises:
        KeyError: one is missing.
        ValueError: one has another shape, or is of no variable of the network.
    """
    for name, shape in shapes.items():
        if weights[name].shape != shape:
            raise ValueError(f"{name} has shape {weights[name].shape}, the network {shape}")
    if unknown := weights.keys() - shapes.keys():
        raise ValueError(f"the network has no {', '.join(sorted(unknown))}")


def _named(layer: Any) -> list[tuple[str, Any]]:
    times = Counter(weight.name for weight in layer.weights)
    return [
        (f"{layer.name}/{weight.name if times[weight.name] == 1 else _below(layer.name, weight.path)}", weight)
        for weight in layer.weights
    ]


def _below(layer: str, path: str) -> str:
    return path.split(f"{layer}/", 1)[1]
