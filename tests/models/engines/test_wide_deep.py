"""The engine of ``wide-deep`` gives what Keras gives."""

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from models.architectures.registry import find
from models.architectures.weights import set_weights, weights_of
from models.engines.choose import choose
from models.engines.parts import CHUNK
from models.engines.wide_deep import WideDeepEngine
from models.manifest import Preprocessing

WORDS, LENGTH = 40, 16
SIZES = {"embedding": 6, "filters": 5, "widths": [1, 2, 3, 4], "buckets": 101}
HOW = Preprocessing(num_words=WORDS, length=LENGTH, marked=True)


def reviews(rows: int) -> np.ndarray:
    """Of every length from none to the whole, with a mark somewhere in most."""
    random = np.random.default_rng(9)
    ids = random.integers(2, WORDS, (rows, LENGTH), dtype=np.int32)
    ids[np.arange(rows), random.integers(0, LENGTH, rows)] = 1
    ids[np.arange(LENGTH) >= (np.arange(rows) % (LENGTH + 1))[:, None]] = 0
    return ids


def trained(classes: int) -> tuple[Any, dict[str, np.ndarray]]:
    """A model whose every weight is set, the wide part's too."""
    architecture = find("wide-deep")
    sizes = architecture.choose(changes=SIZES | {"columns": 1 if classes == 2 else classes})
    model = architecture.build(classes, num_words=WORDS, length=LENGTH, hyperparameters=sizes)
    random = np.random.default_rng(10)
    weights = {name: random.normal(size=w.shape).astype(np.float32) for name, w in weights_of(model).items()}
    set_weights(model, weights)
    return model, weights


@pytest.mark.parametrize("classes", [2, 5])
def test_answers_are_those_of_keras(classes: int) -> None:
    model, weights = trained(classes)
    made = choose("wide-deep", SIZES | {"columns": 1 if classes == 2 else classes}, HOW, weights, 1).engine
    assert isinstance(made, WideDeepEngine)
    ids = reviews(100)
    assert softmax(made.logits(ids), axis=1) == pytest.approx(model.predict(ids, verbose=0), abs=2e-5)
    assert made.logits(ids[:0]).shape == (0, classes)


@pytest.mark.parametrize("threads", [1, 2])
def test_more_reviews_than_one_chunk_are_answered_in_order(threads: int) -> None:
    _, weights = trained(2)
    made = choose("wide-deep", SIZES, HOW, weights, threads).engine
    ids = reviews(CHUNK + 30)
    assert made.logits(ids)[CHUNK:] == pytest.approx(made.logits(ids[CHUNK:]), abs=1e-5)


def test_padding_changes_nothing() -> None:
    _, weights = trained(2)
    made = choose("wide-deep", SIZES, HOW, weights, 1).engine
    ids = reviews(50)
    longer = np.concatenate([ids, np.zeros((50, 7), np.int32)], axis=1)
    assert np.array_equal(made.logits(ids), made.logits(longer))


def test_weights_that_do_not_fit_are_refused() -> None:
    _, weights = trained(2)
    with pytest.raises(ValueError, match=r"output/kernel has shape \(3, 2\), the network \(27, 2\)"):
        choose("wide-deep", SIZES, HOW, weights | {"output/kernel": np.zeros((3, 2), np.float32)})
    with pytest.raises(KeyError):
        choose("wide-deep", SIZES, HOW, {name: w for name, w in weights.items() if name != "wide/pairs"})
