from typing import Any

import numpy as np
import pytest

from models.architectures.architecture import Fitting
from models.architectures.registry import find
from models.artefact import pack_weights
from models.runtime import keras, tf
from models.training.fit import Fitted, Part, balanced, fit
from models.training.recipe import recipe
from tests.models.training.small import ignore


def test_balanced_classes_count_the_same() -> None:
    truth = np.array([0] * 90 + [1] * 10)
    weights = balanced(truth, 2)
    assert weights[0] * 90 == pytest.approx(weights[1] * 10)
    assert sum(weights[number] for number in truth.tolist()) == pytest.approx(100)


def test_a_class_without_rows_weighs_nothing_that_matters() -> None:
    assert balanced(np.array([0, 0, 4, 4]), 5) == {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}


def noise(rows: int, seed: int) -> Part:
    random = np.random.default_rng(seed)
    return Part(random.integers(1, 60, (rows, 12), dtype=np.int32), random.integers(0, 2, rows).astype(np.intp))


def fitted(patience: int) -> Fitted:
    """On noise, which is learned by heart and never understood: the held-out loss soon rises."""
    how = recipe(
        "gru-2", task="bad", fitting={"epochs": 12, "learning_rate": 0.03, "batch_size": 8, "patience": patience}
    )
    keras.utils.set_random_seed(1)
    sizes = find("gru-2").choose(changes={"embedding": 8})
    model = find("gru-2").build(2, num_words=60, length=12, hyperparameters=sizes, fitting=how.fitting)
    return fit(model, noise(64, 1), noise(64, 2), how.fitting, classes=2, choosing=True, seed=1, on_progress=ignore)


def test_patience_ends_it_early_with_the_best_epochs_weights() -> None:
    stopped = fitted(patience=2)
    assert len(stopped.history) == stopped.chosen_epoch + 2 < 12
    assert stopped.chosen_epoch == 1 + int(np.argmin([epoch.held_out_loss for epoch in stopped.history]))
    assert pack_weights(stopped.chosen) != pack_weights(stopped.last)


def orders(*, reshuffle: bool) -> list[list[int]]:
    """First ids of the rows, epoch by epoch, as the network sees them."""
    seen: list[list[int]] = [[]]

    class Watching(keras.layers.Layer):  # type: ignore[misc]
        def call(self, ids: Any, training: bool = False) -> Any:
            if training:
                tf.py_function(lambda first: seen[-1].extend(first.numpy().tolist()), [ids[:, 0]], [])
            return keras.ops.cast(ids, "float32")

    keras.utils.set_random_seed(1)
    tf.config.experimental.enable_op_determinism()
    given = keras.Input((2,), dtype="int32")
    model = keras.Model(given, keras.layers.Dense(2, activation="softmax")(Watching()(given)))
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    rows = Part(np.arange(24, dtype=np.int32).reshape(12, 2), np.arange(12) % 2)

    def turn(epoch: int, batch: int, *_: object) -> None:
        if batch == 3:
            seen.append([])

    how = Fitting(epochs=3, batch_size=4, reshuffle=reshuffle)
    fit(model, rows, rows, how, classes=2, choosing=True, seed=1, on_progress=turn)
    return seen[:-1]


def test_each_epoch_has_an_order_of_its_own() -> None:
    one, two, three = orders(reshuffle=True)
    assert sorted(one) == sorted(two) == sorted(three) == list(range(0, 24, 2))
    assert one != two != three != one
    assert orders(reshuffle=True) == [one, two, three]


def test_the_reference_keeps_the_one_order_that_its_weights_were_trained_in() -> None:
    one, two, three = orders(reshuffle=False)
    assert one == two == three != sorted(one)


def test_an_epoch_whose_loss_is_not_a_number_is_never_the_best() -> None:
    how = recipe("gru-2", task="bad", fitting={"epochs": 3, "optimizer": "sgd", "batch_size": 8}).fitting
    model = find("gru-2").build(2, num_words=60, length=12, fitting=how)
    last = model.get_layer("output").bias

    def break_first(epoch: int, batch: int, batches: int, _: float) -> None:
        if (epoch, batch) == (1, batches):
            last.assign([np.nan, np.nan])

    def break_first_alone(epoch: int, batch: int, batches: int, loss: float) -> None:
        break_first(epoch, batch, batches, loss)
        if (epoch, batch) == (2, 1):
            model.set_weights(new)

    new = model.get_weights()
    rows = noise(64, 1), noise(64, 2)
    mended = fit(model, *rows, how, classes=2, choosing=True, seed=1, on_progress=break_first_alone)
    assert np.isnan(mended.history[0].held_out_loss)
    assert mended.chosen_epoch == 2 + int(np.argmin([epoch.held_out_loss for epoch in mended.history[1:]]))
    model.set_weights(new)
    broken = fit(model, *rows, how, classes=2, choosing=True, seed=1, on_progress=break_first)
    assert (broken.chosen_epoch, broken.chosen) == (0, {})
