"""Words that stand in the same company have vectors of one direction."""

import numpy as np
import pytest

from models.vectors import word_vectors


def texts() -> np.ndarray:
    """Words 1 and 2 stand between 3 to 8, words 9 and 10 between 11 to 16; id 17 stands nowhere."""
    random = np.random.default_rng(1)
    rows = [
        [*random.choice(company, 2), random.choice(pair), *random.choice(company, 2), 0]
        for pair, company in (((1, 2), np.arange(3, 9)), ((9, 10), np.arange(11, 17)))
        for _ in range(300)
    ]
    return np.array(rows, np.int32)


def test_words_in_the_same_company_are_alike() -> None:
    vectors = word_vectors(texts(), 18, 8, seed=0)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = (vectors @ vectors.T) / np.maximum(length @ length.T, 1e-9)
    assert cosine[1, 2] > 0.8 > 0.2 > abs(cosine[1, 9])
    assert cosine[9, 10] > 0.8


def test_padding_and_words_that_stand_nowhere_have_none() -> None:
    vectors = word_vectors(texts(), 18, 30, seed=0)
    assert vectors.shape == (18, 30)
    assert vectors.dtype == np.float32
    assert not vectors[[0, 17]].any()
    assert vectors[1:17].std() == pytest.approx(1, abs=0.1)
    assert np.array_equal(vectors, word_vectors(texts(), 18, 30, seed=0))


def test_nothing_to_learn_from_is_no_error() -> None:
    assert not word_vectors(np.zeros((3, 5), np.int32), 18, 4, seed=0).any()
