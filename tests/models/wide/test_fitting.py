"""The wide part learns which words and which pairs tell classes apart."""

import numpy as np
import pytest

from models.runtime import keras
from models.wide import fitting
from models.wide.layer import WideSums

NUM_WORDS, BUCKETS = 30, 211


def reviews(rows: int) -> np.ndarray:
    """Title and text of random words, with the mark, id 1, between them and padding at the end."""
    random = np.random.default_rng(8)
    ids = random.integers(2, 20, (rows, 12)).astype(np.int32)
    ids[np.arange(rows), random.integers(0, 4, rows)] = 1
    ids[np.arange(12) >= random.integers(5, 13, rows)[:, None]] = 0
    return ids


def test_the_layer_adds_up_what_the_tables_say() -> None:
    random, ids = np.random.default_rng(2), reviews(20)
    layer = WideSums(NUM_WORDS, BUCKETS, 3)
    layer.build((None, 12))
    tables = {name: random.normal(size=getattr(layer, name).shape) for name in ("words", "pairs", "triples")}
    for name, table in tables.items():
        getattr(layer, name).assign(table)
    features = fitting.counts(ids, num_words=NUM_WORDS, buckets=BUCKETS)
    assert keras.ops.convert_to_numpy(layer(ids)) == pytest.approx(fitting.sums(tables, features), abs=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_word_that_stands_in_one_class_speaks_for_it(classes: int) -> None:
    ids = reviews(300)
    truth = np.arange(300) % classes
    ids[:, 4] = np.where(truth == 1, 20, 21)
    tables = fitting.fit(ids, truth, classes, num_words=NUM_WORDS, buckets=BUCKETS, strength=0.3, seed=1)
    assert {name: table.shape for name, table in tables.items()} == {
        "words": (2 * NUM_WORDS, 1 if classes == 2 else 3),
        "pairs": (BUCKETS, 1 if classes == 2 else 3),
        "triples": (BUCKETS, 1 if classes == 2 else 3),
    }
    sums = fitting.sums(tables, fitting.counts(ids, num_words=NUM_WORDS, buckets=BUCKETS))
    of_one = sums[:, 0] if classes == 2 else sums[:, 1]
    assert of_one[truth == 1].min() > of_one[truth != 1].max()


def test_a_pair_tells_what_its_words_do_not() -> None:
    random = np.random.default_rng(3)
    truth = np.arange(400) % 2
    first, second = random.integers(2, 4, 400), np.empty(400, int)
    second = np.where(truth == 1, first, 5 - first)  # 2 2 and 3 3 against 2 3 and 3 2
    ids = np.stack([np.ones(400, int), first, second], axis=1).astype(np.int32)
    tables = fitting.fit(ids, truth, 2, num_words=NUM_WORDS, buckets=BUCKETS, strength=0.3, seed=1)
    sums = fitting.sums(tables, fitting.counts(ids, num_words=NUM_WORDS, buckets=BUCKETS))[:, 0]
    assert sums[truth == 1].min() > sums[truth == 0].max()


def test_a_class_without_rows_gets_no_weights() -> None:
    tables = fitting.fit(reviews(30), np.arange(30) % 2, 3, num_words=NUM_WORDS, buckets=BUCKETS, strength=0.3, seed=1)
    assert not any(table[:, 2].any() for table in tables.values())
    assert all(table[:, 0].any() for table in tables.values())


def test_the_stronger_it_may_be_the_more_a_word_weighs() -> None:
    ids, truth = reviews(300), np.arange(300) % 2
    weak, strong = (
        fitting.fit(ids, truth, 2, num_words=NUM_WORDS, buckets=BUCKETS, strength=strength, seed=1)
        for strength in (0.01, 1.0)
    )
    assert all(np.abs(strong[order]).sum() > 2 * np.abs(weak[order]).sum() for order in strong)
