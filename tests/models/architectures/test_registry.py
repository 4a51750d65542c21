"""Promises that every architecture keeps, whatever its layers are."""

import msgspec
import numpy as np
import pytest

from models.architectures.architecture import OUTPUT, Fitting
from models.architectures.errors import InvalidHyperparameters, UnknownArchitecture
from models.architectures.registry import ARCHITECTURES, find
from models.architectures.weights import set_weights, weights_of
from models.runtime import keras

WORDS, LENGTH = 40, 60
"""A vocabulary that trains in a moment, and the shortest round length that the CNN-LSTM's pools leave something of."""

every_architecture = pytest.mark.parametrize("name", ARCHITECTURES)
either_task = pytest.mark.parametrize("classes", [2, 5])


def sample(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids whose first word alone says the class; truth as numbers."""
    random = np.random.default_rng(5)
    truth = np.arange(40) % classes
    ids = random.integers(10, WORDS, (len(truth), LENGTH), dtype=np.int32)
    ids[:, LENGTH // 4 : -LENGTH // 4] = (truth + 1)[:, None]
    return ids, truth


@either_task
@every_architecture
def test_it_learns_a_small_sample(name: str, classes: int) -> None:
    keras.utils.set_random_seed(3)
    # The published rates suit thousands of rows: at 0.01 a GRU of 256 jumps about on forty, and even so now and then,
    # which is why training keeps the best epoch and this looks at it.
    model = find(name).build(classes, num_words=WORDS, length=LENGTH, fitting=Fitting(learning_rate=2e-3))
    ids, truth = sample(classes)
    targets = truth[:, None].astype(np.float32) if model.output_shape == (None, 1) else np.eye(classes)[truth]
    before = model.evaluate(ids, targets, verbose=0)[0]
    epochs = model.fit(ids, targets, validation_data=(ids, targets), batch_size=8, epochs=4, verbose=0)
    assert min(epochs.history["val_loss"]) < before - 0.01


@either_task
@every_architecture
def test_answers_are_probabilities(name: str, classes: int) -> None:
    architecture = find(name)
    model = architecture.build(classes, num_words=WORDS, length=LENGTH)
    answers = model.predict(sample(classes)[0], verbose=0)
    assert answers.shape == (40, 1 if architecture.one_unit(classes) else classes)
    assert ((answers > 0) & (answers < 1)).all()
    if answers.shape[1] > 1:
        assert answers.sum(axis=1) == pytest.approx(np.ones(40), abs=1e-5)
    assert model.layers[-1].name == OUTPUT


@every_architecture
def test_weights_have_distinct_names_and_go_back_where_they_were(name: str) -> None:
    ids, _ = sample(5)
    one, other = (find(name).build(5, num_words=WORDS, length=LENGTH) for _ in range(2))
    weights = weights_of(one)
    assert sum(array.size for array in weights.values()) == one.count_params()
    assert not np.array_equal(one.predict(ids, verbose=0), other.predict(ids, verbose=0))
    set_weights(other, weights)
    assert np.array_equal(one.predict(ids, verbose=0), other.predict(ids, verbose=0))


def test_weights_that_do_not_fit_are_refused() -> None:
    model = find("gru-2").build(5, num_words=WORDS, length=LENGTH)
    weights = weights_of(model)
    with pytest.raises(ValueError, match=r"output/bias has shape \(2,\), the network \(5,\)"):
        set_weights(model, weights | {"output/bias": np.zeros(2, np.float32)})
    with pytest.raises(ValueError, match="the network has no gru_9/kernel"):
        set_weights(model, weights | {"gru_9/kernel": np.zeros(2, np.float32)})
    with pytest.raises(KeyError, match="output/bias"):
        set_weights(model, {name: array for name, array in weights.items() if name != "output/bias"})


@every_architecture
def test_hyperparameters_survive_the_manifest(name: str) -> None:
    architecture = find(name)
    as_json = msgspec.json.decode(msgspec.json.encode(architecture.hyperparameters))
    assert architecture.choose(changes=as_json) == architecture.hyperparameters


def test_a_change_reaches_the_layer() -> None:
    architecture = find("lstm-2")
    sizes = architecture.choose("published", {"units": [16, 24], "dropouts": [0.0, 0.25, 0.5]})
    model = architecture.build(5, num_words=WORDS, length=LENGTH, hyperparameters=sizes)
    assert [model.get_layer(f"lstm_{number}").units for number in (1, 2)] == [16, 24]
    assert [model.get_layer(f"dropout_{number}").rate for number in (1, 2, 3)] == [0.0, 0.25, 0.5]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"units": [64]}, "of length 2"),
        ({"units": [0, 8]}, ">= 1"),
        ({"dropouts": [0.1, 0.2, 1.0]}, "< 1.0"),
        ({"embedding": "wide"}, "int"),
        ({"heads": 8}, "unknown field `heads`"),
    ],
)
def test_hyperparameters_out_of_bounds_are_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidHyperparameters, match=r"^architecture lstm-2: ") as raised:
        find("lstm-2").choose(changes=changes)
    assert reason in raised.value.reason


def test_a_preset_carries_its_learning_rate() -> None:
    assert find("gru-4").fitting_of("published").learning_rate == 1e-2
    assert find("lstm-2").fitting_of("published").learning_rate == 1e-3
    with pytest.raises(InvalidHyperparameters, match="no preset 'best'; there are default, published"):
        find("gru-1").fitting_of("best")


def test_a_name_that_none_has_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownArchitecture, match=r"unknown architecture 'abacus' .*cnn-lstm, imdb-lstm") as raised:
        find("abacus")
    assert raised.value.name == "abacus"
