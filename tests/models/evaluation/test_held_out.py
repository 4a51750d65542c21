from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.artefact import locate, read
from models.data.labelled import Labelled
from models.data.read import read_labelled
from models.evaluation.held_out import UnfitRows, hold_out
from models.manifest import Manifest, SplitKind
from models.split import divide, divided_as, text_numbers
from tests.models.samples import labelled, write_reviews


@pytest.fixture
def rows(tmp_path: Path) -> Labelled:
    write_reviews(tmp_path / "reviews.csv")
    return read_labelled(tmp_path / "reviews.csv", text="reviews_text", rating="reviews_rating")


SHIPPED = read(locate("reference")).manifest


def trained_on(rows: Labelled, kind: SplitKind = "by-text", seed: int = 42) -> Manifest:
    """As if trained on ``rows``."""
    train, validation, test = map(len, divide(rows, kind, validation=0.1, seed=seed))
    replace = msgspec.structs.replace
    return replace(
        SHIPPED,
        data=replace(SHIPPED.data, sha256=rows.sha256, rows=len(rows.reviews)),
        split=replace(SHIPPED.split, kind=kind, seed=seed, train=train, validation=validation, test=test),
    )


def test_on_its_training_data_the_test_part_measures(rows: Labelled) -> None:
    held = hold_out(rows, [trained_on(rows)], "auto")
    expected = divide(rows, "by-text", validation=0.1, seed=42)
    assert np.array_equal(held.parts.test, expected.test)
    assert np.array_equal(held.known(), np.setdiff1d(np.arange(len(rows.reviews)), expected.test))
    assert held.leaks == 0
    assert "split by-text, seed 42" in held.what


def test_on_other_data_all_rows_measure(rows: Labelled) -> None:
    held = hold_out(rows, [SHIPPED], "auto")
    assert len(held.parts.test) == len(rows.reviews)
    assert len(held.known()) == 0
    assert held.what == "all rows; it was trained on other files, which may hold some of the same reviews"


def test_other_data_can_be_divided_for_baselines(rows: Labelled) -> None:
    held = hold_out(rows, [SHIPPED], "stratified")
    assert len(held.parts.test) == len(rows.reviews) // 5
    assert "stratified" in held.what


def test_of_two_divisions_what_neither_has_learned_measures(rows: Labelled) -> None:
    first, second = trained_on(rows), trained_on(rows, seed=7)
    held = hold_out(rows, [first, second], "auto")
    seen = [hold_out(rows, [each], "auto").known() for each in (first, second)]
    assert 0 < len(held.parts.test) < first.split.test
    assert not np.isin(held.parts.test, np.concatenate(seen)).any()


def test_the_leaks_of_each_classifier_are_told_whichever_comes_first() -> None:
    rows = labelled([f"Text {number // 3}" for number in range(120)])
    both = [trained_on(rows), trained_on(rows, kind="random")]
    told = {hold_out(rows, order, "auto").leaks for order in (both, both[::-1])}
    parts = [divided_as(each, rows) for each in both]
    test = np.intersect1d(parts[0].test, parts[1].test)
    texts = text_numbers(rows)
    learned = np.concatenate([parts[1].train, parts[1].validation])
    assert told == {int(np.isin(texts[test], texts[learned]).sum())}
    assert told != {0}


def test_a_split_that_puts_learned_rows_into_the_test_part_is_refused(rows: Labelled) -> None:
    with pytest.raises(UnfitRows, match="trained on these rows, split by-text"):
        hold_out(rows, [SHIPPED, trained_on(rows)], "random")


def test_a_division_that_comes_out_differently_is_refused(rows: Labelled) -> None:
    told = trained_on(rows)
    wrong = msgspec.structs.replace(told, split=msgspec.structs.replace(told.split, test=told.split.test + 1))
    with pytest.raises(UnfitRows, match="the test part has"):
        hold_out(rows, [wrong], "auto")


def test_data_without_products_cannot_be_divided_by_them(rows: Labelled) -> None:
    with pytest.raises(UnfitRows, match=r"split by-product: .*products"):
        hold_out(rows, [SHIPPED], "by-product")
