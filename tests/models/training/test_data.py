from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.data.read import read_labelled
from models.review import Review
from models.training.data import TrainingError, feed
from models.training.recipe import Recipe, recipe
from tests.models.samples import labelled, with_titles
from tests.models.training.small import small


def test_the_vocabulary_knows_the_training_part_alone() -> None:
    rows = labelled([f"word{number}" for number in range(40)])
    fed = feed(rows, small())
    assert len(fed.parts.train) < 40
    assert {word.decode() for word in fed.reader.vocabulary.ordered} == {f"word{row}" for row in fed.parts.train}


def test_the_truth_is_the_tasks() -> None:
    rows = labelled([f"word{number}" for number in range(40)])
    assert feed(rows, small()).truth.tolist() == [1, 1, 1, 0, 0] * 8
    assert feed(rows, small(task="stars")).truth.tolist() == [0, 1, 2, 3, 4] * 8


def test_a_smaller_share_is_a_part_of_a_larger_one_and_the_other_parts_stay() -> None:
    rows = labelled([f"word{number}" for number in range(200)])
    tenth, third, full = (feed(rows, msgspec.structs.replace(small(), share=share)).parts for share in (0.1, 0.3, 1.0))
    assert (len(tenth.train), len(third.train), len(full.train)) == (13, 38, 128)
    assert set(tenth.train) < set(third.train) < set(full.train)
    for parts in (tenth, third):
        assert np.array_equal(parts.test, full.test)
        assert np.array_equal(parts.validation, full.validation)


def test_a_share_too_small_to_learn_from_is_refused() -> None:
    rows = labelled([f"word{number}" for number in range(40)])
    with pytest.raises(TrainingError, match="is 1, all of one class"):
        feed(rows, msgspec.structs.replace(small(), share=0.01))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [("fine,5\n" * 9, "0 of them bad"), ("poor,1\n" * 9, "9 of them bad"), ("fine,5\npoor,1\n", "too few")],
)
def test_rows_that_teach_nothing_are_refused(tmp_path: Path, lines: str, reason: str) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("text,stars\n" + lines)
    with pytest.raises(TrainingError, match=reason):
        feed(read_labelled(path, text="text", rating="stars"), small())


def test_ratings_that_are_no_stars_cannot_be_told() -> None:
    rows = labelled([f"word{number}" for number in range(8)], scores=[1, 5, 2.5, 4, 1, 2, 3, 5])
    with pytest.raises(TrainingError, match="telling stars needs ratings"):
        feed(rows, small(task="stars"))


def reading_titles(untitled: float, seed: int = 42) -> Recipe:
    how = {"num_words": 60, "length": 12}
    return recipe("wide-deep", preprocessing=how, validation=0.2, seed=seed, untitled=untitled)


def test_a_share_of_the_titled_training_rows_comes_once_more_without_the_title() -> None:
    rows = with_titles(labelled([f"word{number}" for number in range(200)]))
    without, half, every = (feed(rows, reading_titles(share)) for share in (0, 0.5, 1))
    titled = [row for row in every.parts.train if rows.reviews[row].title]
    assert every.untitled.tolist() == sorted(titled)
    assert len(half.untitled) == round(len(titled) / 2)
    assert set(half.untitled) < set(every.untitled)
    assert len(without.untitled) == 0

    train = half.parts.train
    assert len(half.learned.truth) == len(half.learned.ids) == len(train) + len(half.untitled)
    assert np.array_equal(half.learned.ids[: len(train)], half.ids[train])
    again = half.learned.ids[len(train) :]
    bare = half.reader.ids([Review(rows.reviews[row].text) for row in half.untitled])
    assert np.array_equal(again, bare)
    assert not (again == half.ids[half.untitled]).all(axis=1).any()
    assert np.array_equal(half.learned.truth[len(train) :], half.truth[half.untitled])


def test_only_what_is_learned_changes_and_the_seed_draws_it() -> None:
    rows = with_titles(labelled([f"word{number}" for number in range(200)]))
    without, half = feed(rows, reading_titles(0)), feed(rows, reading_titles(0.5))
    assert all(np.array_equal(*parts) for parts in zip(half.parts, without.parts, strict=True))
    assert half.reader.vocabulary.ordered == without.reader.vocabulary.ordered
    assert np.array_equal(half.ids, without.ids)
    assert np.array_equal(without.learned.ids, without.ids[without.parts.train])
    assert np.array_equal(feed(rows, reading_titles(0.5)).untitled, half.untitled)
    by_time = rows._replace(time_ms=np.arange(200))  # where the parts are the same with any seed
    one, other = (
        feed(by_time, msgspec.structs.replace(reading_titles(0.5, seed), split="by-time")).untitled for seed in (1, 2)
    )
    assert len(one) == len(other)
    assert not np.array_equal(one, other)


def test_rows_that_have_no_titles_cannot_lose_them() -> None:
    rows = labelled([f"word{number}" for number in range(40)])
    with pytest.raises(TrainingError, match=r"untitled is 0\.5, but none of 25 training rows has a title"):
        feed(rows, reading_titles(0.5))
