"""Rows as a network is fed: parts, a vocabulary of the training part, ids, class numbers."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import Labelled, TaskError, targets
from models.preprocessing.reader import Reader
from models.split import Parts, SplitError, divide
from models.training.fit import Part
from models.training.recipe import Recipe


class TrainingError(Exception):
    """A training that cannot be done or came to nothing; the message says why."""


class Fed(NamedTuple):
    """n rows, ready to train and measure."""

    parts: Parts
    reader: Reader
    ids: NDArray[np.int32]
    """[n, length]"""
    truth: NDArray[np.intp]
    """[n] positions in the recipe's labels."""
    untitled: NDArray[np.intp]
    """[m] rows of the training part that are learned once more without their titles."""
    untitled_ids: NDArray[np.int32]
    """[m, length] what is read of them then."""

    @property
    def learned(self) -> Part:
        """What is learned from: the training part, and after it those of its rows that come once more."""
        train = self.parts.train
        ids = np.concatenate([self.ids[train], self.untitled_ids])
        return Part(ids, self.truth[np.concatenate([train, self.untitled])])


def feed(rows: Labelled, recipe: Recipe) -> Fed:
    """Divide the rows, make a vocabulary of the training part's texts alone, and look up all of them.

    Rows without their titles are learned from alone: the vocabulary counts each review once, and validation and test
    part are reviews as they come, so that calibration and figures are right for those.

    Raises:
        TrainingError: too few rows, rows of one class only, or without what task, split or untitled ask of them.
    """
    truth, parts = _parts(rows, recipe)
    if recipe.share < 1:
        parts = parts._replace(train=_some(parts.train, truth, recipe))
    reader = Reader.fit([rows.reviews[row] for row in parts.train], recipe.preprocessing)
    untitled = _untitled(rows, parts.train, recipe)
    untitled_ids = reader.ids([rows.reviews[row]._replace(title=None) for row in untitled])
    return Fed(parts, reader, reader.ids(rows.reviews), truth, untitled, untitled_ids)


def _parts(rows: Labelled, recipe: Recipe) -> tuple[NDArray[np.intp], Parts]:
    bad = int(rows.bad.sum())
    if bad in (0, len(rows.bad)):
        raise TrainingError(f"{len(rows.bad)} usable rows, {bad} of them bad; both kinds are needed")
    try:
        truth = targets(rows, recipe.task)
        parts = divide(rows, recipe.split, validation=recipe.validation, seed=recipe.seed, task=recipe.task)
    except (SplitError, TaskError) as error:
        raise TrainingError(str(error)) from None
    except ValueError as error:
        raise TrainingError(
            f"{len(rows.bad)} usable rows cannot be divided {recipe.split} into training, validation and test part: "
            "there are too few, or too few differ in what the split keeps together"
        ) from error
    return truth, parts


def _some(train: NDArray[np.intp], truth: NDArray[np.intp], recipe: Recipe) -> NDArray[np.intp]:
    """A share of the training rows, in their order. A smaller share of the same seed is a part of a larger one."""
    some = _drawn(train, max(1, round(recipe.share * len(train))), recipe.seed)
    if len(np.unique(truth[some])) < 2:
        raise TrainingError(
            f"{recipe.share:g} of {len(train):,} training rows is {len(some):,}, all of one class; take a larger share"
        )
    return some


def _untitled(rows: Labelled, train: NDArray[np.intp], recipe: Recipe) -> NDArray[np.intp]:
    """Training rows to learn without their titles; as with shares, fewer of the same seed are a part of more."""
    titled = train[[bool(rows.reviews[row].title) for row in train]]
    if recipe.untitled and not len(titled):
        raise TrainingError(f"untitled is {recipe.untitled:g}, but none of {len(train):,} training rows has a title")
    return _drawn(titled, round(recipe.untitled * len(titled)), recipe.seed)


def _drawn(rows: NDArray[np.intp], count: int, seed: int) -> NDArray[np.intp]:
    """So many of the rows, in their order."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:count])
