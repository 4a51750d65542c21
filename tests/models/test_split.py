import hashlib
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.data.catalogue import CATALOGUE
from models.data.labelled import NO_TIME, TaskError, targets
from models.data.read import read_data_set
from models.manifest import SplitKind
from models.split import Parts, SplitError, divide, leaks, normalised
from tests.models.samples import labelled

KINDS = st.sampled_from(["random", "by-text", "stratified", "by-product", "by-time"])
TEXTS = st.lists(
    st.sampled_from([f"{number} {word}" for number in range(30) for word in ("x", "X", " x\n")]), min_size=60
)


def digest(rows: NDArray[np.intp]) -> str:
    """Names exactly these row numbers in this order."""
    return hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()[:16]


@given(TEXTS, KINDS, st.sampled_from([0.0, 0.1, 0.3]), st.integers(0, 99))
def test_every_row_is_in_exactly_one_part(texts: list[str], kind: SplitKind, share: float, seed: int) -> None:
    rows = labelled(texts, product=[text[:1] for text in texts], time_ms=[crc32(text.encode()) for text in texts])
    try:
        parts = divide(rows, kind, validation=share, seed=seed)
    except ValueError:
        assert len(set(map(normalised, texts))) < 10
        return
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(texts)))
    assert (len(parts.validation) > 0) == (share > 0)


@given(TEXTS, st.integers(0, 99))
def test_by_text_equal_texts_stay_on_one_side(texts: list[str], seed: int) -> None:
    rows = labelled(texts)
    try:
        parts = divide(rows, "by-text", validation=0.2, seed=seed)
    except ValueError:
        assert len(set(map(normalised, texts))) < 10
        return
    sides = [{normalised(texts[row]) for row in part} for part in parts]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]
    assert leaks(rows, parts) == 0


@pytest.mark.parametrize("kind", ["random", "stratified"])
def test_validation_shares_no_text_with_training_where_rows_are_drawn_either(kind: SplitKind) -> None:
    texts = [f"text {number % 50}" for number in range(500)]
    parts = divide(labelled(texts), kind, validation=0.2, seed=1)
    assert len(parts.test) == 100
    assert not {texts[row] for row in parts.train} & {texts[row] for row in parts.validation}


@pytest.mark.parametrize("kind", ["random", "stratified", "by-text", "by-product"])
def test_the_seed_decides(kind: SplitKind) -> None:
    rows = labelled([f"text {number}" for number in range(100)], product=[f"p{number}" for number in range(100)])
    again = [divide(rows, kind, validation=0.1, seed=seed).test.tolist() for seed in (5, 5, 6)]
    assert again[0] == again[1]
    assert again[0] != again[2]


def test_stratified_keeps_the_shares_of_the_tasks_classes() -> None:
    scores = [1] * 10 + [2] * 20 + [3] * 30 + [4] * 40 + [5] * 100
    rows = labelled([f"text {number}" for number in range(200)], scores=scores)
    test = divide(rows, "stratified", validation=0, seed=3, task="stars").test
    assert np.bincount(targets(rows, "stars")[test]).tolist() == [2, 4, 6, 8, 20]
    test = divide(rows, "stratified", validation=0, seed=3).test
    assert np.bincount(targets(rows, "bad")[test]).tolist() == [28, 12]


def test_by_product_each_product_is_in_one_part() -> None:
    product = [f"p{number % 25}" for number in range(300)]
    parts = divide(labelled(["same text"] * 300, product=product), "by-product", validation=0.2, seed=1)
    sides = [{product[row] for row in part} for part in parts]
    assert [len(side) for side in sides] == [16, 4, 5]
    assert sum(map(len, sides)) == len(set.union(*sides))


def test_by_time_each_part_is_later_than_the_one_before() -> None:
    times = np.random.default_rng(2).permutation(1000)
    rows = labelled([f"text {time}" for time in times], time_ms=times.tolist())
    parts = divide(rows, "by-time", validation=0.1, seed=0)
    assert [len(part) for part in parts] == [720, 80, 200]
    assert times[parts.train].max() < times[parts.validation].min()
    assert times[parts.validation].max() < times[parts.test].min()


def test_by_time_rows_of_one_instant_stay_together_and_undated_ones_are_trained_on() -> None:
    times = [NO_TIME] * 3 + [1] * 40 + [2] * 33 + [3] * 27
    parts = divide(labelled([str(n) for n in range(103)], time_ms=times), "by-time", validation=0.5, seed=0)
    assert parts.train.tolist() == list(range(43))
    assert parts.validation.tolist() == list(range(43, 76))
    assert parts.test.tolist() == list(range(76, 103))


def test_official_is_as_the_publisher_said() -> None:
    rows = labelled([f"text {number}" for number in range(100)])
    rows = rows._replace(official=np.array(["test", "train"] * 50))
    parts = divide(rows, "official", validation=0.1, seed=0)
    assert parts.test.tolist() == list(range(0, 100, 2))
    assert len(parts.validation) == 5


def test_leaks_counts_test_rows_whatever_part_their_text_stands_in() -> None:
    rows = labelled(["one", "two", "Two ", "TWO", "three", "one\n", "four"])
    assert leaks(rows, Parts(*map(np.array, ([0, 4], [1], [2, 3, 5, 6])))) == 3


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("by-product", "no column of products"), ("by-time", "no column of times"), ("official", "did not divide it")],
)
def test_rows_that_lack_what_a_split_needs_are_refused(kind: SplitKind, reason: str) -> None:
    with pytest.raises(SplitError, match=reason):
        divide(labelled(["a"] * 20), kind, validation=0.1, seed=0)


def test_a_single_instant_cannot_be_divided() -> None:
    with pytest.raises(SplitError, match="20 rows with a time, of 1 different instants"):
        divide(labelled(["a"] * 20, time_ms=[7] * 20), "by-time", validation=0, seed=0)


def test_stars_that_are_none_cannot_be_stratified() -> None:
    with pytest.raises(TaskError, match="2 of 4 rows have others"):
        divide(labelled(list("abcd"), scores=[0, 2, 5, 9]), "stratified", validation=0, seed=0, task="stars")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("random", ("81874fedaade54b1", "ce5a906f23666255", "43623ada5945c794")),
        ("by-text", ("edd8afa46140187c", "1fdc779ca03559dd", "f5630108f939aa24")),
        ("stratified", ("89c73275894640c0", "6b346e79f6bed4bf", "cf26256282e99b45")),
        ("by-product", ("2fc221a0863628bb", "2c95bb4b4a04e5d3", "102630c698ebbd21")),
    ],
)
def test_a_seed_means_the_same_rows_in_every_version_of_the_libraries(
    kind: SplitKind, expected: tuple[str, str, str]
) -> None:
    rows = labelled([f"text {number % 700}" for number in range(1000)], product=[f"p{n % 90}" for n in range(1000)])
    parts = divide(rows, kind, validation=0.1, seed=42)
    assert tuple(map(digest, parts)) == expected


def test_the_test_part_that_the_shipped_classifier_was_measured_on_stays_what_it_was(shared_data: Path) -> None:
    rows = read_data_set(CATALOGUE["products"], shared_data)
    parts = divide(rows, "by-text", validation=0.1, seed=42)
    assert tuple(map(digest, parts)) == ("6c9fabbfe7d939c2", "edcc333882d406e3", "d8dc4e591573a40c")
    parts = divide(rows, "random", validation=0.1, seed=42)
    assert tuple(map(digest, parts)) == ("2bcb0747bd34c248", "ca43c9d3505faf27", "312970ec0511fbdc")
