import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.architectures.cnn_lstm import CNN_LSTM, LENGTH, NUM_WORDS
from models.architectures.weights import set_weights, weights_of
from models.artefact import Weights, locate, read
from models.engines.batches import SIZES
from models.engines.blocks import Shape
from models.engines.cpu import CpuEngine
from models.engines.engine import Engine
from models.engines.graph import GraphEngine, widths
from models.engines.parts import CHUNK
from models.runtime import keras

Make = Callable[[Weights, int], Engine]

MADE: dict[tuple[str, bytes], GraphEngine] = {}
"""Graphs take seconds to trace, so that those of the same weights are traced once."""


def graphs(weights: Weights, length: int) -> GraphEngine:
    key = (" ".join(weights), weights["embedding/embeddings"].tobytes())
    if key not in MADE:
        MADE[key] = GraphEngine(weights, length)
    return MADE[key]


EACH = pytest.mark.parametrize(
    "make", [graphs, CpuEngine, partial(CpuEngine, threads=3)], ids=["graph", "cpu", "threads"]
)


def network() -> Any:
    return CNN_LSTM.build(2, num_words=NUM_WORDS, length=LENGTH)


def random_weights() -> Weights:
    """Of a new network, its biases (0 at first) drawn too, so that padding gives no zeros."""
    keras.utils.set_random_seed(7)
    random = np.random.default_rng(7)
    weights = weights_of(network())
    return weights | {
        name: random.normal(0, 0.3, value.shape).astype(np.float32)
        for name, value in weights.items()
        if name.endswith("bias")
    }


@EACH
@pytest.mark.parametrize("weights", [random_weights(), read(locate("reference")).weights], ids=["new", "shipped"])
def test_answers_are_those_of_keras_at_every_length(make: Make, weights: Weights) -> None:
    random = np.random.default_rng(1)
    lengths = np.concatenate([np.arange(LENGTH + 1), random.integers(0, LENGTH + 1, CHUNK)])
    ids = random.integers(1, NUM_WORDS, (len(lengths), LENGTH), dtype=np.int32)
    ids[np.arange(LENGTH) >= lengths[:, None]] = 0
    model = network()
    set_weights(model, weights)
    expected = model.predict(ids, batch_size=256, verbose=0)
    logits = make(weights, LENGTH).logits(ids)
    found = 1 / (1 + np.exp(logits[:, ::-1] - logits))
    assert np.abs(found - expected).max() < 2e-6


@EACH
def test_no_reviews_give_no_answers(make: Make) -> None:
    assert make(random_weights(), LENGTH).logits(np.zeros((0, LENGTH), np.int32)).shape == (0, 2)


@EACH
def test_reviews_without_a_known_word_are_answered(make: Make) -> None:
    logits = make(random_weights(), LENGTH).logits(np.zeros((3, LENGTH), np.int32))
    assert np.isfinite(logits).all()
    assert (logits == logits[0]).all()


def test_no_batch_traces_a_graph_that_was_not_made_at_the_start() -> None:
    engine = graphs(random_weights(), LENGTH)
    shapes = len(SIZES) * len(widths(Shape(LENGTH).second))
    assert engine.traces == shapes
    random = np.random.default_rng(2)
    for count in (0, 1, SIZES[0], SIZES[0] + 1, SIZES[1], SIZES[1] + 1):
        ids = random.integers(1, NUM_WORDS, (count, LENGTH), dtype=np.int32)
        ids[np.arange(LENGTH) >= random.integers(0, LENGTH + 1, (count, 1))] = 0
        assert engine.logits(ids).shape == (count, 2)
    assert engine.traces == shapes


def test_graphs_of_the_shortest_texts_give_the_same_answers() -> None:
    shortest = next(length for length in range(LENGTH) if Shape(length).second == 1)
    small = {name: array[:50] if "embeddings" in name else array for name, array in random_weights().items()}
    ids = np.random.default_rng(3).integers(1, 50, (SIZES[0] + 1, shortest), dtype=np.int32)
    ids[np.arange(shortest) >= (np.arange(len(ids)) % (shortest + 1))[:, None]] = 0
    engine = GraphEngine(small, shortest)
    assert engine.logits(ids) == pytest.approx(CpuEngine(small, shortest).logits(ids), abs=1e-5)
    assert engine.traces == len(SIZES)


def test_an_engine_leaves_no_files_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    small = {name: array[:50] if "embeddings" in name else array for name, array in random_weights().items()}
    GraphEngine(small, 49).logits(np.ones((3, 49), np.int32))
    assert list(tmp_path.iterdir()) == []


@EACH
def test_weights_of_another_architecture_are_refused(make: Make) -> None:
    with pytest.raises(KeyError):
        make({"embedding/embeddings": np.zeros((5, 5), np.float32)}, LENGTH)
