"""What any classifier has to beat: a constant answer, and TF-IDF with logistic regression."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

MAJORITY: Final = "majority class"
TFIDF: Final = "TF-IDF + LR"
BALANCED: Final = "TF-IDF + LR, balanced"

ITERATIONS: Final = 1000
"""Of L-BFGS at most. scikit-learn's 100 end before five classes have converged."""

FOLDS: Final = 5
"""Of :func:`cross_fitted`: each fit then has four fifths of the rows, as the training side of an 80:20 split has."""

Answers = Iterator[tuple[str, NDArray[np.float64]]]
"""Name and probabilities of each baseline, shape (rows asked, classes)."""


def baselines(texts: Sequence[str], truth: NDArray[np.intp], asked: Sequence[str], classes: int) -> Answers:
    """The baselines on ``asked``, fitted on ``texts`` and ``truth``.

    The first always gives the shares of the training rows, and so answers with their most frequent class. The others
    are words and pairs of words (those of at least two texts, sublinear counts) under logistic regression with C = 1,
    plain and with each class weighted inversely to its share: plain has the better probabilities, balanced finds more
    of a rare class. They are left out where the training rows are of one class, or no word stands in two texts.

    On the same split, within rounding, these are the baselines of the data's description.
    """
    yield _majority(truth, len(asked), classes)
    yield from _tfidf(texts, truth, asked, classes)


def cross_fitted(texts: Sequence[str], truth: NDArray[np.intp], groups: NDArray[np.intp], classes: int) -> Answers:
    """The baselines on ``texts`` themselves, where there are no other rows to fit them on.

    The rows are dealt into :data:`FOLDS` folds, those of one group (numbers of shape (n,)) into one; each fold is
    answered by a fit on the other four, so no answer comes from a fit that has seen its row. The majority class alone
    is that of all rows: fitted by fold it would answer more of a class where there is less of it, and rank backwards.

    The others are left out where there are fewer groups than folds, or a fold has none of them.
    """
    yield _majority(truth, len(texts), classes)
    if len(np.unique(groups)) < FOLDS:
        return
    answered: dict[str, list[tuple[NDArray[np.intp], NDArray[np.float64]]]] = {TFIDF: [], BALANCED: []}
    for fitted, asked in GroupKFold(FOLDS).split(truth, groups=groups):
        of_fold = _tfidf([texts[row] for row in fitted], truth[fitted], [texts[row] for row in asked], classes)
        for name, probabilities in of_fold:
            answered[name].append((asked, probabilities))
    for name, folds in answered.items():
        if len(folds) == FOLDS:
            every = np.empty((len(texts), classes))
            for asked, probabilities in folds:
                every[asked] = probabilities
            yield name, every


def _majority(truth: NDArray[np.intp], asked: int, classes: int) -> tuple[str, NDArray[np.float64]]:
    return MAJORITY, np.tile(np.bincount(truth, minlength=classes) / len(truth), (asked, 1))


def _tfidf(texts: Sequence[str], truth: NDArray[np.intp], asked: Sequence[str], classes: int) -> Answers:
    present = np.unique(truth)
    if len(present) < 2:
        return
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, dtype=np.float32)
    try:
        learned = words.fit_transform(texts)
    except ValueError:  # No word is left: there is nothing to fit on.
        return
    answered = words.transform(asked)
    for name, weights in ((TFIDF, None), (BALANCED, "balanced")):
        regression = LogisticRegression(C=1, class_weight=weights, max_iter=ITERATIONS).fit(learned, truth)
        probabilities = np.zeros((len(asked), classes))
        probabilities[:, present] = regression.predict_proba(answered)
        yield name, probabilities
