"""``wide-deep`` from rows to an artefact's weights: vectors before the epochs, wide part and join after them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax

from models.architectures.errors import InvalidHyperparameters
from models.data.labelled import Labelled
from models.engines.choose import choose
from models.review import Review
from models.split import divide
from models.training.data import TrainingError
from models.training.recipe import Recipe, recipe
from models.training.run import Trained, train
from tests.models.samples import with_titles
from tests.models.training.small import ignore

SIZES = {"embedding": 8, "filters": 4, "widths": [2, 3], "buckets": 997}


def tiny(**changes: Any) -> Recipe:
    """A network that trains in seconds; changes are those of :func:`models.training.recipe.recipe`."""
    fitting = {"epochs": 3, "batch_size": 16} | changes.pop("fitting", {})
    hyperparameters = SIZES | changes.pop("hyperparameters", {})
    how = {"num_words": 60, "length": 12}
    settings = {"validation": 0.3} | changes
    return recipe("wide-deep", hyperparameters=hyperparameters, preprocessing=how, fitting=fitting, **settings)


@pytest.fixture(scope="module")
def trained(rows: Labelled) -> Trained:
    return train(rows, tiny(), ignore)


def test_the_join_is_no_worse_than_its_parts_on_what_it_was_joined_on(rows: Labelled, trained: Trained) -> None:
    validation = divide(rows, "by-text", validation=0.3, seed=42).validation
    ids = trained.reader.ids([rows.reviews[row] for row in validation])
    truth, kernel = rows.bad[validation].astype(int), trained.weights["output/kernel"]

    def loss(wanted: np.ndarray) -> float:
        weights = dict(trained.weights) | {"output/kernel": kernel * wanted[:, None]}
        logits = choose("wide-deep", trained.recipe.hyperparameters, trained.reader.how, weights).engine.logits(ids)
        return -float(log_softmax(logits, axis=1)[np.arange(len(truth)), truth].mean())

    both = np.ones(len(kernel))
    wide = np.append(np.zeros(len(kernel) - 1), 1)
    assert loss(both) < loss(1 - wide) + 1e-6
    assert loss(both) < loss(wide) + 1e-6


def test_the_wide_part_is_fitted_and_large_arrays_are_rounded(trained: Trained) -> None:
    assert all(trained.weights[f"wide/{order}"].any() for order in ("words", "pairs", "triples"))
    assert trained.weights["output/kernel"][-1, 0] == 0
    assert trained.weights["output/kernel"][-1, 1] > 0


def test_the_same_recipe_gives_the_same_weights(rows: Labelled, trained: Trained) -> None:
    again = train(rows, tiny(), ignore)
    assert all(np.array_equal(trained.weights[name], again.weights[name]) for name in trained.weights)


def test_a_killed_run_goes_on_to_the_same_weights(rows: Labelled, trained: Trained, tmp_path: Path) -> None:
    def killed(epoch: int, *_: object) -> None:
        if epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(rows, tiny(), killed, checkpoint=tmp_path / "state")
    again = train(rows, tiny(), ignore, checkpoint=tmp_path / "state")
    assert all(np.array_equal(trained.weights[name], again.weights[name]) for name in trained.weights)


def test_stars_need_a_column_each(rows: Labelled) -> None:
    with pytest.raises(InvalidHyperparameters, match="columns is 1; 5 classes need 5"):
        train(rows, tiny(task="stars"), ignore)
    five = train(rows, tiny(task="stars", hyperparameters={"columns": 5}, fitting={"epochs": 1}), ignore)
    assert five.weights["wide/words"].shape == (120, 5)


def test_without_a_validation_part_there_is_nothing_to_join_on(rows: Labelled) -> None:
    with pytest.raises(TrainingError, match="wide-deep joins its parts on a validation part"):
        train(rows, tiny(validation=0.0, fitting={"patience": 0}), ignore)


@pytest.fixture(scope="module")
def learned_without(rows: Labelled) -> Trained:
    return train(with_titles(rows), tiny(untitled=1.0, fitting={"epochs": 2}), ignore)


def test_what_was_learned_without_titles_answers_better_without_one(rows: Labelled, learned_without: Trained) -> None:
    titled = with_titles(rows)
    never = train(titled, tiny(fitting={"epochs": 2}), ignore)
    assert (never.training.untitled, learned_without.training.untitled) == (0, 1)
    test = divide(rows, "by-text", validation=0.3, seed=42).test

    def loss(of: Trained, part: str) -> float:
        kernel = of.weights["output/kernel"].copy()
        kernel[{"layers": slice(-1, None), "wide": slice(-1), "both": slice(0)}[part]] = 0
        weights = dict(of.weights) | {"output/kernel": kernel}
        engine = choose("wide-deep", of.recipe.hyperparameters, of.reader.how, weights).engine
        found = log_softmax(engine.logits(of.reader.ids([Review(rows.reviews[row].text) for row in test])), axis=1)
        return -float(found[np.arange(len(test)), rows.bad[test].astype(int)].mean())

    for part in ("layers", "wide", "both"):
        assert loss(learned_without, part) < loss(never, part), part
