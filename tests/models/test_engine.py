import tempfile
from pathlib import Path

import numpy as np
import pytest

from models.architectures import LENGTH, NUM_WORDS, cnn_lstm, set_weights, weights_of
from models.artefact import Weights, locate, read
from models.engine import CHUNK, CnnLstmEngine
from models.runtime import keras


def random_weights() -> Weights:
    """Of a new network, its biases (0 at first) drawn too, so that padding gives no zeros."""
    keras.utils.set_random_seed(7)
    random = np.random.default_rng(7)
    weights = weights_of(cnn_lstm())
    return weights | {
        name: random.normal(0, 0.3, value.shape).astype(np.float32)
        for name, value in weights.items()
        if name.endswith("bias")
    }


@pytest.mark.parametrize(
    "weights", [random_weights(), read(locate("product-cnn-lstm")).weights], ids=["new", "shipped"]
)
def test_answers_are_those_of_keras_at_every_length(weights: Weights) -> None:
    random = np.random.default_rng(1)
    lengths = np.concatenate([np.arange(LENGTH + 1), random.integers(0, LENGTH + 1, CHUNK)])
    ids = random.integers(1, NUM_WORDS, (len(lengths), LENGTH), dtype=np.int32)
    ids[np.arange(LENGTH) >= lengths[:, None]] = 0
    model = cnn_lstm()
    set_weights(model, weights)
    expected = model.predict(ids, batch_size=256, verbose=0)
    logits = CnnLstmEngine(weights, LENGTH).logits(ids)
    found = 1 / (1 + np.exp(logits[:, ::-1] - logits))
    assert np.abs(found - expected).max() < 2e-6


def test_no_reviews_give_no_answers() -> None:
    assert CnnLstmEngine(random_weights(), LENGTH).logits(np.zeros((0, LENGTH), np.int32)).shape == (0, 2)


def test_reviews_without_a_known_word_are_answered() -> None:
    logits = CnnLstmEngine(random_weights(), LENGTH).logits(np.zeros((3, LENGTH), np.int32))
    assert np.isfinite(logits).all()
    assert (logits == logits[0]).all()


def test_an_engine_leaves_no_files_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = CnnLstmEngine(random_weights(), LENGTH)
    engine.logits(np.ones((3, LENGTH), np.int32))
    assert list(tmp_path.iterdir()) == []
