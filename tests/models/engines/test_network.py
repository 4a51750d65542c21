"""The engine that answers for any architecture gives what Keras gives."""

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from models.architectures.errors import InvalidHyperparameters, UnknownArchitecture
from models.architectures.registry import find
from models.architectures.weights import weights_of
from models.engines import network
from models.engines.choose import choose
from models.engines.network import NetworkEngine
from models.manifest import Preprocessing

WORDS, LENGTH = 40, 60
FRONT = Preprocessing(num_words=WORDS, length=LENGTH, cut="front", pad="front")


def ids(rows: int) -> np.ndarray:
    random = np.random.default_rng(4)
    found = random.integers(1, WORDS, (rows, LENGTH), dtype=np.int32)
    found[np.arange(LENGTH) < random.integers(0, LENGTH + 1, rows)[:, None]] = 0
    return found


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("name", ["cnn-lstm", "imdb-cnn-lstm", "gru-2"])
def test_answers_are_those_of_keras_in_any_number_of_calls(
    name: str, classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "WORDS", 7 * LENGTH)
    model = find(name).build(classes, num_words=WORDS, length=LENGTH)
    reviews = ids(20)
    expected = model.predict(reviews, verbose=0)
    if expected.shape[1] == 1:
        expected = np.concatenate([1 - expected, expected], axis=1)
    made = choose(name, {}, FRONT, weights_of(model)).engine
    assert isinstance(made, NetworkEngine)
    assert softmax(made.logits(reviews), axis=1) == pytest.approx(expected, abs=2e-6)
    assert made.logits(reviews[:0]).shape == (0, classes)


def test_a_gpu_sees_batches_of_two_sizes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "WORDS", 100 * LENGTH)
    weights = weights_of(find("gru-2").build(5, num_words=WORDS, length=LENGTH))
    plain, fixed = (NetworkEngine("gru-2", {}, FRONT, weights, fixed=fixed) for fixed in (False, True))
    seen, run = set(), fixed._run

    def watched(given: Any) -> Any:
        seen.add(given.shape[0])
        return run(given)

    monkeypatch.setattr(fixed, "_run", watched)
    reviews = ids(205)
    for count in (0, 1, 64, 65, 100, 205):
        assert fixed.logits(reviews[:count]) == pytest.approx(plain.logits(reviews[:count]), abs=1e-5)
    assert seen == {64, 100}


def test_the_reference_is_answered_for_by_its_own_engine() -> None:
    model = find("cnn-lstm").build(5, num_words=WORDS, length=LENGTH)
    ends = Preprocessing(num_words=WORDS, length=LENGTH)
    reviews = np.ascontiguousarray(ids(20)[:, ::-1])
    made = choose("cnn-lstm", {}, ends, weights_of(model)).engine
    assert not isinstance(made, NetworkEngine)
    assert softmax(made.logits(reviews), axis=1) == pytest.approx(model.predict(reviews, verbose=0), abs=2e-6)


def test_networks_that_there_are_not_are_refused() -> None:
    with pytest.raises(InvalidHyperparameters, match="unknown field `heads`"):
        choose("gru-2", {"heads": 8}, FRONT, {})
    with pytest.raises(UnknownArchitecture):
        choose("abacus", {}, FRONT, {})


def test_weights_of_other_sizes_are_refused() -> None:
    weights = weights_of(find("gru-2").build(5, num_words=WORDS, length=LENGTH))
    with pytest.raises(ValueError, match="has shape"):
        choose("gru-2", {"units": [4, 4]}, FRONT, weights)
    with pytest.raises(KeyError):
        choose("lstm-2", {}, FRONT, weights)
