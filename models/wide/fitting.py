"""Weights for words, pairs and triples of words: logistic regression on naive Bayes' log-count ratios.

Source: S. Wang, C. Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification" (2012), NB-SVM,
here with logistic regression in the SVM's place, so that sums are log-odds.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.wide.grams import DAMPING, ORDERS, groups, rows

SMOOTHING: Final = 1.0
"""Added to the rows of each class that an address stands in: one seen in bad reviews alone is no proof."""

PASSES: Final = 200
"""Over the rows at most; product reviews take about 20."""


def fit(
    ids: NDArray[np.int32],
    truth: NDArray[np.intp],
    classes: int,
    *,
    num_words: int,
    buckets: int,
    strength: float,
    seed: int,
) -> dict[str, NDArray[np.float32]]:
    """Tables of weights by order, each (rows, columns): one column, the log-odds of the second class, where there are
    two classes, else one a class, its log-odds against the others. Intercepts are left out; :mod:`models.wide.joining`
    finds its own.

    Args:
        ids: (n, length) of the training part.
        truth: (n,) class numbers.
        classes: how many there are. One without a row gets zeros.
        num_words, buckets: see :func:`models.wide.grams.groups`.
        strength: inverse of the regularisation (C).
        seed: for the order in which the solver goes through the rows.
    """
    features = counts(ids, num_words=num_words, buckets=buckets)
    asked = [1] if classes == 2 else range(classes)
    every = np.stack([_one_against_others(features, truth == number, strength, seed) for number in asked], axis=1)
    ends = np.cumsum([rows(order, num_words, buckets) for order in ORDERS])
    return dict(zip(ORDERS, np.split(every.astype(np.float32), ends[:-1]), strict=True))


def counts(ids: NDArray[np.int32], *, num_words: int, buckets: int) -> Any:
    """Damped counts as a sparse matrix (n, sum of rows over the orders), as the layer weighs them."""
    from scipy import sparse

    blocks = {order: sparse.csr_matrix((len(ids), rows(order, num_words, buckets))) for order in ORDERS}
    for order, addresses, there in groups(ids.astype(np.int64), np, num_words=num_words, buckets=buckets):
        row, place = np.nonzero(there)
        values = (np.maximum(there.sum(axis=1), 1) ** -DAMPING)[row]
        blocks[order] += sparse.csr_matrix((values, (row, addresses[row, place])), shape=blocks[order].shape)
    return sparse.hstack(list(blocks.values()), format="csr")


def sums(tables: Mapping[str, NDArray[np.float32]], features: Any) -> NDArray[np.float64]:
    """What :class:`models.wide.layer.WideSums` gives, (n, columns), from :func:`counts`."""
    found: NDArray[np.float64] = features @ np.concatenate([tables[order] for order in ORDERS]).astype(np.float64)
    return found


def _one_against_others(features: Any, truth: NDArray[np.bool_], strength: float, seed: int) -> NDArray[np.float64]:
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    if truth.all() or not truth.any():
        return np.zeros(features.shape[1])
    present = features > 0
    inside, outside = (np.asarray(present[part].sum(axis=0)).ravel() + SMOOTHING for part in (truth, ~truth))
    ratio = np.log(inside / inside.sum()) - np.log(outside / outside.sum())
    # Between each row counting the same and each class: the first ranks as well, the second finds more of a rare one.
    weight = {True: np.sqrt((~truth).sum() / truth.sum()), False: 1.0}
    regression = LogisticRegression(
        C=strength, class_weight=weight, solver="liblinear", dual=True, max_iter=PASSES, tol=0.01, random_state=seed
    )
    regression.fit(features @ sparse.diags(ratio), truth)
    found: NDArray[np.float64] = regression.coef_[0] * ratio
    return found
