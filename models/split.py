"""Dividing rows into training, validation and test parts."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from models.manifest import SplitKind

TEST_SHARE: Final = 0.2


class Parts(NamedTuple):
    """Row numbers of each part; every row is in exactly one."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]


def divide(texts: Sequence[str], kind: SplitKind, *, validation: float, seed: int) -> Parts:
    """Divide rows 80:20 into training and test, and ``validation`` of the training rows off by text.

    ``random`` draws rows, as the source material does: one test row in seven of the product reviews then has its
    exact text among the training rows. ``by-text`` draws texts, so that rows of equal text (lower case, runs of white
    space as one blank) are on one side. Shares are of rows or of distinct texts accordingly.

    Raises:
        ValueError: too few rows or texts to leave one in each part.
    """
    groups = _same_text(texts)
    rows = np.arange(len(texts))
    if kind == "random":
        train, test = train_test_split(rows, test_size=TEST_SHARE, random_state=seed)
    else:
        train, test = _by_group(rows, groups, TEST_SHARE, seed)
    if not validation:
        return Parts(np.asarray(train), np.empty(0, np.intp), np.asarray(test))
    fitted, held_out = _by_group(np.asarray(train), groups, validation, seed)
    return Parts(fitted, held_out, np.asarray(test))


def normalised(text: str) -> str:
    """Equal for texts that count as the same: lower case, runs of white space as one blank."""
    return " ".join(text.lower().split())


def _by_group(
    rows: NDArray[np.intp], groups: NDArray[np.intp], share: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
    most, rest = next(splitter.split(rows, groups=groups[rows]))
    return rows[most], rows[rest]


def _same_text(texts: Sequence[str]) -> NDArray[np.intp]:
    number: dict[str, int] = {}
    return np.array([number.setdefault(normalised(text), len(number)) for text in texts], np.intp)
