"""How the answer of a classifier of any task is counted as good or bad."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LABELS

GOOD: Final[Mapping[tuple[str, ...], tuple[int, ...]]] = {LABELS["bad"]: (0,), LABELS["stars"]: (3, 4)}
"""The columns that mean good, by labels: four and five stars, as :data:`models.data.labelled.FIVE_STARS` has it."""


def p_good(probabilities: NDArray[np.floating], labels: Sequence[str]) -> NDArray[np.float64]:
    """P(good), shape (n,), from ``probabilities`` of shape (n, classes), whose columns are called ``labels``.

    The sum of the columns that mean good: a classifier of stars answers the question good or bad by
    P(bad) = P(1) + P(2) + P(3), which asks nothing new of it and is as calibrated as its columns are.

    Raises:
        KeyError: ``labels`` are those of no task.
    """
    columns = list(GOOD[tuple(labels)])
    good: NDArray[np.float64] = probabilities[:, columns].astype(np.float64).sum(axis=1)
    # float32 columns can sum to a little more than 1; a NaN stays one, for whoever counts to find.
    return np.minimum(good, 1.0)
