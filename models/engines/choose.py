"""The engine for an artefact on this machine."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.architectures.sizes import shapes_of
from models.architectures.weights import check_shapes
from models.engines.cpu import CpuEngine
from models.engines.engine import Engine
from models.engines.wide_deep import WideDeepEngine
from models.manifest import Preprocessing

_WITH_ENGINES: Final = ("cnn-lstm", "wide-deep")
"""Architectures that have engines of their own, exact where zeros stand at the end alone."""


class Choice(NamedTuple):
    """An engine, and where it computes, in words: ``CPU (1 of 2 cores)``."""

    engine: Engine
    device: str


def has_gpu() -> bool:
    """Whether there seems to be a GPU for TensorFlow. Only TensorFlow knows, and it takes seconds to import."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return not hidden and any(any(Path("/dev").glob(name)) for name in ("nvidia[0-9]*", "dxg"))


def choose(
    architecture: str,
    hyperparameters: Mapping[str, Any],
    how: Preprocessing,
    weights: Mapping[str, NDArray[np.float32]],
    threads: int | None = None,
) -> Choice:
    """The fastest engine for a network: one made for it where there is one, else Keras' own arithmetic.

    Args:
        architecture: its name.
        hyperparameters: its sizes, as a manifest has them.
        how: how reviews become ids.
        weights: the artefact's.
        threads: CPU threads; None for one a core.

    Raises:
        UnknownArchitecture: there is none of that name.
        InvalidHyperparameters: it has no such.
        KeyError, ValueError: ``weights`` are not that network's: one is missing, or has not the shape that
            hyperparameters and ``how`` give it.
        models.runtime.ThreadsAlreadySet: TensorFlow is needed, and computes already with another number of threads.
    """
    if architecture not in _WITH_ENGINES or how.pad != "end":
        from models.engines.network import NetworkEngine
        from models.runtime import set_threads, use_device

        set_threads(threads)
        device = use_device()
        fixed = device.startswith("GPU")
        return Choice(NetworkEngine(architecture, hyperparameters, how, weights, fixed=fixed), device)
    classes = max(weights["output/bias"].size, 2)
    shapes = shapes_of(architecture, hyperparameters, num_words=how.num_words, length=how.length, classes=classes)
    check_shapes(weights, shapes)
    cores = len(os.sched_getaffinity(0))
    most = threads or cores
    device_of_cpu = f"CPU ({most} of {cores} cores)" if most < cores else f"CPU ({cores} cores)"
    if architecture == "wide-deep":
        return Choice(WideDeepEngine(weights, most), device_of_cpu)
    if has_gpu():
        from models.engines.graph import GraphEngine
        from models.runtime import set_threads, use_device

        set_threads(threads)
        device = use_device()
        if device.startswith("GPU"):
            return Choice(GraphEngine(weights, how.length), device)
    return Choice(CpuEngine(weights, how.length, most), device_of_cpu)
